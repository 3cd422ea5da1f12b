using System.Runtime.CompilerServices;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.SecretsManager;

namespace Rekey.Server.Rotation.Native;

/// <summary>What a rotation of a secret would meet and do, without doing it: for operators, and before the first rotation.</summary>
internal sealed class NativeInspection(RotationValueReader values, RotationFunctions functions, TlsRule tls)
{
    /// <summary>
    /// Walks to the secret's database with AWSCURRENT, changing nothing. Without a configured function the secret's engine decides.
    /// </summary>
    public async IAsyncEnumerable<HopResult> DiagnoseAsync(Secret secret, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HopResult value;
        RotationValues<RotationSubject>? read = null;
        RotationFunction? function = null;
        try
        {
            function = FunctionOf(secret);
            read = values.ReadSubject(function, secret, TlsMode.Verified);
            var current = read.Subject.Current;
            value = new HopResult(
                "value", true, $"AWSCURRENT holds {function.Template.Engine.Name} credentials for {current.Host}:{current.Port}.");
        }
        catch (RotatorException exception)
        {
            var remedy = exception.SecretKey == "masterarn"
                ? "Correct the superuser secret (masterarn), or enable rotation anew with the one that is meant."
                : "Store a JSON object with engine, host, username and password.";
            value = new HopResult("value", false, exception.Message, remedy, exception.Cause);
        }

        yield return value;
        if (read is null) yield break;
        using (read)
        {
            await foreach (var hop in function!.Rotator.DiagnoseAsync(ByHand(read.Subject), cancellationToken)) yield return hop;
        }
    }

    /// <summary>What a rotation would do now: statements with masked values, and in what a pair differs.</summary>
    public Task<RotationPlan> PlanAsync(Secret secret, CancellationToken cancellationToken)
    {
        var function = FunctionOf(secret);
        return tls.RunAsync(
            secret, mode => values.ReadSubject(function, secret, mode),
            subject => function.Rotator.PlanAsync(ByHand(subject), cancellationToken));
    }

    /// <summary>A human looks at what comes of it: that many logins are no loop.</summary>
    private static RotationSubject ByHand(RotationSubject subject) =>
        subject with { Logins = subject.Logins?.ByHand() };

    private RotationFunction FunctionOf(Secret secret)
    {
        if (functions.Find(secret.RotationLambdaArn ?? "") is { } configured) return configured;
        using var current = values.Read(secret, StagingLabels.Current);
        return functions.All.FirstOrDefault(function => IsFor(function, current))
            ?? throw new RotatorException(FailureCause.Precondition, "No ready-to-run rotation function is for this kind of secret.");
    }

    private static bool IsFor(RotationFunction function, SecretPayload payload)
    {
        if (function.Rotator.NeedsSuperuser) return false;
        try
        {
            RotationValueReader.Credentials(function, payload).Password.Dispose();
            return true;
        }
        catch (RotatorException)
        {
            return false;
        }
    }
}
