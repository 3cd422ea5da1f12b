namespace Rekey.Rotators;

/// <summary>
/// What the templates of one engine differ in before a connection is opened. Source: AWS's rotation templates; a secret made for one of
/// them works here unchanged.
/// </summary>
public sealed record DatabaseEngine
{
    public static DatabaseEngine MySql { get; } = new()
    {
        Name = "mysql",
        Aliases = ["aurora-mysql"],
        DefaultPort = 3306,
        UsernameLengthMax = 32,
    };

    public static DatabaseEngine MariaDb { get; } = new() { Name = "mariadb", DefaultPort = 3306, UsernameLengthMax = 80 };

    public static DatabaseEngine Postgres { get; } = new()
    {
        Name = "postgres",
        Aliases = ["aurora-postgresql"],
        DefaultPort = 5432,
        DefaultDatabase = "postgres",
        ExcludedCharacters = ":/@\"'\\",
        UsernameLengthMax = 63,
        UsernameLengthIsInBytes = true,
    };

    public static DatabaseEngine Redis { get; } = new()
    {
        Name = "redis",
        Aliases = ["valkey"],
        DefaultPort = 6379,
        DefaultUsername = "default",
    };

    public static DatabaseEngine Redshift { get; } = new()
    {
        Name = "redshift",
        DefaultPort = 5439,
        DefaultDatabase = "dev",
        ExcludedCharacters = "/@\"'\\:",
        UsernameLengthMax = 127,
        UsernameLengthIsInBytes = true,
        PasswordSettings = ["EXCLUDE_CHARACTERS", "PASSWORD_LENGTH", "EXCLUDE_PUNCTUATION", "REQUIRE_EACH_INCLUDED_TYPE"],
    };

    /// <summary>MongoDB and Amazon DocumentDB, which AWS gives the same name.</summary>
    public static DatabaseEngine MongoDb { get; } = new()
    {
        Name = "mongo",
        DefaultPort = 27017,
        DefaultDatabase = "admin",
        ReadsAuthSource = true,
    };

    /// <summary>SQL Server, also as RDS names its editions in the secrets that it manages.</summary>
    public static DatabaseEngine SqlServer { get; } = new()
    {
        Name = "sqlserver",
        Aliases =
        [
            "sqlserver-ex", "sqlserver-web", "sqlserver-se", "sqlserver-ee",
            "custom-sqlserver-web", "custom-sqlserver-se", "custom-sqlserver-ee",
        ],
        DefaultPort = 1433,
        DefaultDatabase = "master",
        UsernameLengthMax = 128,
    };

    /// <summary>Oracle, also as RDS names its editions in the secrets that it manages.</summary>
    public static DatabaseEngine Oracle { get; } = new()
    {
        Name = "oracle",
        Aliases =
        [
            "oracle-ee", "oracle-ee-cdb", "oracle-se2", "oracle-se2-cdb",
            "custom-oracle-ee", "custom-oracle-ee-cdb", "custom-oracle-se2", "custom-oracle-se2-cdb",
        ],
        DefaultPort = 1521,
        CloneSuffix = "_CLONE",
        PasswordLength = 30,
        UsernameLengthMax = 128,
        UsernameLengthIsInBytes = true,
    };

    /// <summary>Db2; AWS's templates take every engine whose name begins so.</summary>
    public static DatabaseEngine Db2 { get; } = new()
    {
        Name = "db2",
        Aliases = ["db2-ae", "db2-se"],
        DefaultPort = 50000,
        ExcludedCharacters = "/@\"'\\;",
        UsernameLengthMax = 16,
    };

    public static DatabaseEngine ElastiCache { get; } = new()
    {
        Name = "elasticache",
        DefaultPort = 443,
        PasswordLength = 20,
        NamesUsersByArn = true,
    };

    /// <summary>A service that makes credentials itself and is asked for them over HTTP.</summary>
    public static DatabaseEngine CredentialService { get; } = new()
    {
        Name = "credential-service",
        DefaultPort = 443,
        MakesCredentials = true,
    };

    /// <summary>The value of the secret's <c>engine</c> that AWS's error text names.</summary>
    public required string Name { get; init; }

    /// <summary>Further accepted values of the secret's <c>engine</c>.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    public required int DefaultPort { get; init; }

    /// <summary>The database to connect to when the secret has no <c>dbname</c>; null for none.</summary>
    public string? DefaultDatabase { get; init; }

    /// <summary>
    /// The secret names its user by the <c>user_arn</c> of a service that is asked in its stead: it has no engine, host or port, and at
    /// first no password.
    /// </summary>
    public bool NamesUsersByArn { get; init; }

    /// <summary>The target makes the passwords itself and has names for them, which a secret holds as <c>credentialid</c>.</summary>
    public bool MakesCredentials { get; init; }

    /// <summary>The user when the secret has no <c>username</c>; null where it must have one.</summary>
    public string? DefaultUsername { get; init; }

    /// <summary>
    /// Whether users belong to databases, and a secret's <c>authSource</c> names theirs. AWS's templates know <c>dbname</c> alone for it.
    /// </summary>
    public bool ReadsAuthSource { get; init; }

    /// <summary>The template's default for <c>EXCLUDE_CHARACTERS</c>.</summary>
    public string ExcludedCharacters { get; init; } = "/@\"'\\";

    /// <summary>The template's default for <c>PASSWORD_LENGTH</c>, in characters.</summary>
    public int PasswordLength { get; init; } = 32;

    /// <summary>What AWS's templates append to the base user's name for its clone.</summary>
    public string CloneSuffix { get; init; } = "_clone";

    /// <summary>Longest user name; null where the engine has no bound.</summary>
    public int? UsernameLengthMax { get; init; }

    /// <summary>True when <see cref="UsernameLengthMax"/> counts bytes of UTF-8, false when it counts characters.</summary>
    public bool UsernameLengthIsInBytes { get; init; }

    /// <summary>The environment variables on passwords that AWS's template honours; null for all of them.</summary>
    public IReadOnlyList<string>? PasswordSettings { get; init; }

    public bool Accepts(string engine) => engine == Name || Aliases.Contains(engine);
}
