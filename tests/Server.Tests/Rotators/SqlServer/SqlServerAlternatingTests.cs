using Rekey.Rotators;
using Rekey.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.SqlServer;

public sealed class SqlServerAlternatingTests
{
    private readonly SqlServerRotation _rotation = new();

    private void GiveRights()
    {
        _rotation.Server.State.Logins["app"].Roles.Add("bulkadmin");
        var user = _rotation.AddUser(SqlServerRotation.Shop, "app", "shop user");
        user.Schema = "sales";
        user.Roles.Add("db_datareader");
        user.Permissions[new SqlServerSubject("OBJECT", "sales", "orders", null, "SELECT")] = 'W';
        user.Permissions[new SqlServerSubject("OBJECT", "sales", "orders", "card", "SELECT")] = 'D';
        _rotation.AddUser("stock", "app").Permissions[new SqlServerSubject("SCHEMA", null, "x] y", null, "EXECUTE")] = 'G';
    }

    [Fact]
    public async Task FirstRotation_SendsTheseStatementsInThisOrder()
    {
        GiveRights();
        await _rotation.SetAsync(_rotation.Alternating, SqlServerRotation.Alternate());
        var sent = _rotation.Server.Sent.Where(text => !text.StartsWith("SET ", StringComparison.Ordinal) && !IsUse(text)).ToList();
        sent[3].ShouldStartWith("CREATE LOGIN [app_clone] WITH PASSWORD = N'");
        sent[3].ShouldEndWith(
            "', DEFAULT_DATABASE = [master], DEFAULT_LANGUAGE = [us_english], CHECK_POLICY = ON, CHECK_EXPIRATION = OFF");
        sent.RemoveAt(3);
        sent.ShouldBe(
        [
            "login app old",
            "login sa_team super",
            "BEGIN TRANSACTION",
            "ALTER LOGIN [app_clone] DISABLE",
            "COMMIT TRANSACTION",
            "BEGIN TRANSACTION",
            "USE [shop]; CREATE USER [app_clone] FOR LOGIN [app_clone];",
            "USE [stock]; CREATE USER [app_clone] FOR LOGIN [app_clone];",
            "USE [stock]; ALTER USER [app_clone] WITH DEFAULT_SCHEMA = [dbo];",
            "USE [shop]; ALTER USER [app_clone] WITH DEFAULT_SCHEMA = [sales];",
            "USE [master]; ALTER SERVER ROLE [bulkadmin] ADD MEMBER [app_clone];",
            "USE [shop]; ALTER ROLE [db_datareader] ADD MEMBER [app_clone];",
            "USE [shop]; GRANT CONNECT TO [app_clone];",
            "USE [stock]; GRANT CONNECT TO [app_clone];",
            "USE [stock]; GRANT EXECUTE ON SCHEMA::[x]] y] TO [app_clone];",
            "USE [shop]; GRANT SELECT ON OBJECT::[sales].[orders] TO [app_clone] WITH GRANT OPTION;",
            "USE [shop]; DENY SELECT ON OBJECT::[sales].[orders] ([card]) TO [app_clone];",
            "COMMIT TRANSACTION",
            "ALTER LOGIN [app_clone] WITH PASSWORD = N'new' UNLOCK",
            "ALTER LOGIN [app_clone] ENABLE",
            "login app_clone new",
        ]);
        _rotation.RightsOf("app_clone").ShouldBe(_rotation.RightsOf("app"));
        _rotation.Server.OpenSessions.ShouldBe(0);
    }

    private static bool IsUse(string text) => text.StartsWith("USE ", StringComparison.Ordinal) && !text.Contains(';');

    [Fact]
    public async Task W25_RightsInAllDatabases_UnderWhateverName_AreTheClones()
    {
        GiveRights();
        await _rotation.SetAsync(_rotation.Alternating, SqlServerRotation.Alternate());
        foreach (var database in (ReadOnlySpan<string>)[SqlServerRotation.Shop, "stock"])
            _rotation.Server.State.Databases[database].Users.ShouldContainKey("app_clone");
        _rotation.Server.State.Databases["tempdb_like"].Users.ShouldBeEmpty();
    }

