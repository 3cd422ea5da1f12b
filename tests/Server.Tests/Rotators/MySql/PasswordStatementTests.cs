using Rekey.Aws;
using Rekey.Rotators.MySql;
using Rekey.Rotators.Odbc;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.MySql;

public sealed class PasswordStatementTests
{
    private static string Text(SensitiveText statement)
    {
        using (statement) return statement.Span.ToString();
    }

    private static Sensitive Password(string text) => Sensitive.FromText(text);

    [Fact]
    public void MySql_AltersTheSessionsOwnAccount()
    {
        Text(PasswordStatement.AlterUser(Password("new"), present: null)).ShouldBe("ALTER USER USER() IDENTIFIED BY 'new'");
        Text(PasswordStatement.AlterUser(Password("new"), Password("old"))).ShouldBe("ALTER USER USER() IDENTIFIED BY 'new' REPLACE 'old'");
    }

    [Fact]
    public void MariaDb_SetsPasswordOrHash()
    {
        Text(PasswordStatement.SetPassword(Password("new"))).ShouldBe("SET PASSWORD = PASSWORD('new')");
        Text(PasswordStatement.SetHash("*00")).ShouldBe("SET PASSWORD = '*00'");
    }

    [Fact]
    public void QuotesAndBackslashes_AreEscaped() =>
        Text(PasswordStatement.AlterUser(Password(@"'; DROP USER x; -- \"), Password(@"\'")))
            .ShouldBe(@"ALTER USER USER() IDENTIFIED BY '\'; DROP USER x; -- \\' REPLACE '\\\''");

    [Fact]
    public void LongPassword_IsWhole()
    {
        var password = string.Concat(Enumerable.Repeat("é'x", 2000));
        Text(PasswordStatement.SetPassword(Password(password))).ShouldBe($"SET PASSWORD = PASSWORD('{password.Replace("'", @"\'")}')");
    }

    [Fact]
    public void Statement_PrintsAMask()
    {
        using var statement = PasswordStatement.SetPassword(Password("new"));
        statement.ToString().ShouldBe(Sensitive.Mask);
    }
}
