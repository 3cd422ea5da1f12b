using Rekey.Server.Tests.Rotators.Sql;

namespace Rekey.Server.Tests.Rotators.SqlServer;

/// <summary>Carries out one statement on the state of a simulated SQL Server.</summary>
internal sealed class SqlServerInterpreter(SqlServerState state, SimulatedSession session)
{
    private SqlServerDatabase Database => state.Databases[session.Database];

    public void Run(SqlTokens tokens)
    {
        if (tokens.TryWords("CREATE LOGIN")) CreateLogin(tokens);
        else if (tokens.TryWords("ALTER LOGIN")) AlterLogin(tokens);
        else if (tokens.TryWords("CREATE USER")) CreateUser(tokens);
        else if (tokens.TryWords("ALTER USER")) AlterUser(tokens);
        else if (tokens.TryWords("DROP USER")) Database.Users.Remove(tokens.Name());
        else if (tokens.TryWords("ALTER SERVER ROLE")) Membership(tokens, isServer: true);
        else if (tokens.TryWords("ALTER ROLE")) Membership(tokens, isServer: false);
        else if (tokens.TryWords("GRANT")) Permit(tokens, "GRANT");
        else if (tokens.TryWords("DENY")) Permit(tokens, "DENY");
        else if (tokens.TryWords("REVOKE")) Permit(tokens, "REVOKE");
        else throw new FormatException("A statement that the simulation does not know");
    }

    private void CreateLogin(SqlTokens tokens)
    {
        var name = tokens.Name();
        if (state.Logins.ContainsKey(name)) throw SimulatedSqlServer.Failure("42000", 15025);
        tokens.Words("WITH PASSWORD =");
        var login = new SqlServerAccount { Sid = state.NewSid(), Password = tokens.Text() };
        login.Permissions[new SqlServerSubject("", null, null, null, "CONNECT SQL")] = 'G';
        while (tokens.TryWords(",")) Setting(tokens, login);
        state.Logins[name] = login;
    }

    private void AlterLogin(SqlTokens tokens)
    {
        var login = state.Logins[tokens.Name()];
        if (tokens.TryWords("ENABLE")) login.IsDisabled = false;
        else if (tokens.TryWords("DISABLE")) login.IsDisabled = true;
        else if (tokens.TryWords("ADD CREDENTIAL")) login.Credentials.Add(tokens.Name());
        else if (tokens.TryWords("DROP CREDENTIAL")) login.Credentials.Remove(tokens.Name());
        else if (tokens.TryWords("WITH PASSWORD ="))
        {
            var wanted = tokens.Text();
            if (tokens.TryWords("OLD_PASSWORD =") && tokens.Text() != login.Password) throw SimulatedSqlServer.Failure("42000", 15151);
            if (tokens.TryWords("UNLOCK")) login.IsLocked = false;
            login.Password = wanted;
        }
        else
        {
            tokens.Words("WITH");
            do Setting(tokens, login);
            while (tokens.TryWords(","));
        }
    }

    private static void Setting(SqlTokens tokens, SqlServerAccount login)
    {
        if (tokens.TryWords("DEFAULT_DATABASE =")) login.Database = tokens.Name();
        else if (tokens.TryWords("DEFAULT_LANGUAGE =")) login.Language = tokens.Name();
        else if (tokens.TryWords("CHECK_POLICY =")) login.IsPolicyChecked = tokens.Next().Value == "ON";
        else
        {
            tokens.Words("CHECK_EXPIRATION =");
            login.IsExpirationChecked = tokens.Next().Value == "ON";
        }
    }

    private void CreateUser(SqlTokens tokens)
    {
        var name = tokens.Name();
        if (Database.Users.ContainsKey(name)) throw SimulatedSqlServer.Failure("42000", 15023);
        var user = new SqlServerUser();
        if (tokens.TryWords("FOR LOGIN")) user.Sid = state.Logins[tokens.Name()].Sid;
        else
        {
            tokens.Words("WITH PASSWORD =");
            (user.Sid, user.Password) = (state.NewSid(), tokens.Text());
        }
        if (user.Password is null) user.Permissions[new SqlServerSubject("", null, null, null, "CONNECT")] = 'G';
        Database.Users[name] = user;
    }

    private void AlterUser(SqlTokens tokens)
    {
        var user = Database.Users[tokens.Name()];
        tokens.Words("WITH");
        if (tokens.TryWords("DEFAULT_SCHEMA =")) user.Schema = tokens.Name();
        else if (tokens.TryWords("DEFAULT_LANGUAGE =")) user.Language = tokens.Name();
        else
        {
            tokens.Words("PASSWORD =");
            var wanted = tokens.Text();
            if (tokens.TryWords("OLD_PASSWORD =") && tokens.Text() != user.Password) throw SimulatedSqlServer.Failure("42000", 15151);
            user.Password = wanted;
        }
    }

    private void Membership(SqlTokens tokens, bool isServer)
    {
        var role = tokens.Name();
        var adds = tokens.Next().Value == "ADD";
        tokens.Words("MEMBER");
        var member = tokens.Name();
        var roles = isServer ? state.Logins[member].Roles : Database.Users[member].Roles;
        if (adds) roles.Add(role);
        else roles.Remove(role);
    }

    private void Permit(SqlTokens tokens, string verb)
    {
        var isOption = tokens.TryWords("GRANT OPTION FOR");
        var permission = tokens.WordsUntil("ON", "TO", "FROM");
        var subject = tokens.TryWords("ON") ? Subject(tokens, permission) : new SqlServerSubject("", null, null, null, permission);
        if (!tokens.TryWords("TO")) tokens.Words("FROM");
        var grantee = tokens.Name();
        var withOption = tokens.TryWords("WITH GRANT OPTION");
        _ = tokens.TryWords("CASCADE");
        if (tokens.TryWords("AS")) _ = tokens.Name();
        if (subject is { Kind: "", Permission: "CONNECT" } && Database.Users[grantee].Password is not null)
        {
            Database.Users[grantee].MayConnect = verb == "GRANT";
            return;
        }
        var isServer = session.Database == "master" && state.Logins.ContainsKey(grantee) && !Database.Users.ContainsKey(grantee);
        var permissions = isServer ? state.Logins[grantee].Permissions : Database.Users[grantee].Permissions;
        if (verb == "GRANT") Grant(permissions, subject, withOption);
        else if (verb == "DENY") permissions[subject] = 'D';
        else if (isOption) permissions[subject] = 'G';
        else if (!permissions.Remove(subject) && permissions.ContainsKey(subject with { Column = null })) permissions[subject] = 'R';
    }

    private static void Grant(Dictionary<SqlServerSubject, char> permissions, SqlServerSubject subject, bool withOption)
    {
        if (subject.Column is null)
        {
            var exceptions = permissions.Where(entry => entry.Value == 'R' && entry.Key with { Column = null } == subject).ToList();
            foreach (var exception in exceptions) permissions.Remove(exception.Key);
        }
        if (withOption || permissions.GetValueOrDefault(subject) != 'W') permissions[subject] = withOption ? 'W' : 'G';
    }

    private static SqlServerSubject Subject(SqlTokens tokens, string permission)
    {
        var kind = tokens.WordsUntil();
        tokens.Words(": :");
        var name = tokens.Name();
        string? schema = null;
        if (tokens.TryWords(".")) (schema, name) = (name, tokens.Name());
        string? column = null;
        if (tokens.TryWords("("))
        {
            column = tokens.Name();
            tokens.Words(")");
        }
        return new SqlServerSubject(kind, schema, name, column, permission);
    }
}
