using Rekey.Rotators.Sql;

namespace Rekey.Rotators.Oracle;

/// <summary>Which database answered.</summary>
/// <param name="Text">
/// Names of database, domain and container, and when the database was made: all that every account may read. A standby has the same.
/// </param>
internal sealed record OracleIdentity(string Text, Version Version, bool IsStandby)
{
    private const string Query =
        "SELECT USER, SYS_CONTEXT('USERENV', 'DB_NAME'), SYS_CONTEXT('USERENV', 'DB_DOMAIN'), SYS_CONTEXT('USERENV', 'CON_NAME'), "
        + "(SELECT TO_CHAR(created, 'YYYYMMDDHH24MISS') FROM all_users WHERE username = 'SYS'), "
        + "SYS_CONTEXT('USERENV', 'DATABASE_ROLE'), (SELECT MAX(version) FROM product_component_version WHERE product LIKE 'Oracle%') "
        + "FROM dual";

    /// <summary>Asks the server, and refuses a login that it took for another account: a proxy's client.</summary>
    public static async Task<OracleIdentity> ReadAsync(SqlSession session, string username, CancellationToken cancellationToken)
    {
        var row = await session.QueryRowAsync(Query, cancellationToken);
        if (row is null || row[0] != OracleText.Catalogued(username))
        {
            throw new RotatorException(FailureCause.Precondition, $"The server took the login of {username} for another account");
        }
        var version = Version.TryParse(row[6], out var parsed) ? parsed : new Version(0, 0);
        var isStandby = row[5]?.Contains("STANDBY", StringComparison.OrdinalIgnoreCase) == true;
        return new OracleIdentity($"{row[1]}.{row[2]} {row[3]} {row[4]}", version, isStandby);
    }
}
