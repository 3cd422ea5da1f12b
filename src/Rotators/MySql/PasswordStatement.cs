using Rekey.Aws;
using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.MySql;

/// <summary>
/// The statements that change passwords. Those by which an account changes its own do not name it: the server takes the session's, and
/// keeps its authentication plugin. They are written for a session in which backslash escapes and quotes delimit text.
/// </summary>
internal static class PasswordStatement
{
    /// <summary>MySQL. <paramref name="present"/> is for accounts that must name their password to change it.</summary>
    /// <param name="wanted">The new password.</param>
    /// <param name="present">The one before, which the server checks: the primary one of two.</param>
    /// <param name="keepsPresent">Whether the primary password becomes the secondary one.</param>
    public static SensitiveText AlterUser(Sensitive wanted, Sensitive? present, bool keepsPresent = false)
    {
        var statement = new SensitiveText().Append("ALTER USER USER() IDENTIFIED BY ");
        AppendLiteral(statement, wanted);
        if (present is not null)
        {
            statement.Append(" REPLACE ");
            AppendLiteral(statement, present);
        }
        return keepsPresent ? statement.Append(" RETAIN CURRENT PASSWORD") : statement;
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

    public static void AppendLiteral(SensitiveText statement, Sensitive password)
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
