using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Strategies;

namespace Rekey.Server.Tests.Rotators.Strategies;

/// <summary>
/// A database server in memory: accounts with passwords and rights, a superuser, a list of what was done to it, and failures on command.
/// </summary>
internal sealed class ScriptedServer : IDatabaseLogin, IDatabaseAdministration
{
    public const string SuperuserName = "master";

    public Dictionary<string, ScriptedAccount> Accounts { get; } = new() { [SuperuserName] = new("master-password") };

    public List<string> Done { get; } = [];

    public int Refused { get; private set; }

    public int OpenSessions { get; private set; }

    /// <summary>Most passwords an account may have.</summary>
    public bool Overlaps { get; set; }

    public string Identity { get; set; } = "server-1";

    /// <summary>Another server that belongs to this one.</summary>
    public string? Replica { get; set; }

    /// <summary>Where the superuser's address leads; null: here.</summary>
    public string? SuperuserIdentity { get; set; }

    public ScriptedTls Tls { get; set; } = ScriptedTls.Trusted;

    /// <summary>Logins that were sent without TLS.</summary>
    public int PlaintextLogins { get; private set; }

    /// <summary>Throws before what is about to be done, when it returns an exception.</summary>
    public Func<string, RotatorException?> Fails { get; set; } = _ => null;

    public ScriptedAccount this[string name] => Accounts[name];

