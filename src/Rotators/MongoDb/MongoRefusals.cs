namespace Rekey.Rotators.MongoDb;

/// <summary>
/// What a server's refusals of one user are worth. One that takes writes is believed, and a secondary that has the changes its primary
/// has. Others may merely not know the user or its password yet: a member calls itself a secondary as soon as it has restarted, before it
/// knows a primary and what it has missed, and goes on naming a primary that is dead.
/// </summary>
internal sealed class MongoRefusals(MongoLogin login, MongoAddress address, MongoLoginName user)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private long? _started;

    /// <summary>The primary that was asked for its changes, and the last of them. Each is asked once.</summary>
    private (string Name, UInt128? LastWrite)? _primary;

    private bool _isPrimaryOutOfReach;

    /// <summary>
    /// True when the refusal stands. False when it may have had another reason than the password, and the server has come to where its next
    /// one will not.
    /// Errors: Unavailable when it does not come there within the time a command may take; Network, Timeout or Tls when it cannot be asked
    /// any more.
    /// </summary>
    /// <param name="before">What the server said before it refused.</param>
    public async Task<bool> StandsAsync(MongoHello before, CancellationToken cancellationToken)
    {
        // Of no set: there is nothing it could lack.
        if (before.SetName is null && before.IsWritable) return true;
        _started ??= login.Time.GetTimestamp();
        await using var server = await MongoConnection.OpenAsync(address, user.Credentials.Tls, login.Options, cancellationToken);
        while (true)
        {
            var now = await server.GreetAsync(user: null, cancellationToken);
            var isKnown = now.IsSecondary && await AskPrimaryAsync(now, cancellationToken);
            if (Stands(before, now, isKnown)) return true;
            if (IsOver(login.Options.CommandTimeout) && !MayBeDead(before, now)) throw Uncertain();
            if (now.IsWritable || (isKnown && HasItAll(now))) return false;
            await Task.Delay(Pause, login.Time, cancellationToken);
        }
    }

    private bool Stands(MongoHello before, MongoHello now, bool isKnown)
    {
        // Another server that answers there now tells nothing about the one that refused.
        if (before.Me is not null && now.Me is not null && now.Me != before.Me) return true;
        if (now.IsWritable) return before.IsWritable;
        if (isKnown) return FollowsTheSame(before, now) && HasItAll(before);
        // Out of reach for us alone: its members would have noticed by now if it were dead.
        return MayBeDead(before, now) && IsOver(2 * login.Options.CommandTimeout);
    }

    private bool IsOver(TimeSpan limit) => login.Time.GetElapsedTime(_started!.Value) > limit;

    private static bool FollowsTheSame(MongoHello before, MongoHello now) =>
        before.IsSecondary && now.IsSecondary && now.Primary is not null && now.Primary == before.Primary;

    private bool MayBeDead(MongoHello before, MongoHello now) => _isPrimaryOutOfReach && FollowsTheSame(before, now);

    private bool HasItAll(MongoHello member) => !(member.LastWrite < _primary!.Value.LastWrite);

    private RotatorException Uncertain() => new(FailureCause.Unavailable,
        $"{address} refused the login while it had no primary, or not all of its primary's changes: whether the password is wrong cannot "
            + "be told yet.");

    /// <summary>Whether the changes of the member's primary are known.</summary>
    private async Task<bool> AskPrimaryAsync(MongoHello member, CancellationToken cancellationToken)
    {
        _isPrimaryOutOfReach = false;
        if (member.Primary is not { } name) return false;
        if (_primary?.Name == name) return true;
        var hello = await GreetAsync(name, cancellationToken);
        _isPrimaryOutOfReach = hello is null;
        if (hello is not { IsWritable: true } || hello.SetName != member.SetName) return false;
        _primary = (name, hello.LastWrite);
        return true;
    }

    /// <summary>Without a login: an address that an unproven server names gets no credentials. Null when it cannot be asked.</summary>
    private async Task<MongoHello?> GreetAsync(string name, CancellationToken cancellationToken)
    {
        if (MongoAddress.Parse(name) is not { } named) return null;
        try
        {
            await using var primary = await MongoConnection.OpenAsync(named, user.Credentials.Tls, login.Options, cancellationToken);
            return await primary.GreetAsync(user: null, cancellationToken);
        }
        catch (RotatorException)
        {
            return null;
        }
    }
}
