using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Strategies;

namespace Rekey.Server.Tests.Rotators;

/// <summary>A database server of one account in memory, that keeps a list of what was done to it and fails where it is told to.</summary>
internal sealed class ScriptedLogin(string password) : IDatabaseLogin
{
    public string Password { get; private set; } = password;
    public List<string> Done { get; } = [];
    public int Refused { get; private set; }
    public int OpenSessions { get; private set; }

    /// <summary>Throws instead of changing, when it returns an exception; called with the number of the change, from 1.</summary>
    public Func<int, RotatorException?> OnChange { get; set; } = _ => null;

    /// <summary>What a login sees as the password; called with the number of the login, from 1. Null: the server accepts any.</summary>
    public Func<int, string?>? PasswordSeen { get; set; }

    /// <summary>Throws before a login, when it returns an exception.</summary>
    public Func<int, RotatorException?> OnLogin { get; set; } = _ => null;

    /// <summary>The server that answers a login.</summary>
    public Func<int, string> Server { get; set; } = _ => "one";

    private int _logins;
    private int _changes;

    public Task<IAccountSession> LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        var login = ++_logins;
        if (OnLogin(login) is { } failure) throw failure;
        var wanted = PasswordSeen is null ? Password : PasswordSeen(login);
        var given = credentials.Password.RevealText();
        if (wanted is not null && wanted != given)
        {
            Refused++;
            Done.Add($"refused {given}");
            throw new RotatorException(FailureCause.Auth, "access denied", "28000", "1045");
        }
        Done.Add($"login {given}");
        OpenSessions++;
        return Task.FromResult<IAccountSession>(new ScriptedSession(this, Server(login)));
    }

    public IAsyncEnumerable<HopResult> DiagnoseAsync(DatabaseCredentials current, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    private sealed class ScriptedSession(ScriptedLogin login, string server) : IAccountSession
    {
        public string ServerIdentity => server;

        public IAccountPasswords Passwords => new OnePassword(ChangeAsync, "change ***");

        public Task<PasswordRules> ReadPasswordRulesAsync(CancellationToken cancellationToken) => Task.FromResult(PasswordRules.None);

        public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) => Task.FromResult(false);

        private Task ChangeAsync(Sensitive? present, Sensitive wanted, CancellationToken cancellationToken)
        {
            var failure = login.OnChange(++login._changes);
            login.Done.Add($"change {wanted.RevealText()}{(failure is null ? "" : " fails")}");
            if (failure is not null) throw failure;
            login.Password = wanted.RevealText();
            return Task.CompletedTask;
        }

        public Task ProbeAsync(CancellationToken cancellationToken)
        {
            login.Done.Add("probe");
            return Task.CompletedTask;
        }

        private bool _isClosed;

        public ValueTask DisposeAsync()
        {
            if (!_isClosed) login.OpenSessions--;
            _isClosed = true;
            return ValueTask.CompletedTask;
        }
    }
}