    [Fact]
    public async Task W2_WhatTheBaseLost_TheCloneLosesAtTheNextRotation()
    {
        GiveRights();
        var first = await _rotation.SetAsync(_rotation.Alternating, SqlServerRotation.Alternate());
        var user = _rotation.Server.State.Databases[SqlServerRotation.Shop].Users["shop user"];
        user.Permissions.Remove(new SqlServerSubject("OBJECT", "sales", "orders", "card", "SELECT"));
        user.Permissions[new SqlServerSubject("OBJECT", "sales", "orders", null, "SELECT")] = 'G';
        user.Roles.Clear();
        _rotation.Server.State.Databases["stock"].Users.Remove("app");
        var next = SqlServerRotation.Alternate("app_clone", "app", "new", "newer") with { Pin = first.Pin };
        await _rotation.SetAsync(_rotation.Alternating, next);
        _rotation.RightsOf("app_clone").ShouldBe(_rotation.RightsOf("app"));
        _rotation.Server.Sent.ShouldContain(
            "USE [shop]; REVOKE GRANT OPTION FOR SELECT ON OBJECT::[sales].[orders] FROM [app_clone] CASCADE;");
    }

    [Fact]
    public async Task W1_HalfBuiltClone_IsNotPromoted()
    {
        for (var drop = 1; ; drop++)
        {
            var test = new SqlServerAlternatingTests();
            test.GiveRights();
            var rotation = test._rotation;
            rotation.Server.DropAfter = drop;
            // One more effect than the drop shows that the attempt came through.
            var (pending, request) = (SqlServerRotation.Account("app_clone", "new"), SqlServerRotation.Alternate());
            var isDone = await TryAsync(rotation, request);
            rotation.Server.DropAfter = 0;
            if (await rotation.LogsInAsync(pending)) rotation.RightsOf("app_clone").ShouldBe(rotation.RightsOf("app"));
            (await rotation.LogsInAsync(SqlServerRotation.Account("app", "old"))).ShouldBeTrue();
            if (isDone)
            {
                drop.ShouldBeGreaterThan(20);
                return;
            }
            (await TryAsync(rotation, request with { PendingMayBeLive = true })).ShouldBeTrue();
            rotation.RightsOf("app_clone").ShouldBe(rotation.RightsOf("app"));
            (await rotation.LogsInAsync(pending)).ShouldBeTrue();
        }
    }

    private static async Task<bool> TryAsync(SqlServerRotation rotation, RotationRequest request)
    {
        try
        {
            await rotation.SetAsync(rotation.Alternating, request);
            return true;
        }
        catch (RotatorException e)
        {
            e.Cause.ShouldBe(FailureCause.Network);
            return false;
        }
    }

    [Fact]
    public async Task CloneWithAnotherUsersName_KeepsIt()
    {
        GiveRights();
        _rotation.Add("app_clone", "x");
        _rotation.AddUser(SqlServerRotation.Shop, "app_clone", "twin]");
        await _rotation.SetAsync(_rotation.Alternating, SqlServerRotation.Alternate());
        _rotation.Server.Sent.ShouldContain("USE [shop]; ALTER ROLE [db_datareader] ADD MEMBER [twin]]];");
        _rotation.RightsOf("app_clone").ShouldBe(_rotation.RightsOf("app"));
    }

    [Fact]
    public async Task StatementThatMayNotStandInATransaction_IsRunOutsideOfOne()
    {
        GiveRights();
        _rotation.Server.NotInTransaction = text => text.Contains("ALTER SERVER ROLE", StringComparison.Ordinal);
        await _rotation.SetAsync(_rotation.Alternating, SqlServerRotation.Alternate());
        _rotation.Server.Sent.ShouldContain("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION");
        _rotation.RightsOf("app_clone").ShouldBe(_rotation.RightsOf("app"));
    }

