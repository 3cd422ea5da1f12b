using Rekey.Rotators;
using Rekey.Rotators.SqlServer;
using Rekey.Rotators.Strategies;
using Rekey.Server.Tests.Rotators.Sql;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.SqlServer;

public sealed class SqlServerRightsTests
{
    private static readonly string[] DatabaseKinds = [.. SqlServerSubject.Kinds.Except(["LOGIN", "SERVER ROLE", "ENDPOINT", ""])];
    private static readonly string[] Permissions = ["SELECT", "UPDATE", "VIEW DEFINITION", "CONTROL", "TAKE OWNERSHIP", "EXECUTE"];

    [Fact]
    public async Task W13_RandomRightsWithHostileNames_AreMadeEqual()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            var rotation = new SqlServerRotation();
            var databases = HostileNames.Pick(random, random.Next(1, 4), doubleQuotes: true);
            foreach (var name in databases) rotation.Server.State.Databases[name] = new();
            var pool = Pool(random);
            Fill(rotation, "app", databases, pool, random);
            if (random.Next(3) > 0)
            {
                rotation.Add("app_clone", "x");
                Fill(rotation, "app_clone", databases, pool, random);
            }
            try
            {
                await rotation.SetAsync(rotation.Alternating, SqlServerRotation.Alternate());
            }
            catch (RotatorException e)
            {
                Assert.Fail($"seed {seed}: {e.Message}\n{string.Join('\n', rotation.Server.Sent)}");
            }
            rotation.RightsOf("app_clone").ShouldBe(rotation.RightsOf("app"), $"seed {seed}");
        }
    }

    private static List<SqlServerSubject> Pool(Random random)
    {
        var names = HostileNames.Pick(random, 6, doubleQuotes: true);
        var pool = new List<SqlServerSubject>();
        for (var i = 0; i < 12; i++)
        {
            var kind = DatabaseKinds[random.Next(DatabaseKinds.Length)];
            if (random.Next(2) == 0) kind = "OBJECT";
            var schema = kind is "OBJECT" or "TYPE" or "XML SCHEMA COLLECTION" ? names[random.Next(3)] : null;
            var permission = Permissions[random.Next(Permissions.Length)];
            var column = kind == "OBJECT" && permission is "SELECT" or "UPDATE" && random.Next(2) == 0 ? names[random.Next(6)] : null;
            pool.Add(new SqlServerSubject(kind, schema, names[random.Next(6)], kind == "OBJECT" ? column : null, permission));
        }
        pool.Add(new SqlServerSubject("", null, null, null, "CREATE TABLE"));
        return pool;
    }

    private static void Fill(
        SqlServerRotation rotation, string username, List<string> databases, List<SqlServerSubject> pool, Random random)
    {
        var login = rotation.Server.State.Logins[username];
        foreach (var role in (ReadOnlySpan<string>)["bulkadmin", "my]role", "dbcreator"]) if (random.Next(2) == 0) login.Roles.Add(role);
        if (random.Next(2) == 0) login.Credentials.Add("file share]");
        if (random.Next(2) == 0) login.Permissions[new("", null, null, null, "VIEW SERVER STATE")] = "GWD"[random.Next(3)];
        if (random.Next(2) == 0) login.Permissions[new("ENDPOINT", null, "e]p", null, "CONNECT")] = "GWD"[random.Next(3)];
        if (random.Next(2) == 0) login.Permissions[new("LOGIN", null, "bob'", null, "IMPERSONATE")] = "GWD"[random.Next(3)];
        (login.IsPolicyChecked, login.Language) = (random.Next(2) == 0, random.Next(2) == 0 ? "us_english" : "Français");
        login.Database = databases[0];
        foreach (var database in databases)
        {
            if (random.Next(4) == 0) continue;
            var user = rotation.AddUser(database, username, random.Next(2) == 0 ? null : $"{username}]'s user");
            user.Schema = random.Next(2) == 0 ? "dbo" : "s]";
            foreach (var role in (ReadOnlySpan<string>)["db_owner", "reader's", "[x]"]) if (random.Next(2) == 0) user.Roles.Add(role);
            foreach (var subject in pool)
                if (random.Next(2) == 0) user.Permissions[subject] = "GWD"[random.Next(3)];
            // An exception stands only beside the grant that it is from.
            foreach (var whole in user.Permissions.Where(entry => entry is { Key: { Kind: "OBJECT", Column: null }, Value: 'G' }).ToList())
                if (random.Next(3) == 0) user.Permissions.TryAdd(whole.Key with { Column = "col]" }, 'R');
        }
    }

    [Fact]
    public void Names_ComeBackAsOneName()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var name = HostileNames.Pick(new Random(seed), 1, doubleQuotes: true)[0];
            new SqlTokens(SqlServerText.Name(name), brackets: true).All.ShouldBe([new SqlToken(SqlTokenKind.Name, name)], $"seed {seed}");
            new SqlTokens(SqlServerText.Literal(name), brackets: true).All.ShouldBe([new SqlToken(SqlTokenKind.Text, name)]);
        }
    }

    [Theory]
    [InlineData("a\\\nb")]
    [InlineData("a\\\r\nb")]
    public void TextThatTheServerWouldShorten_IsRefused(string text) =>
        Should.Throw<RotatorException>(() => SqlServerText.Literal(text)).Cause.ShouldBe(FailureCause.Precondition);

    [Fact]
    public void PermissionOfAnUnknownClass_IsRefusedAndNotLeftOut() => Should.Throw<RotatorException>(
        () => SqlServerSecurable.Permission(["77", "SELECT", "G", null, null, "x", null, null], "shop", "app"))
        .Cause.ShouldBe(FailureCause.Precondition);

    [Theory]
    [InlineData("SELECT; DROP")]
    [InlineData("select")]
    [InlineData("")]
    public void PermissionThatIsNoServersWord_IsRefused(string permission) => Should.Throw<RotatorException>(
        () => SqlServerSecurable.Permission(["1", permission, "G", null, "s", "x", null, null], "shop", "app"));

    [Fact]
    public void GrantOfAnotherGrantor_IsTakenInHisName()
    {
        var right = SqlServerSecurable.Permission(["1", "SELECT", "G", "ma]x", "s", "t", null, null], "shop", "u");
        right.Take("app").ShouldBe(["USE [shop]; REVOKE SELECT ON OBJECT::[s].[t] FROM [u] CASCADE AS [ma]]x];"]);
        right.ShouldBe(right with { Grantor = null, User = "other" });
    }
}
