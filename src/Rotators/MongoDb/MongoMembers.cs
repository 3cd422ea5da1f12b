using System.Diagnostics;

namespace Rekey.Rotators.MongoDb;

/// <summary>
/// The other members of the replica set that a user has logged in to. Each is asked directly; one that cannot be reached is passed over.
/// </summary>
internal sealed class MongoMembers(MongoLogin login, MongoConnection connection, MongoLoginName user)
{
    private static readonly TimeSpan LagPause = TimeSpan.FromMilliseconds(50);

    /// <summary>What a member is given, each time, to take a change over into its memory after it has it.</summary>
    private static readonly TimeSpan RefusalPause = TimeSpan.FromMilliseconds(100);

    /// <summary>How often it is given that. MongoDB locks no account for refused logins.</summary>
    private const int RefusalsMax = 10;

    /// <summary>
    /// Proves that the user logs in on each of them. A member is first waited for until it has every change that this server has, so that
    /// a login there is not refused for having come too early.
    /// Errors: Unavailable when one lags behind for longer than a command may take; Auth when one refuses the login even so.
    /// </summary>
    public async Task ProveAsync(CancellationToken cancellationToken)
    {
        var hello = await connection.GreetAsync(user: null, cancellationToken);
        if (hello.SetName is null) return;
        var others = hello.Members.Where(name => name != hello.Me).Select(MongoAddress.Parse).OfType<MongoAddress>();
        await Task.WhenAll(others.Select(address => ProveAsync(address, hello, cancellationToken)));
    }

    private async Task ProveAsync(MongoAddress address, MongoHello here, CancellationToken cancellationToken)
    {
        try
        {
            await using var member = await MongoConnection.OpenAsync(address, user.Credentials.Tls, login.Options, cancellationToken);
            if (await CatchUpAsync(member, here, cancellationToken) is { } hello)
                await LogInAsync(member, hello, cancellationToken);
        }
        catch (RotatorException e) when (e.Cause is FailureCause.Network or FailureCause.Timeout or FailureCause.Tls)
        {
            login.Options.Notice?.Invoke($"Whether {user.Credentials.Username} logs in on {address} was not seen: {e.Message}");
        }
    }

    /// <summary>
    /// Waits until a member has the changes that <paramref name="here"/> tells of. Null for one that serves nobody just now, and for a
    /// server of another set. Unavailable when it lags behind for longer than a command may take.
    /// </summary>
    private async Task<MongoHello?> CatchUpAsync(MongoConnection member, MongoHello here, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var hello = await member.GreetAsync(user.FullName, cancellationToken);
            if (hello.SetName != here.SetName || !(hello.IsSecondary || hello.IsWritable)) return null;
            if (hello.LastWrite is not { } there || here.LastWrite is not { } wanted || there >= wanted) return hello;
            if (Stopwatch.GetElapsedTime(started) > login.Options.CommandTimeout)
            {
                throw new RotatorException(FailureCause.Unavailable,
                    $"{member.Address} lags behind its replica set, so its logins cannot be told yet.");
            }
            await Task.Delay(LagPause, login.Time, cancellationToken);
        }
    }

    private async Task LogInAsync(MongoConnection member, MongoHello hello, CancellationToken cancellationToken)
    {
        try
        {
            await MongoScram.LogInAsync(member, user.Credentials, user.Database, hello.Mechanisms, cancellationToken);
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Auth)
        {
            for (var refusals = 1; !await LogsInAfterPauseAsync(member, refusals == RefusalsMax, cancellationToken); refusals++) { }
        }
    }

    /// <summary>False when it was refused once more; the last time the refusal is thrown.</summary>
    private async Task<bool> LogsInAfterPauseAsync(MongoConnection member, bool isLast, CancellationToken cancellationToken)
    {
        await Task.Delay(RefusalPause, login.Time, cancellationToken);
        try
        {
            await using var again = await login.OpenAsync(member.Address, user, cancellationToken);
            return true;
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Auth && !isLast)
        {
            return false;
        }
    }
}
