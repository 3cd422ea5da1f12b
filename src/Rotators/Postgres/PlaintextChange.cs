using Npgsql;
using Rekey.Aws;

namespace Rekey.Rotators.Postgres;

/// <summary>
/// The way out where a password rule of the server refuses verifiers because it wants to see the password, and where the secret's settings
/// ask for it. The password travels as the
/// value of a setting and is put into the statement inside the server, in a block whose errors are raised anew: so neither a logged
/// statement nor the context of an error shows it. What else could write it down is switched off for the transaction; where that is not
/// allowed, nothing is sent.
/// </summary>
internal static class PlaintextChange
{
    private const string Setting = "rekey.new_password";
    private const string Clause = "rekey.alter_role";

    private const string Quieten =
        """
        DO $quieten$ DECLARE one record; BEGIN
          FOR one IN SELECT s.name, quiet.value FROM pg_catalog.pg_settings s JOIN (VALUES
              ('log_statement', 'none'), ('log_min_duration_statement', '-1'), ('log_min_duration_sample', '-1'),
              ('log_transaction_sample_rate', '0'), ('log_parameter_max_length', '0'), ('log_parameter_max_length_on_error', '0'),
              ('auto_explain.log_min_duration', '-1'), ('pg_stat_statements.track', 'none'), ('pgaudit.log', 'none'),
              ('log_min_error_statement', 'panic'),
              ('debug_print_parse', 'off'), ('debug_print_rewritten', 'off'), ('debug_print_plan', 'off')
            ) AS quiet(name, value) ON quiet.name = s.name AND quiet.value <> s.setting
          LOOP
            BEGIN PERFORM pg_catalog.set_config(one.name, one.value, true); EXCEPTION WHEN insufficient_privilege THEN NULL; END;
          END LOOP;
        END $quieten$
        """;

    /// <summary>Settings, still in force, under which the server writes the values of parameters or statements inside of blocks.</summary>
    private const string Loud =
        """
        SELECT pg_catalog.string_agg(name || ' = ' || setting, ', ') FROM pg_catalog.pg_settings
        WHERE (name = 'log_statement' AND setting = 'all')
           OR (name IN ('log_min_duration_statement', 'log_min_duration_sample', 'auto_explain.log_min_duration') AND setting <> '-1')
           OR (name = 'log_transaction_sample_rate' AND setting <> '0')
           OR (name = 'log_parameter_max_length_on_error' AND setting <> '0')
           OR (name = 'pg_stat_statements.track' AND setting = 'all')
           OR (name = 'pgaudit.log' AND setting NOT IN ('', 'none'))
           OR (name LIKE 'debug\_print\_%' AND name <> 'debug_pretty_print' AND setting = 'on')
        """;

    /// <summary>Names reach the block as a value, too: in its text one could hold the end of the block's own quotes.</summary>
    private const string Alter =
        $"""
        DO $alter$ BEGIN
          EXECUTE pg_catalog.format('%s PASSWORD %L', pg_catalog.current_setting('{Clause}'), pg_catalog.current_setting('{Setting}'));
        EXCEPTION WHEN OTHERS THEN
          RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM;
        END $alter$
        """;

    /// <summary>
    /// Over TLS; else only if the operator chose plaintext and the server has proved, by SCRAM, that it is the one that knows the password.
    /// </summary>
    public static bool IsFit(PostgresConnection connection, DatabaseCredentials credentials) =>
        connection.IsEncrypted || (credentials.Tls == TlsMode.Plaintext && connection.Exchange == PasswordExchange.Scram);

    /// <summary>Refuses, before anything is sent, a connection that is not fit.</summary>
    public static void DemandFit(bool isFit)
    {
        if (isFit) return;
        throw new RotatorException(FailureCause.Precondition,
            "The secret's setting verifier is plain, and the connection has neither TLS nor the server's proof that it knows the present "
                + "password (SCRAM). Use TLS, or set verifier to auto.");
    }

    /// <summary>Switches off, until the transaction ends, what would write statements down, as far as the session may.</summary>
    public static Task QuietenAsync(PostgresConnection connection, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Quieten, cancellationToken);

    /// <summary>Runs inside the caller's transaction. Policy when the server would keep the password in its log.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="role">ALTER ROLE with the quoted role and further options: what precedes PASSWORD.</param>
    /// <param name="wanted">The password.</param>
    /// <param name="asMd5">In what form the server is to keep it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task RunAsync(
        PostgresConnection connection, string role, Sensitive wanted, bool asMd5, CancellationToken cancellationToken)
    {
        await QuietenAsync(connection, cancellationToken);
        if (await connection.QueryRowAsync(Loud, row => row.IsDBNull(0) ? null : row.GetString(0), cancellationToken) is { } loud)
        {
            throw new RotatorException(FailureCause.Policy,
                "The server's password rules, or the secret's setting verifier, want the password itself to be sent, and the server's " +
                $"log would keep it ({loud}). Let verifiers be sent, or have those settings changed.");
        }
        await connection.SetLocalAsync("password_encryption", asMd5 ? "md5" : "scram-sha-256", cancellationToken);
        await connection.SetLocalAsync(Setting, wanted.RevealText(), cancellationToken);
        await connection.SetLocalAsync(Clause, role, cancellationToken);
        await connection.ExecuteAsync(Alter, cancellationToken);
    }
}
