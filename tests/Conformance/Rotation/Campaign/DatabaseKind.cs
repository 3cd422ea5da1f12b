namespace Rekey.Conformance.Rotation.Campaign;

/// <summary>The real servers on which strategies are proven.</summary>
public enum DatabaseKind
{
    MariaDb,
    MySql9,
    MySql56,
    Postgres13,
    Postgres15,
    Postgres18,

    /// <summary>A replica set of three.</summary>
    MongoDb,
    Redis7,
    Valkey8,
}
