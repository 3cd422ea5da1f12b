using System.Text.RegularExpressions;
using Rekey.Aws;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Redshift;

/// <summary>The statements of Redshift rotations against a scripted server; no real one was available.</summary>
public sealed class RedshiftRotationTests
{
    private const string OldPassword = "OldPassword1";
    private const string NewPassword = "NewPassword2";

    /// <summary>What is left of a statement when its quoted names and literals are taken out: words of ours only.</summary>
    private static readonly Regex OwnWords = new(@"^[A-Za-z ,().;0-9]*$", RegexOptions.NonBacktracking);

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task W1_FirstRotation_MakesALockedClone_WithGroupsRolesAndDirectRights_AndThePasswordLast()
    {
        await using var server = Scripted("app", "orders");
        var request = Request(server, "app");
        var plan = await Rotator("SecretsManagerRedshiftRotationMultiUser").PlanAsync(request, _stop);
        await Rotator("SecretsManagerRedshiftRotationMultiUser").SetSecretAsync(request, _stop);
        var hash = StubRedshift.Md5(NewPassword + "app_clone");
        string[] rights =
        [
            "ALTER USER \"app_clone\" CONNECTION LIMIT 7",
            "ALTER USER \"app_clone\" SET \"search_path\" TO '$user', 'shop'",
            "ALTER GROUP \"readers\" ADD USER \"app_clone\"",
            "GRANT ROLE \"analyst\" TO \"app_clone\" WITH ADMIN OPTION",
            "ALTER DEFAULT PRIVILEGES FOR USER \"app_clone\" IN SCHEMA \"shop\" GRANT SELECT ON TABLES TO GROUP \"readers\"",
            "GRANT SELECT ON TABLE \"shop\".\"orders\" TO \"app_clone\" WITH GRANT OPTION",
            "GRANT SELECT (\"price\") ON TABLE \"shop\".\"orders\" TO \"app_clone\"",
            "GRANT USAGE ON SCHEMA \"shop\" TO \"app_clone\"",
            "GRANT INSERT FOR TABLES IN SCHEMA \"shop\" TO \"app_clone\"",
            "GRANT TEMP ON DATABASE \"dev\" TO \"app_clone\"",
            "GRANT EXECUTE ON FUNCTION \"shop\".\"f\"(integer, character varying, numeric(18,2)) TO \"app_clone\"",
            "GRANT SELECT, INSERT, UPDATE, DELETE, REFERENCES ON TABLE \"shop\".\"made\" TO \"app_clone\"",
        ];
        server.Statements.ShouldBe(
        [
            "BEGIN", "CREATE USER \"app_clone\" PASSWORD DISABLE", "COMMIT", "BEGIN", .. rights, "COMMIT",
            $"ALTER USER \"app_clone\" PASSWORD 'md5{hash}'",
        ]);
        plan.Statements.ShouldBe(
            ["CREATE USER \"app_clone\" PASSWORD DISABLE", .. rights, "ALTER USER \"app_clone\" PASSWORD '***'"]);
        server.Received.ShouldNotContain(text => text.Contains(NewPassword));
        server.Users["app"].ShouldBe(StubRedshift.Md5(OldPassword + "app"));
    }

    [Fact]
    public async Task W2_WhatOnlyTheCloneHas_IsRevoked()
    {
        await using var server = Scripted("app", "orders");
        server.SetPassword("app_clone", OldPassword);
        var isMirrored = false;
        server.Refuse = sql =>
        {
            isMirrored |= sql == "COMMIT";
            return null;
        };
        server.Answer = (sql, values) => values.Count == 0 ? [["1"]]
            : sql.Contains("svv_user_info") ? [[values[0], "no", "no", "UNLIMITED", "RESTRICTED", "0"]]
            : sql.Contains("svv_user_grants") && values[0] == "app_clone" && !isMirrored ? [["auditor", "no"]]
            : sql.Contains("svv_relation_privileges") && values[0] == "app_clone" && !isMirrored ? [["s", "t", "", "DELETE", "no"]]
            : [];
        await Rotator("SecretsManagerRedshiftRotationMultiUser").SetSecretAsync(Request(server, "app"), _stop);
        server.Statements[..4].ShouldBe(
            ["BEGIN", "REVOKE ROLE \"auditor\" FROM \"app_clone\"", "REVOKE DELETE ON TABLE \"s\".\"t\" FROM \"app_clone\"", "COMMIT"]);
    }

    [Theory]
    [InlineData("we\"ird'; DROP USER x; --", "ta\"ble'; --")]
    [InlineData("back\\slash\\'", " TO public; ")]
    [InlineData("имя 😀", "$$ \\\" ''")]
    public async Task W13_HostileNames_StayNames(string user, string table)
    {
        await using var server = Scripted(user, table);
        await Rotator("SecretsManagerRedshiftRotationMultiUser").SetSecretAsync(Request(server, user), _stop);
        server.Statements.Count.ShouldBeGreaterThan(10);
        foreach (var statement in server.Statements)
            OwnWords.IsMatch(Regex.Replace(statement, "\"([^\"]|\"\")*\"|'([^'\\\\]|''|\\\\.)*'", "", RegexOptions.NonBacktracking))
                .ShouldBeTrue(statement);
    }

    [Fact]
    public async Task SingleUser_ChangesItsOwnPassword_ByAHash()
    {
        await using var server = Scripted("app", "orders");
        var request = Request(server, "app") with { Superuser = null };
        request = request with { Pending = Credentials(server, "app", NewPassword) };
        await Rotator("SecretsManagerRedshiftRotationSingleUser").SetSecretAsync(request, _stop);
        server.Statements.ShouldBe([$"ALTER USER \"app\" PASSWORD 'md5{StubRedshift.Md5(NewPassword + "app")}'"]);
    }

