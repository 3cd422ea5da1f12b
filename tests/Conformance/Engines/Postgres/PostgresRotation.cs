using Rekey.Rotators;
using Shouldly;

namespace Rekey.Conformance.Engines.Postgres;

/// <summary>The rotator under test, as the catalogue makes it.</summary>
internal static class PostgresRotation
{
    public static IDatabaseRotator Rotator(RotatorOptions? options = null) =>
        RotatorCatalogue.Find("SecretsManagerRDSPostgreSQLRotationSingleUser")!
            .Create(options ?? new RotatorOptions(), TimeProvider.System);

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
