using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Extensions;

/// <summary>PutRotationSettings and GetRotationSettings.</summary>
public sealed class RotationSettingsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NothingSet_ShowsTheDefaults()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        var answer = await scene.Server.CallRekeyAsync("GetRotationSettings", new { SecretId = "db" }, Cancel);
        answer.Json["Settings"]!.ToJsonString().ShouldBe(
            """{"ForeignCredentials":"refuse","GraceSeconds":3600,"GrantSync":"mirror","HealOnFailedHeartbeat":false,""" +
            "\"OldSessions\":\"keep\",\"Overlap\":\"auto\",\"PostgresClone\":\"member\",\"SoakSeconds\":86400,\"Verifier\":\"auto\"}");
        answer.Json["Target"].ShouldBeNull();
    }

    [Fact]
    public async Task WhatIsPut_IsWhatIsThere()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        const string Settings = """
            {"ForeignCredentials":"allow","GraceSeconds":7200,"GrantSync":"verifyOnly","HealOnFailedHeartbeat":true,"HeartbeatSeconds":900,
            "OldSessions":"endAfterGrace","Overlap":"require","OwnerRole":"owner",
            "Passwords":{"EXCLUDE_PUNCTUATION":"true","PASSWORD_LENGTH":"40"},"PostgresClone":"ownerRole",
            "SoakSeconds":0,"Users":{"Base":"app","Twin":"app_b"},"Verifier":"plain"}
            """;
        var put = await PutAsync(scene, JsonNode.Parse(Settings)!);
        put.IsSuccess.ShouldBeTrue(put.Body);
        var got = await scene.Server.CallRekeyAsync("GetRotationSettings", new { SecretId = "db" }, Cancel);
        JsonNode.DeepEquals(got.Json["Settings"], JsonNode.Parse(Settings)).ShouldBeTrue(got.Body);
        (await scene.ProgressAsync(Cancel))["Settings"]!.ToJsonString().ShouldBe(got.Json["Settings"]!.ToJsonString());
    }

    [Fact]
    public async Task WhatIsLeftOut_GoesBackToItsDefault()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        await PutAsync(scene, JsonNode.Parse("""{"GraceSeconds":60,"Overlap":"off"}""")!);
        var put = await PutAsync(scene, JsonNode.Parse("""{"Overlap":"off"}""")!);
        put.Json["Settings"]!["GraceSeconds"]!.GetValue<int>().ShouldBe(3600);
        put.Json["Settings"]!["Overlap"]!.GetValue<string>().ShouldBe("off");
    }

    [Theory]
    [InlineData("""{"GraceSecond":60}""", "Settings has no member GraceSecond.")]
    [InlineData("""{"Passwords":{"PASSWORD_LENGHT":"40"}}""", "Settings.Passwords: PASSWORD_LENGHT is not known; known are")]
    [InlineData("""{"Passwords":{"EXCLUDE_NUMBERS":"sure"}}""", "Settings.Passwords: EXCLUDE_NUMBERS must be true or false.")]
    [InlineData("""{"Passwords":{"PASSWORD_LENGTH":"0"}}""", "PASSWORD_LENGTH must be from 1 to 4096.")]
    [InlineData("""{"Passwords":{"EXCLUDE_CHARACTERS":"0123456789"}}""", "leaves a required type without a character")]
    [InlineData("""{"Users":{"Base":"app","Twin":"app"}}""", "must be two users")]
    [InlineData("""{"PostgresClone":"ownerRole"}""", "Settings.OwnerRole must be given")]
    [InlineData("""{"OwnerRole":"owner"}""", "Settings.OwnerRole must not be given")]
    [InlineData("""{"HeartbeatSeconds":59}""", "Settings.HeartbeatSeconds must be 0, for no heartbeat, or from 60 on.")]
    public async Task SettingsWithoutSense_AreRefusedByName(string settings, string text)
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        var put = await PutAsync(scene, JsonNode.Parse(settings)!);
        put.ErrorCode.ShouldBe("InvalidParameterException");
        put.ErrorMessage!.ShouldContain(text);
        var got = await scene.Server.CallRekeyAsync("GetRotationSettings", new { SecretId = "db" }, Cancel);
        got.Json["Settings"]!["GraceSeconds"]!.GetValue<int>().ShouldBe(3600);
    }

    [Theory]
    [InlineData("""{"GrantSync":"Mirror"}""")]
    [InlineData("""{"GraceSeconds":2592001}""")]
    [InlineData("""{"Users":{"Base":"app"}}""")]
    public async Task SettingsOutsideTheModel_AreRefused(string settings)
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        (await PutAsync(scene, JsonNode.Parse(settings)!)).ErrorCode.ShouldBe("ValidationException");
    }

    [Theory]
    [InlineData("""{"PostgresClone":"ownerRole","OwnerRole":"owner"}""", "the secret's rotation function is for mariadb")]
    [InlineData(
        """{"Users":{"Base":"app","Twin":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}""",
        "Settings.Users.Twin is too long: mariadb takes names of up to 80.")]
    public async Task SettingsOfAnotherEngine_AreRefusedOnceTheFunctionIsKnown(string settings, string text)
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        await scene.UntilIdleAsync(Cancel);
        var put = await PutAsync(scene, JsonNode.Parse(settings)!);
        put.ErrorCode.ShouldBe("InvalidParameterException");
        put.ErrorMessage!.ShouldContain(text);
    }

    /// <summary>Settings choose whose password changes and how: who may not rotate may not set them.</summary>
    [Fact]
    public async Task RotateSecretDenied_IsRefused()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        const string Policy = """
            {"Version":"2012-10-17","Statement":[
              {"Effect":"Deny","Principal":"*","Action":"secretsmanager:RotateSecret","Resource":"*"}]}
            """;
        await scene.OkAsync("PutResourcePolicy", new { SecretId = "db", ResourcePolicy = Policy }, Cancel);
        (await PutAsync(scene, new JsonObject())).ErrorCode.ShouldBe("AccessDeniedException");
        (await scene.Server.CallRekeyAsync("GetRotationSettings", new { SecretId = "db" }, Cancel)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Change_IsInTheAuditLog()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        (await PutAsync(scene, new JsonObject())).IsSuccess.ShouldBeTrue();
        scene.Server.Services.GetRequiredService<IDatabase>()
            .Read(session => session.Query("SELECT event_name FROM audit_events", row => row.Text(0))).ShouldContain("PutRotationSettings");
    }

    private static Task<Answer> PutAsync(RotationScene scene, JsonNode settings) =>
        scene.Server.CallRekeyAsync("PutRotationSettings", new { SecretId = "db", Settings = settings }, Cancel);
}
