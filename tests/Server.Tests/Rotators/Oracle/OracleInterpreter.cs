using System.Globalization;
using Rekey.Rotators.Oracle;
using Rekey.Server.Tests.Rotators.Sql;

namespace Rekey.Server.Tests.Rotators.Oracle;

/// <summary>Carries out one statement on a simulated Oracle server.</summary>
internal sealed class OracleInterpreter(SimulatedOracle server, string session)
{
    public void Run(SqlTokens tokens)
    {
        if (tokens.TryWords("CREATE USER")) CreateUser(tokens);
        else if (tokens.TryWords("ALTER USER")) AlterUser(tokens);
        else if (tokens.TryWords("CREATE OR REPLACE SYNONYM")) CreateSynonym(tokens);
        else if (tokens.TryWords("DROP SYNONYM"))
        {
            var owner = server.Users[tokens.Name()];
            tokens.Words(".");
            owner.Synonyms.Remove(tokens.Name());
        }
        else if (tokens.TryWords("GRANT")) Grant(tokens);
        else if (tokens.TryWords("REVOKE")) Revoke(tokens);
        else throw new FormatException("A statement that the simulation does not know");
    }

    private void CreateUser(SqlTokens tokens)
    {
        var name = tokens.Name();
        if (server.Users.ContainsKey(name)) throw SimulatedOracle.Failure(1920);
        tokens.Words("IDENTIFIED BY");
        var user = new OracleAccount { Newest = tokens.Name() };
        tokens.Words("DEFAULT TABLESPACE");
        user.Tablespace = tokens.Name();
        tokens.Words("TEMPORARY TABLESPACE");
        user.TemporaryTablespace = tokens.Name();
        tokens.Words("PROFILE");
        user.Profile = tokens.Name();
        tokens.Words("ACCOUNT LOCK");
        user.Lock = "LOCKED";
        server.Users[name] = user;
    }

    private void AlterUser(SqlTokens tokens)
    {
        var name = tokens.Name();
        // The other end of a leave to connect is no account of the simulation's.
        var user = server.Users.GetValueOrDefault(name)!;
        if (tokens.TryWords("IDENTIFIED BY")) SetPassword(tokens, name, user);
        else if (tokens.TryWords("EXPIRE PASSWORD ROLLOVER PERIOD")) user.Older = null;
        else if (tokens.TryWords("DEFAULT TABLESPACE")) user.Tablespace = tokens.Name();
        else if (tokens.TryWords("TEMPORARY TABLESPACE")) user.TemporaryTablespace = tokens.Name();
        else if (tokens.TryWords("PROFILE")) user.Profile = tokens.Name();
        else if (tokens.TryWords("QUOTA")) SetQuota(tokens, user);
        else if (tokens.TryWords("DEFAULT ROLE")) SetDefaultRoles(tokens, user);
        else if (tokens.TryWords("GRANT CONNECT THROUGH")) server.Proxies[(name, tokens.Name())] = Clause(tokens);
        else
        {
            tokens.Words("REVOKE CONNECT THROUGH");
            server.Proxies.Remove((name, tokens.Name()));
        }
    }

    private void SetPassword(SqlTokens tokens, string name, OracleAccount user)
    {
        var wanted = tokens.Name();
        var limits = server.Profiles[user.Profile];
        if (tokens.TryWords("REPLACE"))
        {
            if (!user.Accepts(tokens.Name())) throw SimulatedOracle.Failure(28008);
        }
        else if (session == name)
        {
            throw SimulatedOracle.Failure(28221);
        }
        var unlocks = tokens.TryWords("ACCOUNT UNLOCK");
        if (limits.ForbidsReuse && !user.History.Add(wanted)) throw SimulatedOracle.Failure(28007);
        if (unlocks) user.Lock = "";
        if (limits.Rollover != "0") user.Older ??= user.Newest;
        user.Newest = wanted;
    }

    private static void SetQuota(SqlTokens tokens, OracleAccount user)
    {
        var size = tokens.Next().Value;
        tokens.Words("ON");
        var place = tokens.Name();
        if (size == "0") user.Quotas.Remove(place);
        else user.Quotas[place] = size == "UNLIMITED" ? -1 : long.Parse(size, CultureInfo.InvariantCulture);
    }

    private static void SetDefaultRoles(SqlTokens tokens, OracleAccount user)
    {
        if (tokens.TryWords("ALL"))
        {
            user.DefaultRoles = null;
            return;
        }
        user.DefaultRoles = new SortedSet<string>(StringComparer.Ordinal);
        if (tokens.TryWords("NONE")) return;
        do user.DefaultRoles.Add(tokens.Name());
        while (tokens.TryWords(","));
        if (user.DefaultRoles.Except(user.Roles).Any()) throw SimulatedOracle.Failure(1955);
    }

    /// <summary>The rest, put together again from its tokens.</summary>
    private static string Clause(SqlTokens tokens)
    {
        var text = "";
        while (!tokens.AtEnd)
        {
            var token = tokens.Next();
            text += (text.Length == 0 ? "" : " ") + (token.Kind == SqlTokenKind.Name ? OracleText.Name(token.Value) : token.Value);
        }
        return text;
    }

    private void CreateSynonym(SqlTokens tokens)
    {
        var owner = server.Users[tokens.Name()];
        tokens.Words(".");
        var name = tokens.Name();
        tokens.Words("FOR");
        owner.Synonyms[name] = Object(tokens);
    }

    private void Grant(SqlTokens tokens)
    {
        var (privilege, column, on) = Right(tokens);
        tokens.Words("TO");
        var user = server.Users[tokens.Name()];
        user.Rights.Add((privilege, on, column, ""));
        if (!tokens.TryWords("WITH")) return;
        user.Rights.Add((privilege, on, column, tokens.Next().Value));
        tokens.Words("OPTION");
    }

    private void Revoke(SqlTokens tokens)
    {
        var (privilege, column, on) = Right(tokens);
        if (column is not null) throw SimulatedOracle.Failure(1750);
        tokens.Words("FROM");
        var user = server.Users[tokens.Name()];
        _ = tokens.TryWords("CASCADE CONSTRAINTS");
        // With the privilege go its options and what was granted on columns.
        if (user.Rights.RemoveWhere(right => right.Privilege == privilege && right.On == on) == 0) throw SimulatedOracle.Failure(1927);
    }

    private static (string Privilege, string? Column, string? On) Right(SqlTokens tokens)
    {
        var privilege = tokens.WordsUntil("ON", "TO", "FROM");
        if (privilege.Length == 0) privilege = OracleText.Name(tokens.Name());
        string? column = null;
        if (tokens.TryWords("("))
        {
            column = tokens.Name();
            tokens.Words(")");
        }
        return (privilege, column, tokens.TryWords("ON") ? Object(tokens) : null);
    }

    private static string Object(SqlTokens tokens)
    {
        var kind = tokens.WordsUntil();
        var name = OracleText.Name(tokens.Name());
        if (tokens.TryWords(".")) name += "." + OracleText.Name(tokens.Name());
        return kind.Length == 0 ? name : $"{kind} {name}";
    }
}
