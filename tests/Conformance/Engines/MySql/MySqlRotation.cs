using Rekey.Rotators;
using Shouldly;

namespace Rekey.Conformance.Engines.MySql;

/// <summary>The rotator under test, as the catalogue makes it.</summary>
internal static class MySqlRotation
{
    public static IDatabaseRotator Rotator(string? caFile, TimeSpan? timeout = null) =>
        RotatorCatalogue.Find("SecretsManagerRDSMySQLRotationSingleUser")!.Create(
            new RotatorOptions
            {
                CaFile = caFile,
                ConnectTimeout = timeout ?? TimeSpan.FromSeconds(20),
                CommandTimeout = timeout ?? TimeSpan.FromSeconds(20),
            },
            TimeProvider.System);

    /// <summary>The failure of a step, after making sure that its text gives nothing away.</summary>
    public static async Task<RotatorException> FailureAsync(this Task step, FailureCause cause, params string[] passwords)
    {
        var failure = await step.ShouldThrowAsync<RotatorException>();
        var text = failure.ToString();
        foreach (var password in passwords) text.ShouldNotContain(password);
        failure.Cause.ShouldBe(cause, text);
        return failure;
    }
}
