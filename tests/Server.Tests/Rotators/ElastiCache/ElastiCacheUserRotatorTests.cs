using System.Text.Json.Nodes;
using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Rotators;
using Rekey.Rotators.ElastiCache;
using Rekey.Server.Tests.Rotators.Slots;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.ElastiCache;

/// <summary>AWS's SecretsManagerElasticacheUserRotation, against a service that checks signatures and takes its time.</summary>
public sealed class ElastiCacheUserRotatorTests : IAsyncLifetime
{
    private const string First = "first-password-00";
    private const string Second = "s3cond&password=+%";

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private ElastiCacheService _service = null!;

    public async ValueTask InitializeAsync() => _service = await ElastiCacheService.StartAsync(_stop);

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    /// <summary>A secret of AWS's template has no password before its first rotation.</summary>
    [Fact]
    public async Task FirstRotation_ReplacesWhatNobodyKnows()
    {
        using var secret = Sensitive.FromText(SecretOf(null) + "\n");
        using var password = Sensitive.FromText(First);
        using var pendingText = SecretJson.Replace(secret, "shop", password, addsPassword: true);
        var pending = JsonNode.Parse(pendingText.RevealText())!;
        ((string?)pending["password"], (string?)pending["owner"]).ShouldBe((First, "payments"));
        pendingText.RevealText().ShouldEndWith("}\n");

        var result = await Rotator().SetSecretAsync(Request(null, First), _stop);
        await Rotator().TestSecretAsync(Request(null, First), _stop);
        _service.Passwords.ShouldBe([First]);
        result.MustRetire.ShouldBeFalse();
        result.Pin.ServerIdentity.ShouldBe(ElastiCacheService.UserArn);
    }

