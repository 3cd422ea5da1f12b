using Rekey.Rotators;
using Rekey.Rotators.MongoDb;
using Shouldly;

namespace Rekey.Conformance.Engines.MongoDb;

/// <summary>The rotators under test, as the catalogue makes them.</summary>
internal static class MongoRotation
{
    public static IDatabaseRotator SingleUser { get; } = Rotator("SecretsManagerMongoDBRotationSingleUser");

    public static IDatabaseRotator MultiUser { get; } = Rotator("SecretsManagerMongoDBRotationMultiUser");

    public static IDatabaseRotator Rotator(string name, RotatorOptions? options = null) => RotatorCatalogue.Find(name)!.Create(
        options ?? new RotatorOptions { ConnectTimeout = TimeSpan.FromSeconds(20), CommandTimeout = TimeSpan.FromSeconds(20) },
        TimeProvider.System);

    /// <summary>One login on just that member.</summary>
    public static async Task LogInAsync(DatabaseCredentials credentials)
    {
        var login = new MongoLogin(
            new RotatorOptions { ConnectTimeout = TimeSpan.FromSeconds(20), CommandTimeout = TimeSpan.FromSeconds(20) },
            TimeProvider.System, changesItself: false);
        await using var session = await login.LogInAsync(credentials, CancellationToken.None);
    }

    /// <summary>The failure of a step, after making sure that its text gives nothing away.</summary>
    public static async Task<RotatorException> FailureOfAsync(Task step, FailureCause cause, params string[] passwords)
    {
        var failure = await step.ShouldThrowAsync<RotatorException>();
        var text = failure.ToString();
        foreach (var password in passwords) text.ShouldNotContain(password);
        failure.Cause.ShouldBe(cause, text);
        return failure;
    }

    public static async Task<SetSecretResult> RotateAsync(
        this IDatabaseRotator rotator, RotationRequest request, CancellationToken cancellationToken)
    {
        var result = await rotator.SetSecretAsync(request, cancellationToken);
        await rotator.TestSecretAsync(request, cancellationToken);
        return result;
    }
}