    public Task<IAccountSession> LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        LogIn(credentials);
        return Task.FromResult<IAccountSession>(new AccountSession(this, credentials.Username));
    }

    Task<IAdministratorSession> IDatabaseAdministration.LogInAsync(DatabaseCredentials superuser, CancellationToken cancellationToken)
    {
        LogIn(superuser);
        return Task.FromResult<IAdministratorSession>(new AdministratorSession(this));
    }

    /// <summary>What a diagnosis says of the account's own privileges; null: nothing.</summary>
    public HopResult? Privileges { get; set; }

    public async IAsyncEnumerable<HopResult> DiagnoseAsync(
        DatabaseCredentials current, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HopResult hop;
        try
        {
            await using var session = await LogInAsync(current, cancellationToken);
            hop = new HopResult("login", Ok: true, "in");
        }
        catch (RotatorException exception)
        {
            hop = new HopResult("login", Ok: false, exception.Message, Cause: exception.Cause);
        }
        yield return hop;
        if (hop.Ok && Privileges is not null) yield return Privileges;
    }

    private void LogIn(DatabaseCredentials credentials)
    {
        var password = credentials.Password.RevealText();
        var what = $"login {credentials.Username} {password}";
        DemandNoFailure(what);
        var isPlain = credentials.Tls == TlsMode.Plaintext
            || (credentials.Tls == TlsMode.VerifiedOrPlaintext && Tls == ScriptedTls.NotOffered);
        if (!isPlain && Tls != ScriptedTls.Trusted) throw new RotatorException(FailureCause.Tls, $"certificate: {Tls}");
        if (isPlain) PlaintextLogins++;
        lock (Done)
        {
            if (Accounts.TryGetValue(credentials.Username, out var account) && !account.IsLocked && account.Passwords.Contains(password))
            {
                Done.Add(what);
                OpenSessions++;
                return;
            }
            Refused++;
            Done.Add($"refused {credentials.Username} {password}");
        }
        throw new RotatorException(FailureCause.Auth, "access denied", "28000", "1045");
    }

    private void Do(string what)
    {
        DemandNoFailure(what);
        lock (Done) Done.Add(what);
    }

    private void DemandNoFailure(string what)
    {
        if (Fails(what) is not { } failure) return;
        lock (Done) Done.Add($"{what} fails");
        throw failure;
    }

    private void Close()
    {
        lock (Done) OpenSessions--;
    }

    private sealed class AccountSession(ScriptedServer server, string username) : IAccountSession
    {
        private bool _isClosed;

        public string ServerIdentity => server.Identity;

        public IAccountPasswords Passwords { get; } = new AccountPasswords(server, username, by: "itself");

        public Task<PasswordRules> ReadPasswordRulesAsync(CancellationToken cancellationToken) => Task.FromResult(PasswordRules.None);

        public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) =>
            Task.FromResult(otherIdentity == server.Replica);

        public Task ProbeAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync()
        {
            if (!_isClosed) server.Close();
            _isClosed = true;
            return ValueTask.CompletedTask;
        }
    }

    private sealed class AccountPasswords(ScriptedServer server, string username, string by) : IAccountPasswords
    {
        private ScriptedAccount Account => server.Accounts[username];

        public Task<bool> CanOverlapAsync(CancellationToken cancellationToken) => Task.FromResult(server.Overlaps);

        public Task ReplaceAsync(Sensitive? present, Sensitive wanted, CancellationToken cancellationToken) =>
            SetAsync("replace", wanted.RevealText());

        public Task AddAsync(Sensitive kept, Sensitive wanted, CancellationToken cancellationToken) =>
            SetAsync("add", kept.RevealText(), wanted.RevealText());

        public Task RetireAsync(Sensitive kept, CancellationToken cancellationToken) => SetAsync("retire", kept.RevealText());

        public IReadOnlyList<string> Statements(PasswordChange change) => [$"{change} {username} ***"];

        private Task SetAsync(string verb, params string[] passwords)
        {
            server.Do($"{verb} {username} {string.Join('+', passwords)} by {by}");
            Account.Passwords = [.. passwords];
            return Task.CompletedTask;
        }
    }

    private sealed class AdministratorSession(ScriptedServer server) : IAdministratorSession
    {
        private bool _isClosed;

        public string ServerIdentity => server.SuperuserIdentity ?? server.Identity;

        public Task DemandRotatableAsync(string username, CancellationToken cancellationToken) =>
            username is SuperuserName or "root"
                ? throw new RotatorException(FailureCause.Precondition, $"{username} is reserved")
                : Task.CompletedTask;

        public Task<PairComparison> CompareAsync(UserPair pair, CancellationToken cancellationToken)
        {
            var model = server.Accounts.GetValueOrDefault(pair.Base);
            var twin = server.Accounts.GetValueOrDefault(pair.Twin);
            var (wanted, present) = (model?.Rights ?? [], twin?.Rights ?? []);
            List<RightsChange> changes =
            [
                .. wanted.Except(present).Order().Select(right => new RightsChange(RightsChangeKind.Add, right, $"GRANT {right}")),
                .. present.Except(wanted).Order().Select(right => new RightsChange(RightsChangeKind.Remove, right, $"REVOKE {right}")),
            ];
            return Task.FromResult(new PairComparison(
                model is not null, twin is not null, changes, twin is null ? [$"CREATE {pair.Twin} LOCKED"] : []));
        }

        public Task CreateLockedAsync(UserPair pair, CancellationToken cancellationToken)
        {
            server.Do($"create {pair.Twin}");
            server.Accounts.TryAdd(pair.Twin, new ScriptedAccount { IsLocked = true });
            return Task.CompletedTask;
        }

        public Task ApplyAsync(UserPair pair, IReadOnlyList<RightsChange> changes, CancellationToken cancellationToken)
        {
            foreach (var change in changes)
            {
                server.Do(change.Statement);
                if (change.Kind == RightsChangeKind.Add) server[pair.Twin].Rights.Add(change.Right);
                else server[pair.Twin].Rights.Remove(change.Right);
            }
            return Task.CompletedTask;
        }

        public Task ActivateAsync(string username, Sensitive password, CancellationToken cancellationToken)
        {
            server.Do($"activate {username} {password.RevealText()}");
            server[username].Passwords = [password.RevealText()];
            server[username].IsLocked = false;
            return Task.CompletedTask;
        }

        public IAccountPasswords PasswordsOf(string username) => new AccountPasswords(server, username, by: SuperuserName);

        public Task<PasswordRules> ReadPasswordRulesAsync(string username, CancellationToken cancellationToken) =>
            Task.FromResult(PasswordRules.None);

        public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) =>
            Task.FromResult(otherIdentity == server.Replica);

        public ValueTask DisposeAsync()
        {
            if (!_isClosed) server.Close();
            _isClosed = true;
            return ValueTask.CompletedTask;
        }
    }
}

internal sealed class ScriptedAccount(params string[] passwords)
{
    public HashSet<string> Passwords { get; set; } = [.. passwords];

    public HashSet<string> Rights { get; init; } = [];

    public bool IsLocked { get; set; }
}

/// <summary>What a client finds that asks for TLS.</summary>
public enum ScriptedTls
{
    Trusted,

    /// <summary>A certificate of an unknown authority, or for another name.</summary>
    Refused,

    NotOffered,
}
