using System.Security.Cryptography;
using Rekey.Rotators;
using Shouldly;

namespace Rekey.Conformance.Engines.Redis;

/// <summary>The rotators under test, as the catalogue makes them, and one secret of theirs.</summary>
internal sealed class RedisRotation(PrivateRedis server, bool alternating, string username, string password)
{
    private readonly List<string> _notices = [];

    /// <summary>What the operator was told.</summary>
    public IReadOnlyList<string> Notices => _notices;

    public string Username { get; private set; } = username;

    public string Password { get; private set; } = password;

    public DatabaseCredentials? Superuser { get; init; } = server.AdminCredentials;

    public PinnedTarget? Pin { get; private set; }

    public RotationSettings Settings { get; init; } = RotationSettings.Default;

    public IDatabaseRotator Rotator => Create(server.Options, alternating, _notices.Add);

    public RotationSubject Subject => new()
    {
        Current = server.Credentials(Username, Password),
        Superuser = Superuser,
        Pin = Pin,
        Settings = Settings,
    };

    public static IDatabaseRotator Create(RotatorOptions options, bool alternating, Action<string>? notice = null) =>
        RotatorCatalogue.Find(alternating ? "SecretsManagerRedisRotationMultiUser" : "SecretsManagerRedisRotationSingleUser")!.Create(
            new RotatorOptions
            {
                CaFile = options.CaFile,
                ConnectTimeout = options.ConnectTimeout,
                CommandTimeout = options.CommandTimeout,
                Notice = notice,
            },
            TimeProvider.System);

    public static string NewPassword() => "Pw-" + RandomNumberGenerator.GetHexString(24);

    public RotationRequest Request(string pending, bool mayBeLive = false) => new()
    {
        Current = server.Credentials(Username, Password),
        Pending = server.Credentials(Rotator.PendingUsername(Subject), pending),
        Superuser = Superuser,
        Pin = Pin,
        Settings = Settings,
        PendingMayBeLive = mayBeLive,
    };

    /// <summary>Sets and tests the pending version; it is not yet current afterwards.</summary>
    public async Task<SetSecretResult> SetAsync(string pending, CancellationToken cancellationToken, bool mayBeLive = false)
    {
        var request = Request(pending, mayBeLive);
        var result = await Rotator.SetSecretAsync(request, cancellationToken);
        await Rotator.TestSecretAsync(request, cancellationToken);
        return result;
    }

    /// <summary>Makes the pending version current, as finishSecret does.</summary>
    public void Promote(string pending, SetSecretResult result)
    {
        (Username, Password, Pin) = (Rotator.PendingUsername(Subject), pending, result.Pin);
    }

    /// <summary>A whole rotation; the old password is not retired.</summary>
    public async Task<SetSecretResult> RotateAsync(CancellationToken cancellationToken)
    {
        var pending = NewPassword();
        var result = await SetAsync(pending, cancellationToken);
        Promote(pending, result);
        return result;
    }

    public Task RetireAsync(CancellationToken cancellationToken) => Rotator.RetireAsync(Subject, cancellationToken);
}

internal static class RedisFailures
{
    /// <summary>The failure of a step, after making sure that its text gives nothing away.</summary>
    public static async Task<RotatorException> ShouldFailAsync(this Task step, FailureCause cause, params string[] passwords)
    {
        var failure = await step.ShouldThrowAsync<RotatorException>();
        var text = failure.ToString();
        foreach (var password in passwords) text.ShouldNotContain(password);
        failure.Cause.ShouldBe(cause, text);
        return failure;
    }
}
