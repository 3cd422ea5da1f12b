namespace Rekey.Rotators.Strategies;

/// <summary>
/// Who changes the password of one account in this attempt: the superuser where one is bound, else the account itself.
/// </summary>
internal sealed class AccountAccess : IAsyncDisposable
{
    private readonly IAdministratorSession? _administrator;
    private bool _isReleased;

    private AccountAccess(AccountLogin? login, IAdministratorSession? administrator, string username)
    {
        Login = login;
        _administrator = administrator;
        Passwords = administrator?.PasswordsOf(username) ?? login!.Session.Passwords;
    }

    /// <summary>The account's own session; null when no stored password logged in and the superuser acts alone.</summary>
    public AccountLogin? Login { get; }

    public IAccountPasswords Passwords { get; }

    public string ServerIdentity => Login?.Session.ServerIdentity ?? _administrator!.ServerIdentity;

    /// <summary>Whether the change keeps the old password beside the new one; see <see cref="DecideOverlapAsync"/>.</summary>
    public bool Overlaps { get; private set; }

    public List<string> Notices { get; } = [];

    /// <summary>Takes over the login, and ends it when this fails.</summary>
    public static async Task<AccountAccess> OpenAsync(
        IDatabaseAdministration? administration, RotationSubject subject, AccountLogin? login, CancellationToken cancellationToken)
    {
        try
        {
            login?.Session.Heed(subject.Settings);
            var administrator = administration is null
                ? null
                : await Superuser.LogInAsync(administration, subject, login?.Session, cancellationToken);
            return new AccountAccess(login, administrator, subject.Current.Username);
        }
        catch
        {
            if (login is not null) await login.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Finds out whether two passwords are possible here. <see cref="FailureCause.Precondition"/> when they must be and are not.
    /// </summary>
    public async Task DecideOverlapAsync(OverlapMode mode, CancellationToken cancellationToken)
    {
        Overlaps = mode != OverlapMode.Off && await Passwords.CanOverlapAsync(cancellationToken);
        if (mode == OverlapMode.Require && !Overlaps)
        {
            throw Failures.Precondition(
                "The account cannot have two passwords here (engine, version or privileges), and overlap is set to require");
        }
    }

    /// <summary>False once the session that could change the password again was released.</summary>
    public bool MayChange => _administrator is not null || !_isReleased;

    /// <summary>Ends the account's own session early: it may have but one connection.</summary>
    public async Task ReleaseLoginAsync()
    {
        if (Login is null || _isReleased) return;
        _isReleased = true;
        await Login.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await ReleaseLoginAsync();
        if (_administrator is not null) await _administrator.DisposeAsync();
    }
}
