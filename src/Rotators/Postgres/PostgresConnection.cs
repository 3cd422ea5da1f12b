using Npgsql;

namespace Rekey.Rotators.Postgres;

/// <summary>How the server made the client show that it knows the password.</summary>
internal enum PasswordExchange
{
    /// <summary>It did not ask (trust, peer, certificate): the login proves nothing about the password.</summary>
    None,
    Scram,
    Md5,

    /// <summary>The password itself went over the connection; what the server checked it against (a directory, PAM) is not known.</summary>
    Cleartext,
}

/// <summary>How far a login has come.</summary>
internal enum LoginProgress
{
    Begun,

    /// <summary>The server speaks TLS, and shows its certificate.</summary>
    TlsBegun,
    PasswordAsked,
}

/// <summary>One physical connection, logged in once with just the credentials given, and never pooled.</summary>
internal sealed class PostgresConnection : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _connection;

    private PostgresConnection(NpgsqlDataSource source, NpgsqlConnection connection, PasswordExchange exchange, bool isEncrypted)
    {
        _source = source;
        _connection = connection;
        Exchange = exchange;
        IsEncrypted = isEncrypted;
    }

    public PasswordExchange Exchange { get; }

    public bool IsEncrypted { get; }

    /// <summary>
    /// Logs in. The driver accepts one kind of exchange at a time, because it does not tell which one took place; on a kind it may not
    /// use it hangs up before the password is touched, so the server sees no refused login.
    /// </summary>
    public static async Task<PostgresConnection> OpenAsync(
        DatabaseCredentials credentials, RotatorOptions options, CancellationToken cancellationToken)
    {
        var encrypted = await TlsProbe.IsWantedAsync(credentials, options, cancellationToken);
        foreach (var exchange in (PasswordExchange[])[PasswordExchange.Scram, PasswordExchange.Md5, PasswordExchange.Cleartext])
        {
            var attempt = new Attempt(credentials, options, exchange, encrypted);
            if (await attempt.OpenAsync(cancellationToken) is { } connection) return connection;
        }
        throw new RotatorException(FailureCause.Precondition,
            "The server wants another proof of this user than a password (GSSAPI or SSPI). Give it a password method in pg_hba.conf.");
    }

    /// <summary>Runs statements, separated by semicolons, in one round trip.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Gives a setting a value until the transaction ends. The value is sent apart from the statement.</summary>
    public async Task SetLocalAsync(string name, string value, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_catalog.set_config($1, $2, true)", _connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<T> QueryRowAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (await reader.ReadAsync(cancellationToken)) return read(reader);
        throw new RotatorException(FailureCause.Other, "The server answered without a row.");
    }

    /// <summary>All rows of a query.</summary>
    /// <param name="sql">With $1, $2, ... in the places of <paramref name="values"/>.</param>
    /// <param name="values">Sent apart from the statement, as texts.</param>
    /// <param name="read">Makes an item of the row the reader is at.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<List<T>> QueryAsync<T>(
        string sql, IReadOnlyList<string> values, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value });
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) rows.Add(read(reader));
        return rows;
    }

    /// <summary>
    /// Reads in a transaction in which names and operators are the server's own: whoever owns the database sets its search path, and makes
    /// the operators that this session, perhaps a superuser's, would find there.
    /// </summary>
    public async Task<T> ReadAsync<T>(Func<PostgresConnection, Task<T>> read, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            "BEGIN READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL search_path = pg_catalog, pg_temp",
            cancellationToken);
        try
        {
            return await read(this);
        }
        finally
        {
            await EndAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _source.DisposeAsync();
    }

    private async Task EndAsync()
    {
        try
        {
            await ExecuteAsync("ROLLBACK", CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is gone, and with it the transaction.
        }
    }

    private sealed class Attempt(DatabaseCredentials credentials, RotatorOptions options, PasswordExchange exchange, bool encrypted)
    {
        private LoginProgress _progress;

        /// <summary>Null when the server wants another kind of exchange.</summary>
        public async Task<PostgresConnection?> OpenAsync(CancellationToken cancellationToken)
        {
            var source = Build();
            try
            {
                var connection = await source.OpenConnectionAsync(cancellationToken);
                var seen = _progress == LoginProgress.PasswordAsked ? exchange : PasswordExchange.None;
                return new PostgresConnection(source, connection, seen, encrypted);
            }
            catch (NpgsqlException e) when (IsOtherExchange(e))
            {
                await source.DisposeAsync();
                return null;
            }
            catch (Exception e)
            {
                await source.DisposeAsync();
                cancellationToken.ThrowIfCancellationRequested();
                var failure = PostgresErrors.FromLogin(e, credentials, encrypted, _progress);
                if (failure.Cause != FailureCause.Tls || _progress != LoginProgress.TlsBegun) throw failure;
                throw await TlsProbe.ExplainAsync(failure, credentials, options, cancellationToken);
            }
        }

        /// <summary>The driver's own refusal: no answer of the server, no broken connection, no password asked, TLS behind it.</summary>
        private bool IsOtherExchange(NpgsqlException e) =>
            e is not PostgresException && e.InnerException is null
            && _progress == (encrypted ? LoginProgress.TlsBegun : LoginProgress.Begun);

        private NpgsqlDataSource Build()
        {
            var isRedshift = DatabaseEngine.Redshift.Accepts(credentials.Engine);
            var settings = new NpgsqlConnectionStringBuilder
            {
                Host = HostName.Demand(credentials.Host),
                Port = credentials.Port,
                Database = credentials.DatabaseName ?? (isRedshift ? DatabaseEngine.Redshift : DatabaseEngine.Postgres).DefaultDatabase,
                Username = credentials.Username,
                ApplicationName = "rekey",
                Pooling = false,
                Enlist = false,
                Timeout = Seconds(options.ConnectTimeout),
                CommandTimeout = Seconds(options.CommandTimeout),
                CancellationTimeout = 1000,
                SslMode = encrypted ? SslMode.VerifyFull : SslMode.Disable,
                GssEncryptionMode = GssEncryptionMode.Disable,
                ChannelBinding = ChannelBinding.Prefer,
                RequireAuth = exchange switch
                {
                    PasswordExchange.Scram => "ScramSHA256,None",
                    PasswordExchange.Md5 => "MD5,None",
                    _ => "Password,None",
                },
            };
            // A data source of our own: connections opened by string leave that string behind in the driver's list of pools.
            var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
            builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
            builder.ConfigureTracing(tracing => tracing.ConfigureCommandFilter(_ => false));
            builder.UsePasswordProvider(_ => AskForPassword(), (_, _) => new ValueTask<string>(AskForPassword()));
            if (encrypted)
            {
                builder.UseSslClientAuthenticationOptionsCallback(_ => _progress = LoginProgress.TlsBegun);
                if (options.CaFile is { } path) builder.UseRootCertificates(CertificateAuthorities.Load(path));
            }
            return builder.Build();
        }

        private string AskForPassword()
        {
            _progress = LoginProgress.PasswordAsked;
            return credentials.Password.RevealText();
        }

        private static int Seconds(TimeSpan time) => Math.Max(1, (int)Math.Ceiling(time.TotalSeconds));
    }
}
