using System.Globalization;

namespace Rekey.Rotators.MySql;

/// <summary>Which server answers. Decides the statements, whatever the secret's engine says: both speak one protocol.</summary>
/// <param name="IsMariaDb">MariaDB; else MySQL or what calls itself so (Aurora, Percona).</param>
internal sealed record MySqlServer(bool IsMariaDb, Version Version)
{
    /// <summary>Reads the driver's description, with versions like 10.11.000019 or 09.07.0004.</summary>
    public static MySqlServer Parse((string Name, string Version) described)
    {
        Span<int> parts = stackalloc int[3];
        var count = 0;
        foreach (var part in described.Version.Split('.', '-'))
        {
            if (count == parts.Length || !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out parts[count])) break;
            count++;
        }
        return new MySqlServer(
            described.Name.Contains("MariaDB", StringComparison.OrdinalIgnoreCase), new Version(parts[0], parts[1], parts[2]));
    }

    /// <summary>MySQL before 5.7.6 and MariaDB before 10.2: no ALTER USER beyond expiry.</summary>
    public bool LacksAlterUser => Version < (IsMariaDb ? new Version(10, 2, 0) : new Version(5, 7, 6));

    /// <summary>
    /// Assignments under which statements mean what is meant. Until MySQL 8, GRANT made an account without a password where there was none,
    /// and PASSWORD() might make hashes as before MySQL 4.1, with which clients refuse to log in.
    /// </summary>
    public string StatementModes =>
        IsMariaDb || Version < new Version(8, 0, 0) ? "sql_mode = 'NO_AUTO_CREATE_USER', old_passwords = 0" : "sql_mode = ''";

    /// <summary>ACCOUNT LOCK.</summary>
    public bool CanLockAccounts => Version >= (IsMariaDb ? new Version(10, 4, 2) : new Version(5, 7, 6));

    /// <summary>Two passwords for one account: MySQL's RETAIN CURRENT PASSWORD, MariaDB's alternatives.</summary>
    public bool CanOverlap => Version >= (IsMariaDb ? new Version(10, 4, 3) : new Version(8, 0, 14));

    public bool HasRoles => Version >= (IsMariaDb ? new Version(10, 0, 5) : new Version(8, 0, 0));

    /// <summary>MariaDB keeps accounts in mysql.global_priv, and mysql.user is a view.</summary>
    public bool HasGlobalPrivTable => IsMariaDb && Version >= new Version(10, 4, 1);

    public override string ToString() => $"{(IsMariaDb ? "MariaDB" : "MySQL")} {Version}";
}