    [Theory]
    [InlineData("yes", null, "superuser")]
    [InlineData("no", "sys:superuser", "sys:superuser")]
    public async Task W11_PowerfulUser_IsRefused_AndNothingChanged(string isSuperuser, string? role, string reason)
    {
        await using var server = Scripted("app", "orders");
        server.Answer = (sql, values) => sql.Contains("svv_user_info") ? [[values[0], isSuperuser, "no", "UNLIMITED", "RESTRICTED", "0"]]
            : sql.Contains("svv_user_grants") && role is not null ? [[role, "no"]]
            : [];
        var failure = await Rotator("SecretsManagerRedshiftRotationMultiUser").SetSecretAsync(Request(server, "app"), _stop)
            .ShouldThrowAsync<RotatorException>();
        failure.Cause.ShouldBe(FailureCause.Precondition);
        failure.Message.ShouldContain(reason);
        server.Statements.ShouldBeEmpty();
    }

    [Fact]
    public async Task W12_ServerWithoutTls_GetsNoPassword()
    {
        await using var server = Scripted("app", "orders");
        var request = Request(server, "app", TlsMode.Verified);
        var failure = await Rotator("SecretsManagerRedshiftRotationSingleUser")
            .SetSecretAsync(request with { Superuser = null, Pending = Credentials(server, "app", NewPassword, TlsMode.Verified) }, _stop)
            .ShouldThrowAsync<RotatorException>();
        failure.Cause.ShouldBe(FailureCause.Tls);
        server.Received.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("42501", FailureCause.Privilege)]
    [InlineData("40001", FailureCause.Conflict)]
    public async Task RefusedGrant_RollsBack_AndIsClassified(string state, FailureCause cause)
    {
        await using var server = Scripted("app", "orders");
        server.Refuse = sql => sql.StartsWith("GRANT", StringComparison.Ordinal) ? state : null;
        var failure = await Rotator("SecretsManagerRedshiftRotationMultiUser").SetSecretAsync(Request(server, "app"), _stop)
            .ShouldThrowAsync<RotatorException>();
        failure.Cause.ShouldBe(cause);
        failure.TargetUntouched.ShouldBeTrue();
        server.Statements[^1].ShouldBe("ROLLBACK");
        server.Users["app_clone"].ShouldBeNull();
    }

    private static IDatabaseRotator Rotator(string name) => RotatorCatalogue.Find(name)!.Create(new RotatorOptions(), TimeProvider.System);

    private static DatabaseCredentials Credentials(
        StubRedshift server, string user, string password, TlsMode tls = TlsMode.Plaintext) => new()
        {
            Engine = "redshift",
            Host = "127.0.0.1",
            Port = server.Port,
            Username = user,
            Password = Sensitive.FromText(password),
            Tls = tls,
        };

    private static RotationRequest Request(StubRedshift server, string user, TlsMode tls = TlsMode.Plaintext) => new()
    {
        Current = Credentials(server, user, OldPassword, tls),
        Pending = Credentials(server, user + "_clone", NewPassword, tls),
        Superuser = Credentials(server, "admin", OldPassword, tls),
    };

    /// <summary>A base with rights of every kind; the clone has them once they were granted.</summary>
    private static StubRedshift Scripted(string user, string table)
    {
        var server = new StubRedshift();
        server.SetPassword(user, OldPassword);
        server.SetPassword("admin", OldPassword);
        server.Answer = (sql, values) =>
        {
            if (values.Count == 0) return [["1"]];
            var isClone = values[0] == user + "_clone";
            if (values[0] != user && !(isClone && server.Users.ContainsKey(values[0]))) return [];
            var has = !isClone || server.Statements.Count(statement => statement == "COMMIT") > 1;
            var view = Regex.Match(sql, "svv_[a-z_]+|pg_group|pg_class|pg_user", RegexOptions.NonBacktracking).Value;
            return view switch
            {
                "svv_user_info" => [[values[0], "no", "no", has ? "7" : "UNLIMITED", "RESTRICTED", "0"]],
                "pg_user" => [["infinity", "no", has ? "search_path=\"$user\", shop" : ""]],
                "pg_group" when has => [["readers"]],
                "svv_user_grants" when has => [["analyst", "yes"]],
                "svv_default_privileges" when has => [["shop", "RELATION", values[0], "SELECT", "readers", "group", "no"]],
                "svv_relation_privileges" when has =>
                    isClone
                        ? [
                            ["shop", table, "", "SELECT", "yes"],
                            .. Shared.Select(privilege => new[] { "shop", "made", "", privilege, "no" }),
                        ]
                        : [["shop", table, "", "SELECT", "yes"]],
                "svv_column_privileges" when has => [["shop", table, "price", "SELECT", "no"]],
                "svv_schema_privileges" when has => [["shop", "SCHEMA", "", "USAGE", "no"], ["shop", "TABLES", "", "INSERT", "no"]],
                "svv_database_privileges" when has => [["dev", "DATABASE", "", "TEMP", "no"]],
                "svv_function_privileges" when has => [["shop", "f", "integer, character varying, numeric(18,2)", "EXECUTE", "no"]],
                "pg_class" when !isClone => [["shop", "made"]],
                _ => [],
            };
        };
        return server;
    }

    private static readonly string[] Shared = ["SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES"];
}
