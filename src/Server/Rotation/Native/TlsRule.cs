using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Rotators;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Native;

/// <summary>
/// TLS first and always, unless the secret says <c>ssl: false</c>. A secret without <c>ssl</c> may fall back only where the operator
/// allows it
/// and only to a server that was never seen to speak TLS.
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
            Log.TlsDowngraded(logger, secret.Arn, target);
            using var plain = read(TlsMode.Plaintext);
            return await work(plain.Subject);
        }
    }

    private bool MayFallBack<TSubject>(Func<TlsMode, RotationValues<TSubject>> read, string target)
        where TSubject : RotationSubject
    {
        if (!options.Value.AllowPlaintextWhenSslIsAbsent) return false;
        using var asPlain = read(TlsMode.Plaintext);
        return asPlain.Subject.Current.Tls == TlsMode.Plaintext && !TargetTls.WasSeen(database, target);
    }
}
