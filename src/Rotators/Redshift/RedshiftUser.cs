using System.Globalization;
using Rekey.Rotators.Postgres;

namespace Rekey.Rotators.Redshift;

/// <summary>What the catalogue says of a user.</summary>
/// <param name="ConnectionLimit">A number or UNLIMITED.</param>
/// <param name="SysLogAccess">RESTRICTED or UNRESTRICTED.</param>
/// <param name="SessionTimeout">Seconds; 0 for the cluster's.</param>
/// <param name="ValidUntil">As the server writes it; <c>infinity</c> when the password does not expire.</param>
/// <param name="Settings">By name.</param>
internal sealed record RedshiftUser(
    string Name, bool IsSuperuser, bool CreatesDatabases, string ConnectionLimit, string SysLogAccess, int SessionTimeout,
    string ValidUntil, bool IsExpired, IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>What stands between the settings of a user; no setting holds it.</summary>
    private const char Separator = '\u0001';

    // Everything is asked for as text: the leader node's catalogue mixes types that the driver would have to be told of.
    private const string Query =
        """
        SELECT i.user_name, CASE WHEN i.superuser THEN 'yes' ELSE 'no' END, CASE WHEN i.createdb THEN 'yes' ELSE 'no' END,
               coalesce(i.connection_limit::varchar, 'UNLIMITED'), coalesce(i.syslog_access::varchar, 'RESTRICTED'),
               coalesce(i.session_timeout, 0)::varchar
        FROM svv_user_info i WHERE i.user_name = $1
        """;

    private const string Details =
        """
        SELECT coalesce(valuntil::varchar, 'infinity'), CASE WHEN valuntil <= current_timestamp::abstime THEN 'yes' ELSE 'no' END,
               coalesce(array_to_string(useconfig, chr(1)), '')
        FROM pg_user WHERE usename = $1
        """;

    /// <summary>Null when there is no such user.</summary>
    public static async Task<RedshiftUser?> FindAsync(PostgresConnection connection, string name, CancellationToken cancellationToken)
    {
        var users = await connection.QueryAsync(
            Query, [name],
            row => new RedshiftUser(
                row.GetString(0), row.GetString(1) == "yes", row.GetString(2) == "yes", row.GetString(3).ToUpperInvariant(),
                row.GetString(4).ToUpperInvariant(), int.Parse(row.GetString(5), CultureInfo.InvariantCulture), "infinity", false,
                new Dictionary<string, string>()),
            cancellationToken);
        if (users.Count == 0) return null;
        var details = await connection.QueryAsync(
            Details, [name], row => (row.GetString(0), row.GetString(1) == "yes", row.GetString(2)), cancellationToken);
        if (details.Count == 0) return users[0];
        var (until, isExpired, settings) = details[0];
        return users[0] with
        {
            ValidUntil = until,
            IsExpired = isExpired,
            Settings = settings.Split(Separator, StringSplitOptions.RemoveEmptyEntries).Select(item => item.Split('=', 2))
                .ToDictionary(item => item[0], item => item.ElementAtOrDefault(1) ?? "", StringComparer.Ordinal),
        };
    }
}
