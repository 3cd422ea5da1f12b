using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Rotators;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Native;

/// <summary>
/// TLS first and always, unless the secret says <c>ssl: false</c>. A secret without <c>ssl</c> may go without only where the operator
/// allows it, only with a server that was never seen to speak TLS, and only where that server offers none: a certificate that is refused
/// is no reason.
/// </summary>
internal sealed class TlsRule(
    IDatabase database, IOptions<RotationOptions> options, TimeProvider time, ILogger<TlsRule> logger)
{
    /// <param name="read">Opens the stored values; what an absent <c>ssl</c> stands for is given. Disposed when the work is over.</param>
    /// <param name="work">What is done with them.</param>
    public async Task<TResult> RunAsync<TSubject, TResult>(
        Secret secret, Func<TlsMode, RotationValues<TSubject>> read, Func<TSubject, Task<TResult>> work)
        where TSubject : RotationSubject
    {
        using var values = read(TlsMode.Verified);
        var current = values.Subject.Current;
        var target = TargetTls.NameOf(current);
        try
        {
            var result = await work(values.Subject);
            if (current.Tls == TlsMode.Verified) await TargetTls.RememberAsync(database, target, time.GetUtcNow());
            return result;
        }
        catch (RotatorException exception) when (exception.Cause == FailureCause.Tls && MayFallBack(read, target))
        {
            using var either = read(TlsMode.VerifiedOrPlaintext);
            return await RunDowngradedAsync(secret, target, () => work(either.Subject));
        }
    }

    private async Task<TResult> RunDowngradedAsync<TResult>(Secret secret, string target, Func<Task<TResult>> work)
    {
        var isDowngraded = true;
        try
        {
            return await work();
        }
        catch (RotatorException exception) when (exception.Cause == FailureCause.Tls)
        {
            isDowngraded = false;
            throw;
        }
        finally
        {
            if (isDowngraded) Log.TlsDowngraded(logger, secret.Arn, target);
        }
    }

    private bool MayFallBack<TSubject>(Func<TlsMode, RotationValues<TSubject>> read, string target)
        where TSubject : RotationSubject
    {
        if (!options.Value.AllowPlaintextWhenSslIsAbsent) return false;
        using var either = read(TlsMode.VerifiedOrPlaintext);
        return either.Subject.Current.Tls == TlsMode.VerifiedOrPlaintext && !TargetTls.WasSeen(database, target);
    }
}
