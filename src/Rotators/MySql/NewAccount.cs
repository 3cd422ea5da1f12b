using System.Security.Cryptography;
using Rekey.Aws;
using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.MySql;

/// <summary>Makes accounts that nobody can log in to: locked, and with a password that was thrown away.</summary>
internal static class NewAccount
{
    /// <summary>Characters of each of the four types: more than any password rule asks for.</summary>
    private const int CharactersOfEachType = 16;

    private static readonly string[] Types = ["abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "!#%+,-.:=?_~"];

    /// <summary>What is sent, with a mask in the password's place.</summary>
    public static string Statement(MySqlServer server, string account, string plugin) => server switch
    {
        { LacksAlterUser: true } => $"CREATE USER {account} IDENTIFIED BY '***'",
        { IsMariaDb: true } => $"CREATE USER {account} IDENTIFIED VIA {MySqlText.Name(plugin)} USING PASSWORD('***')" + Lock(server),
        _ => $"CREATE USER {account} IDENTIFIED WITH {MySqlText.Literal(plugin)} BY '***'" + Lock(server),
    };

    /// <summary>An account that was made meanwhile is left as it is.</summary>
    public static async Task CreateAsync(MySqlSession session, string account, string plugin, CancellationToken cancellationToken)
    {
        using var unknown = RandomPassword();
        var statement = new SensitiveText();
        var (before, after) = Statement(session.Server, account, plugin).Split("'***'") is [var head, var tail] ? (head, tail) : ("", "");
        statement.Append(before);
        PasswordStatement.AppendLiteral(statement, unknown);
        statement.Append(after);
        await session.TryExecuteAsync(statement, [MySqlErrors.AccountExists], cancellationToken);
    }

    private static string Lock(MySqlServer server) => server.CanLockAccounts ? " ACCOUNT LOCK" : "";

    private static Sensitive RandomPassword()
    {
        var bytes = new byte[Types.Length * CharactersOfEachType];
        for (var i = 0; i < bytes.Length; i++)
        {
            var type = Types[i % Types.Length];
            bytes[i] = (byte)type[RandomNumberGenerator.GetInt32(type.Length)];
        }
        RandomNumberGenerator.Shuffle(bytes.AsSpan());
        return new Sensitive(bytes);
    }
}
