namespace Rekey.Server.Tests.Simulation;

/// <summary>A database server, or a cluster of which one member answers. Every statement is committed by itself.</summary>
internal sealed class SimulatedServer(string identity)
{
    /// <summary>Refused logins in a row after which the account is locked, as Oracle's default profile has it.</summary>
    public const int LockOutAfter = 10;

    private readonly SortedDictionary<string, SimulatedAccount> _accounts = new(StringComparer.Ordinal);

    /// <summary>What the member that answers says of itself.</summary>
    public string Identity { get; private set; } = identity;

    /// <summary>The members that ever answered.</summary>
    public HashSet<string> Members { get; } = [identity];

    public bool IsDown { get; set; }

    public bool IsReadOnly { get; set; }

    /// <summary>Grows when all connections break.</summary>
    public int Epoch { get; private set; }

    /// <summary>Fewest characters of a new password.</summary>
    public int PasswordLengthMin { get; set; }

    /// <summary>Whether the rule can be read, or only met.</summary>
    public bool TellsItsRules { get; set; }

    public IEnumerable<SimulatedAccount> Accounts => _accounts.Values;

    public SimulatedAccount? Find(string name) => _accounts.GetValueOrDefault(name);

    public SimulatedAccount Add(SimulatedAccount account) => _accounts[account.Name] = account;

    public void Drop(string name) => _accounts.Remove(name);

    /// <summary>Every connection ends.</summary>
    public void Restart() => Epoch++;

    /// <summary>Another member takes over; it has all that was committed.</summary>
    public void FailOver()
    {
        Identity = $"{Members.First()}-{Members.Count}";
        Members.Add(Identity);
        Restart();
    }
}
