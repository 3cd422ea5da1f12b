using Rekey.Aws;
using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.MySql;

/// <summary>
/// The statements by which an account changes its own password. None names the account: the server takes the session's, and keeps its
/// authentication plugin. They are written for a session with an empty sql_mode, where backslash escapes and quotes delimit text.
/// </summary>
internal static class PasswordStatement
{
    /// <summary>MySQL. <paramref name="present"/> is for accounts that must name their password to change it.</summary>
    public static SensitiveText AlterUser(Sensitive wanted, Sensitive? present)
    {
        var statement = new SensitiveText().Append("ALTER USER USER() IDENTIFIED BY ");
        AppendLiteral(statement, wanted);
        if (present is null) return statement;
        statement.Append(" REPLACE ");
        AppendLiteral(statement, present);
        return statement;
    }

    /// <summary>MariaDB: the server hashes the password.</summary>
    public static SensitiveText SetPassword(Sensitive wanted)
    {
        var statement = new SensitiveText().Append("SET PASSWORD = PASSWORD(");
        AppendLiteral(statement, wanted);
        return statement.Append(')');
    }

    /// <summary>MariaDB: the password is hashed here, so that it reaches neither the server nor its logs.</summary>
    public static SensitiveText SetHash(string hash) => new SensitiveText().Append("SET PASSWORD = '").Append(hash).Append('\'');

    private static void AppendLiteral(SensitiveText statement, Sensitive password)
    {
        using var text = new SensitiveText().Append(password);
        statement.Append('\'');
        foreach (var character in text.Span)
        {
            if (character is '\'' or '\\') statement.Append('\\');
            statement.Append(character);
        }
        statement.Append('\'');
    }
}
