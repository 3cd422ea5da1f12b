using System.Globalization;
using System.Text;

namespace Rekey.Conformance.Engines.Postgres.Pairs;

/// <summary>Random groups, memberships, rights, attributes, settings and default privileges. The same seed gives the same ones.</summary>
internal sealed class RandomGrants
{
    private static readonly string[] NamePieces =
        ["\"", "'", "`", "\\", "%", "_", "]", ";", "--", " TO ", "$$", "$alter$", "😀", "имя", "A", "z", " ", "/*", "@", ",", "é",
         "{0}", "."];

    private readonly Random _random;
    private readonly int _version;

    public RandomGrants(int seed, int version)
    {
        _random = new Random(seed);
        _version = version;
        Prefix = $"r{seed.ToString("x", CultureInfo.InvariantCulture)}";
        BaseName = Name(Prefix, 57);
        Groups = [.. Enumerable.Range(1, _random.Next(1, 4)).Select(number => Name($"{Prefix}g{number}", 60))];
        HasOwnerRole = _random.Next(2) == 0;
        OwnerRoleExists = HasOwnerRole && _random.Next(2) == 0;
        OwnerRole = Name($"{Prefix}o", 60);
    }

    public string Prefix { get; }

    /// <summary>So long that the clone's name has 63 bytes at most.</summary>
    public string BaseName { get; }

    public IReadOnlyList<string> Groups { get; }

    public bool HasOwnerRole { get; }

    public bool OwnerRoleExists { get; }

    public string OwnerRole { get; }

    public bool Happens(int percent) => _random.Next(100) < percent;

    /// <summary>Groups, and who is a member of whom: no circles, since each is a member only of later ones.</summary>
    public IEnumerable<string> MakeGroups()
    {
        foreach (var group in Groups) yield return $"CREATE ROLE {Q(group)} NOLOGIN {Pick("INHERIT", "NOINHERIT")}";
        for (var member = 0; member < Groups.Count; member++)
            for (var group = member + 1; group < Groups.Count; group++)
                if (Happens(50)) yield return $"GRANT {Q(Groups[group])} TO {Q(Groups[member])}{MembershipOptions()}";
    }

    /// <summary>Everything a role can have.</summary>
    /// <param name="role">Not quoted.</param>
    public IEnumerable<string> Rights(string role, int percent)
    {
        foreach (var group in Groups)
            if (Happens(percent)) yield return $"GRANT {Q(group)} TO {Q(role)}{MembershipOptions()}";
        foreach (var (privileges, target) in GrantWorld.Grantable(_version))
        {
            foreach (var privilege in privileges)
            {
                if (!Happens(percent / 3)) continue;
                var grantee = Happens(60) ? role : Groups[_random.Next(Groups.Count)];
                yield return $"GRANT {privilege} ON {target} TO {Q(grantee)}{(Happens(25) ? " WITH GRANT OPTION" : "")}";
            }
        }
        foreach (var statement in Attributes(role).Concat(Settings(role)).Concat(Defaults(role)))
            if (Happens(percent)) yield return statement;
    }

    /// <summary>Takes some of what a role has away again.</summary>
    public IEnumerable<string> Revocations(string role)
    {
        foreach (var (privileges, target) in GrantWorld.Grantable(_version))
            if (Happens(20)) yield return $"REVOKE {privileges[_random.Next(privileges.Length)]} ON {target} FROM {Q(role)} CASCADE";
        foreach (var group in Groups)
            if (Happens(30)) yield return $"REVOKE {Q(group)} FROM {Q(role)} CASCADE";
        if (Happens(30)) yield return $"ALTER ROLE {Q(role)} RESET work_mem";
        if (Happens(20)) yield return $"ALTER ROLE {Q(role)} IN DATABASE postgres RESET ALL";
    }

    private IEnumerable<string> Attributes(string role) =>
    [
        $"ALTER ROLE {Q(role)} {Pick("INHERIT", "NOINHERIT")}",
        $"ALTER ROLE {Q(role)} {Pick("CREATEDB", "NOCREATEDB")}",
        $"ALTER ROLE {Q(role)} CONNECTION LIMIT {_random.Next(10, 99)}",
        $"ALTER ROLE {Q(role)} VALID UNTIL '{_random.Next(2060, 2200)}-0{_random.Next(1, 9)}-01 03:04:05.6+07'",
    ];

    private IEnumerable<string> Settings(string role)
    {
        var to = $"ALTER ROLE {Q(role)} {Pick("", "IN DATABASE postgres ", $"IN DATABASE {Q(GrantWorld.OtherDatabase)} ")}SET ";
        return
        [
            $"{to}work_mem = '{_random.Next(1, 9)}MB'",
            $"{to}statement_timeout = {_random.Next(60_000, 90_000)}",
            $"{to}search_path = {Pick("\"$user\", public", "\"grants TO second\", \"user\", pg_catalog", "'we\"ird, path', x", "''")}",
            $"{to}grants.custom = 'it''s = \\ {_random.Next()} \"quoted\", €'",
            $"{to}DateStyle = 'SQL, DMY'",
        ];
    }

    private IEnumerable<string> Defaults(string role)
    {
        var group = Q(Groups[_random.Next(Groups.Count)]);
        var option = Happens(30) ? " WITH GRANT OPTION" : "";
        return
        [
            $"ALTER DEFAULT PRIVILEGES FOR ROLE {Q(role)} GRANT SELECT, INSERT ON TABLES TO {group}{option}",
            $"ALTER DEFAULT PRIVILEGES FOR ROLE {Q(role)} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
            $"ALTER DEFAULT PRIVILEGES FOR ROLE {Q(role)} IN SCHEMA \"grants open\" GRANT UPDATE ON TABLES TO {group}{option}",
            $"ALTER DEFAULT PRIVILEGES FOR ROLE {Q(role)} IN SCHEMA \"grants open\" GRANT EXECUTE ON FUNCTIONS TO {group}",
            $"ALTER DEFAULT PRIVILEGES FOR ROLE {Q(role)} REVOKE DELETE ON TABLES FROM {Q(role)}",
            $"ALTER DEFAULT PRIVILEGES FOR ROLE {Q(GrantWorld.Owner)} GRANT SELECT ON TABLES TO {Q(role)}{option}",
            $"ALTER DEFAULT PRIVILEGES FOR ROLE {Q(GrantWorld.Owner)} IN SCHEMA \"grants open\" GRANT USAGE ON TYPES TO {Q(role)}",
        ];
    }

    private string MembershipOptions() => _version >= 16
        ? $" WITH ADMIN {Pick("TRUE", "FALSE")}, INHERIT {Pick("TRUE", "FALSE")}, SET {Pick("TRUE", "FALSE")}"
        : Pick("", " WITH ADMIN OPTION");

    /// <summary>Up to a number of bytes of UTF-8, of pieces that statements put together carelessly break at.</summary>
    private string Name(string start, int bytesMax)
    {
        var name = new StringBuilder(start);
        var wanted = Happens(20) ? bytesMax : _random.Next(start.Length + 1, bytesMax);
        while (true)
        {
            var piece = NamePieces[_random.Next(NamePieces.Length)];
            if (Encoding.UTF8.GetByteCount(name + piece) > wanted) break;
            name.Append(piece);
        }
        // A name is cut at the limit by the server, and must not end in the clone's suffix.
        while (Encoding.UTF8.GetByteCount(name.ToString()) < wanted) name.Append('x');
        return name.ToString();
    }

    private string Pick(params string[] choices) => choices[_random.Next(choices.Length)];

    private static string Q(string name) => PostgresPair.Quoted(name);
}
