using Rekey.Aws;

namespace Rekey.Rotators.Strategies;

/// <summary>The passwords of an account where the engine keeps one.</summary>
/// <param name="replace">Sets the password: the present one or null, the wanted one.</param>
/// <param name="statement">What it sends, with a mask in the password's place.</param>
internal sealed class OnePassword(Func<Sensitive?, Sensitive, CancellationToken, Task> replace, string statement) : IAccountPasswords
{
    public Task<bool> CanOverlapAsync(CancellationToken cancellationToken) => Task.FromResult(false);

    public Task ReplaceAsync(Sensitive? present, Sensitive wanted, CancellationToken cancellationToken) =>
        replace(present, wanted, cancellationToken);

    public Task AddAsync(Sensitive kept, Sensitive wanted, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("This engine keeps one password per account.");

    /// <summary>Nothing: what was replaced is gone.</summary>
    public Task RetireAsync(Sensitive kept, CancellationToken cancellationToken) => Task.CompletedTask;

    public IReadOnlyList<string> Statements(PasswordChange change) => change == PasswordChange.Replace ? [statement] : [];
}
