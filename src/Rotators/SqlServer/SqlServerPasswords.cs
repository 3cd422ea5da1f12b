using Rekey.Aws;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;

namespace Rekey.Rotators.SqlServer;

/// <summary>The statements that set a password. Those with a password in it are made to be run at once.</summary>
internal static class SqlServerPasswords
{
    /// <summary>The statement's start, without the password.</summary>
    public static string Alter(string username, bool isContained) =>
        $"ALTER {(isContained ? "USER" : "LOGIN")} {SqlServerText.Name(username)} WITH PASSWORD = ";

    /// <summary>An account changes its own password; the server wants the one it has now, which is the one it logged in with.</summary>
    public static async Task ChangeOwnAsync(
        SqlSession session, string username, bool isContained, Sensitive present, Sensitive wanted, CancellationToken cancellationToken)
    {
        var statement = new SensitiveText().Append(Alter(username, isContained));
        try
        {
            statement.AppendLiteral(wanted).Append(" OLD_PASSWORD = ").AppendLiteral(present);
        }
        catch
        {
            statement.Dispose();
            throw;
        }
        await session.ExecuteAsync(statement, cancellationToken);
    }

    /// <summary>A superuser sets it; a lock that failed logins have brought about goes with it.</summary>
    public static async Task SetAsync(
        SqlSession session, string username, bool isContained, Sensitive wanted, CancellationToken cancellationToken)
    {
        var statement = new SensitiveText().Append(Alter(username, isContained));
        try
        {
            statement.AppendLiteral(wanted);
            if (!isContained) statement.Append(" UNLOCK");
        }
        catch
        {
            statement.Dispose();
            throw;
        }
        await session.ExecuteAsync(statement, cancellationToken);
    }

    /// <summary>
    /// What the policy of the operating system asks for where it applies: on Linux eight characters of three kinds, on Windows as the
    /// domain has it, which no statement tells. Four kinds satisfy both; 128 is the server's own bound.
    /// </summary>
    public static PasswordRules Rules(bool isPolicyChecked) => isPolicyChecked
        ? new PasswordRules { LengthMin = 8, LengthMax = 128, LowercaseMin = 1, UppercaseMin = 1, NumbersMin = 1, PunctuationMin = 1 }
        : new PasswordRules { LengthMax = 128 };
}