    [Fact]
    public async Task BothPasswordsAreAccepted_UntilTheOldIsRetired()
    {
        await Rotator().SetSecretAsync(Request(null, First), _stop);
        var result = await Rotator().SetSecretAsync(Request(First, Second), _stop);
        _service.Passwords.ShouldBe([Second, First]);
        (result.MustRetire, result.RefusedSince).ShouldBe((true, null));
        // Any step may come again.
        await Rotator().SetSecretAsync(Request(First, Second), _stop);
        await Rotator().TestSecretAsync(Request(First, Second), _stop);
        _service.Passwords.ShouldBe([Second, First]);
        await Rotator().RetireAsync(Request(Second, Second), _stop);
        _service.Passwords.ShouldBe([Second]);
        (await Rotator().CheckAsync(Request(Second, Second), _stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task ChangeThatDoesNotEnd_IsATimeout_AndIsTakenUpAgain()
    {
        _service.LooksUntilActive = 100;
        var failure = await Should.ThrowAsync<RotatorException>(() => Rotator().SetSecretAsync(Request(null, First), _stop));
        failure.Cause.ShouldBe(FailureCause.Timeout);
        await Rotator().SetSecretAsync(Request(null, First), _stop).ShouldThrowAsync<RotatorException>();
        _service.LooksUntilActive = 0;
        await Rotator().SetSecretAsync(Request(null, First), _stop);
        _service.Passwords.ShouldBe([First]);
    }

    [Theory]
    [InlineData("UserNotFound", FailureCause.Precondition)]
    [InlineData("InvalidUserState", FailureCause.Unavailable)]
    [InlineData("Throttling", FailureCause.Unavailable)]
    [InlineData("ServiceUnavailable", FailureCause.Unavailable)]
    [InlineData("AccessDenied", FailureCause.Privilege)]
    [InlineData("<![CDATA[first-password-00]]>", FailureCause.Other)]
    public async Task Refusals_AreClassified_AndNotQuoted(string code, FailureCause cause)
    {
        _service.NextError = code;
        var failure = await Should.ThrowAsync<RotatorException>(() => Rotator().SetSecretAsync(Request(null, First), _stop));
        failure.Cause.ShouldBe(cause);
        failure.ToString().ShouldNotContain(First);
        failure.TargetUntouched.ShouldBeTrue();
        _service.Modifications.ShouldBe(0);
    }

    [Fact]
    public async Task WrongKey_IsRefusedBySignature()
    {
        var wrong = new SigningCredentials("AKIAEXAMPLE", Sensitive.FromText("other-s3cret"));
        var failure = await Should.ThrowAsync<RotatorException>(() => Rotator(wrong).SetSecretAsync(Request(null, First), _stop));
        (failure.Cause, failure.NativeCode).ShouldBe((FailureCause.Privilege, "SignatureDoesNotMatch"));
        failure.ToString().ShouldNotContain("s3cret");
        var hop = await Rotator(wrong).DiagnoseAsync(Request(null, First), _stop).SingleAsync(_stop);
        hop.Ok.ShouldBeFalse();
    }

    [Fact]
    public async Task OtherUsers_AreNotTouched()
    {
        _service.UserName = "somebody";
        await ShouldBeRefusedAsync(Request(null, First));
        _service.UserName = "shop";
        _service.Authentication = "iam";
        await ShouldBeRefusedAsync(Request(null, First));
        _service.Authentication = "password";
        var elsewhere = ElastiCacheService.UserArn.Replace("shop-user", "other-user", StringComparison.Ordinal);
        await ShouldBeRefusedAsync(Request(null, First) with { Pin = new PinnedTarget(elsewhere, "", 443, "shop") });
        await ShouldBeRefusedAsync(Request(null, First) with { Pending = Credentials(First, elsewhere) });
        _service.Modifications.ShouldBe(0);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("shop-user")]
    [InlineData("arn:aws:elasticache:eu-central-1:123456789012:user:")]
    [InlineData("arn:aws:elasticache:evil.example/:123456789012:user:shop")]
    [InlineData("arn:aws:rds:eu-central-1:123456789012:user:shop")]
    [InlineData("arn:aws:elasticache:eu-central-1:123456789012:user:shop:more")]
    public void ArnThatNamesNoUser_IsRefused(string? arn) =>
        Should.Throw<RotatorException>(() => Credentials(First, arn)).Cause.ShouldBe(FailureCause.Precondition);

    [Fact]
    public async Task WithoutAccessToAnApi_ItIsSaidWhenRotationIsConfigured()
    {
        var template = RotatorCatalogue.Find("SecretsManagerElasticacheUserRotation")!;
        template.MissingDriver(new RotatorOptions()).ShouldNotBeNull();
        template.MissingDriver(Options(ElastiCacheService.Credentials)).ShouldBeNull();
        var rotator = template.Create(new RotatorOptions(), TimeProvider.System);
        (await Should.ThrowAsync<RotatorException>(() => rotator.SetSecretAsync(Request(null, First), _stop))).Cause
            .ShouldBe(FailureCause.Precondition);
    }

    [Fact]
    public async Task Passwords_AreAsTheTemplatesDefaultsSay()
    {
        var rules = await Rotator().ReadPasswordRulesAsync(Request(null, First), _stop);
        (rules.LengthMin, rules.LengthMax).ShouldBe((16, 128));
        var policy = PasswordPolicy.FromSettings(DatabaseEngine.ElastiCache, new Dictionary<string, string>());
        (policy.Length, policy.ExcludedCharacters).ShouldBe((20, "/@\"'\\"));
    }

    private async Task ShouldBeRefusedAsync(RotationRequest request)
    {
        var failure = await Should.ThrowAsync<RotatorException>(() => Rotator().SetSecretAsync(request, _stop));
        (failure.Cause, failure.TargetUntouched).ShouldBe((FailureCause.Precondition, true));
    }

    private IDatabaseRotator Rotator(SigningCredentials? credentials = null) =>
        RotatorCatalogue.Find("SecretsManagerElasticacheUserRotation")!.Create(
            Options(credentials ?? ElastiCacheService.Credentials), new SelfMovingClock());

    private RotatorOptions Options(SigningCredentials credentials) => new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(20),
        CommandTimeout = TimeSpan.FromSeconds(20),
        ElastiCache = new ElastiCacheOptions { Endpoint = _service.Address, Credentials = credentials },
    };

    private static RotationRequest Request(string? current, string pending) => new()
    {
        Current = Credentials(current, ElastiCacheService.UserArn),
        Pending = Credentials(pending, ElastiCacheService.UserArn),
    };

    private static DatabaseCredentials Credentials(string? password, string? arn)
    {
        using var text = Sensitive.FromText(SecretOf(password, arn));
        return SecretJson.ReadCredentials(text, DatabaseEngine.ElastiCache);
    }

    private static string SecretOf(string? password, string? arn = ElastiCacheService.UserArn)
    {
        var secret = new JsonObject { ["username"] = "shop", ["owner"] = "payments" };
        if (arn is not null) secret["user_arn"] = arn;
        if (password is not null) secret["password"] = password;
        return secret.ToJsonString();
    }
}