    [Fact]
    public async Task RightThatCannotBeGiven_LeavesNothingBehindAndNamesIt()
    {
        GiveRights();
        _rotation.Server.Fails = text => text.Contains("DENY SELECT", StringComparison.Ordinal) ? SqlServerRotation.Error(15151) : null;
        var e = await _rotation.FailureAsync(_rotation.Alternating, SqlServerRotation.Alternate());
        (e.Cause, e.TargetUntouched).ShouldBe((FailureCause.Privilege, true));
        e.Message.ShouldContain("denial of SELECT on OBJECT::[sales].[orders] column card in shop");
        e.Message.ShouldNotContain("secrets");
        _rotation.Server.State.Logins["app_clone"].IsDisabled.ShouldBeTrue();
        _rotation.Server.State.Databases[SqlServerRotation.Shop].Users.ShouldNotContainKey("app_clone");
    }

    [Fact]
    public async Task ContainedPair_LivesInItsDatabase()
    {
        var shop = _rotation.Server.State.Databases[SqlServerRotation.Shop].Users;
        _rotation.Server.State.Logins.Remove("app");
        shop["app"] = new() { Sid = "0xAB", Password = "old", Language = "Deutsch" };
        shop["app"].Roles.Add("db_datawriter");
        await _rotation.SetAsync(_rotation.Alternating, SqlServerRotation.Alternate());
        shop["app_clone"].Rights.ShouldBe(shop["app"].Rights);
        _rotation.Server.Sent.ShouldContain("USE [shop]; DENY CONNECT TO [app_clone];");
        _rotation.Server.Sent[^3..].ShouldBe(
            ["USE [shop]; GRANT CONNECT TO [app_clone];", "login app_clone new", "SET XACT_ABORT ON; SET LOCK_TIMEOUT 10000"]);
    }

    [Theory]
    [InlineData("sa")]
    [InlineData("SA")]
    [InlineData("##MS_PolicyEventProcessingLogin##")]
    [InlineData("rdsa")]
    [InlineData(@"CORP\admin")]
    [InlineData("sa_team")]
    [InlineData("other_admin")]
    public async Task W11_PowerfulAccounts_AreRefused(string username)
    {
        _rotation.Add("other_admin", "old").Roles.Add("securityadmin");
        if (!_rotation.Server.State.Logins.ContainsKey(username)) _rotation.Add(username, "old");
        _rotation.Server.State.Logins[username].Password = username == "sa_team" ? "super" : "old";
        var request = SqlServerRotation.Alternate(username, username + "_clone", username == "sa_team" ? "super" : "old");
        var e = await _rotation.FailureAsync(_rotation.Alternating, request);
        (e.Cause, e.TargetUntouched).ShouldBe((FailureCause.Precondition, true));
        _rotation.Server.Sent.ShouldNotContain(text => text.StartsWith("CREATE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OwnerOfADatabase_IsRefusedWithTheRemedy()
    {
        _rotation.AddUser(SqlServerRotation.Shop, "app", "dbo");
        var e = await _rotation.FailureAsync(_rotation.Alternating, SqlServerRotation.Alternate());
        e.Cause.ShouldBe(FailureCause.Precondition);
        e.Message.ShouldContain("ALTER AUTHORIZATION");
    }

    [Fact]
    public async Task Plan_ShowsMaskedStatementsAndChangesNothing()
    {
        GiveRights();
        var subject = new RotationSubject { Current = SqlServerRotation.Account("app", "old"), Superuser = SqlServerRotation.Superuser };
        var plan = await _rotation.Alternating.PlanAsync(subject, TestContext.Current.CancellationToken);
        plan.Statements[0].ShouldBe(
            "CREATE LOGIN [app_clone] WITH PASSWORD = '***', DEFAULT_DATABASE = [master], DEFAULT_LANGUAGE = [us_english], "
                + "CHECK_POLICY = ON, CHECK_EXPIRATION = OFF");
        plan.Statements[^1].ShouldBe("ALTER LOGIN [app_clone] WITH PASSWORD = '***' UNLOCK");
        plan.Differences.ShouldContain("clone lacks role db_datareader in shop");
        _rotation.Server.State.Logins.ShouldNotContainKey("app_clone");
    }
}
