using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.MySql;
using Rekey.Rotators.Odbc;

namespace Rekey.Quickstart;

/// <summary>The private MariaDB: a user to rotate, and whether a password logs in.</summary>
internal sealed class MariaDb(int port)
{
    public const string Host = "127.0.0.1";
    public const string Username = "orders";

    private static readonly RotatorOptions Options = new();

    public int Port => port;

    /// <summary>The password reaches the server over the connection: no argument, file or variable ever holds it.</summary>
    public async Task CreateUserAsync(Sensitive password, CancellationToken cancellationToken)
    {
        using var empty = Sensitive.FromText("");
        var text = new MySqlDriver(Options).ConnectionString(Credentials("root", empty), tls: false);
        var connection = await OdbcConnection.OpenAsync(text, cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var statement = new SensitiveText().Append($"CREATE USER '{Username}'@'localhost' IDENTIFIED BY '").Append(password).Append("'");
        await connection.ExecuteAsync(statement, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Null when MariaDB lets the password in, else its refusal. Any other failure is thrown.</summary>
    public async Task<RotatorException?> RefusalOfAsync(Sensitive password, CancellationToken cancellationToken)
    {
        var credentials = Credentials(Username, password);
        var login = RotatorCatalogue.Find(Proof.FunctionName)!.Create(Options, TimeProvider.System);
        try
        {
            await login.TestSecretAsync(new RotationRequest { Current = credentials, Pending = credentials }, cancellationToken)
                .ConfigureAwait(false);
            return null;
        }
        catch (RotatorException refusal) when (refusal.Cause == FailureCause.Auth)
        {
            return refusal;
        }
    }

    private DatabaseCredentials Credentials(string username, Sensitive password) => new()
    {
        Engine = "mariadb",
        Host = Host,
        Port = port,
        Username = username,
        Password = password,
        Tls = TlsMode.Plaintext,
    };
}
