using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Strategies;

namespace Rekey.Server.Tests.Simulation;

/// <summary>One connection to the server that answered, with all that may happen to what is sent over it.</summary>
internal sealed class Connection(Simulation simulation, SimulatedNode node, SimulatedServer server, SimulatedAccount account)
{
    private readonly int _epoch = server.Epoch;
    private readonly string _identity = server.Identity;
    private bool _isBroken;

    public SimulatedServer Server => server;

    public string ServerIdentity => _identity;

    public SimulatedAccount Account => account;

    /// <summary>The login is the first round trip.</summary>
    public static async Task<Connection> OpenAsync(
        Simulation simulation, SimulatedNode node, string username, Sensitive password, CancellationToken cancellationToken)
    {
        if (!node.IsAlive) return await Never.Of<Connection>();
        var given = password.RevealText();
        var text = $"login {username} with {simulation.Prober.Views.NameOf(username, given)}";
        return await RoundTripAsync(simulation, node, text, changes: false, () =>
        {
            var server = simulation.World.Answering;
            if (server.IsDown) throw new RotatorException(FailureCause.Network, "The server is down.");
            var account = server.Find(username);
            if (account is not null && account.LogsIn(given))
            {
                account.Refused = 0;
                simulation.Prober.LoggedIn(server, username, given);
                return new Connection(simulation, node, server, account);
            }
            simulation.Trace($"{node.Name} {text} is refused{(server == simulation.World.Main ? "" : " by a stranger")}");
            simulation.Prober.Refused(server, account, username);
            throw new RotatorException(FailureCause.Auth, $"Login of {username} refused.", "28000", "1045");
        }, cancellationToken);
    }

    public Task<T> QueryAsync<T>(string text, Func<T> read, CancellationToken cancellationToken) =>
        RoundTripAsync(simulation, node, text, changes: false, () => Answered(read), cancellationToken);

    /// <summary>A statement that changes the server, and is committed by itself.</summary>
    public Task ExecuteAsync(string text, Func<Change> change, CancellationToken cancellationToken)
    {
        var context = RunContext.Current;
        return RoundTripAsync(simulation, node, text, changes: true, () => Answered(() =>
        {
            if (server.IsReadOnly) throw new RotatorException(FailureCause.Unavailable, "The server is read-only.", null, "1290");
            simulation.Prober.Changed(server, change(), context, text);
            return true;
        }), cancellationToken);
    }

    private T Answered<T>(Func<T> work)
    {
        if (_isBroken || server.IsDown || server.Epoch != _epoch) throw new RotatorException(FailureCause.Network, "The connection broke.");
        return work();
    }

    private static async Task<T> RoundTripAsync<T>(
        Simulation simulation, SimulatedNode node, string text, bool changes, Func<T> work, CancellationToken cancellationToken)
    {
        if (!node.IsAlive) return await Never.Of<T>();
        cancellationToken.ThrowIfCancellationRequested();
        var fate = simulation.Faults.OfStatement();
        simulation.Trace($"{node.Name} {text}{(fate == StatementFate.Normal ? "" : $" [{fate}]")}");
        switch (fate)
        {
            case StatementFate.Held:
                await HoldRequestAsync(simulation, node, text, changes, work, cancellationToken);
                break;
            case StatementFate.LostBefore:
                throw new RotatorException(FailureCause.Network, "The connection broke.");
            case StatementFate.TimesOutBefore:
                throw new RotatorException(FailureCause.Timeout, "No answer in time.");
            case StatementFate.TimesOutLate:
                if (changes) simulation.DeliverLater(text, () => work());
                throw new RotatorException(FailureCause.Timeout, "No answer in time.");
            case StatementFate.Unavailable:
                throw new RotatorException(FailureCause.Unavailable, "Too many connections.", null, "1040");
            case StatementFate.CrashesBefore:
                node.Crash($"before {text}");
                return await Never.Of<T>();
        }
        var result = work();
        switch (fate)
        {
            case StatementFate.HeldAfter:
                await simulation.Gates.HoldAsync(node, $"reply to {text}", cancellationToken);
                break;
            case StatementFate.LostAfter:
                throw new RotatorException(FailureCause.Network, "The connection broke.");
            case StatementFate.TimesOutAfter:
                throw new RotatorException(FailureCause.Timeout, "No answer in time.");
            case StatementFate.CrashesAfter:
                node.Crash($"after {text}");
                return await Never.Of<T>();
        }
        return result;
    }

    /// <summary>A request on its way: whoever stops waiting for it does not stop it.</summary>
    private static async Task HoldRequestAsync<T>(
        Simulation simulation, SimulatedNode node, string text, bool changes, Func<T> work, CancellationToken cancellationToken)
    {
        try
        {
            await simulation.Gates.HoldAsync(node, text, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            if (changes) simulation.DeliverLater(text, () => work());
            throw;
        }
    }

    public void Break() => _isBroken = true;
}

/// <summary>What a statement did to an account.</summary>
/// <param name="Kind">What for, in the prober's terms.</param>
/// <param name="Wanted">The password it was given; null for none.</param>
internal sealed record Change(SimulatedAccount Account, ChangeKind Kind, string? Wanted = null);

internal enum ChangeKind
{
    Created,
    Rights,
    Password,
    Retired,
}
