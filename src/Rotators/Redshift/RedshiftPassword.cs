using Npgsql;
using Rekey.Aws;
using Rekey.Rotators.Postgres;

namespace Rekey.Rotators.Redshift;

/// <summary>
/// Setting a password in the form in which the server takes a hash of it, so that the password reaches none of its logs (STL_DDLTEXT). The
/// rules below hold for passwords in clear text; they are kept so that a person can still set the same password by hand.
/// </summary>
internal static class RedshiftPassword
{
    /// <summary>Source: CREATE USER, in the Amazon Redshift Database Developer Guide.</summary>
    public static PasswordRules Rules { get; } = new()
    {
        LengthMin = 8,
        LengthMax = 64,
        LowercaseMin = 1,
        UppercaseMin = 1,
        NumbersMin = 1,
        ForbiddenCharacters = "'\"\\/@ ",
    };

    /// <param name="name">The user.</param>
    /// <param name="stored">Hexadecimal digits, or a mask.</param>
    public static string Statement(string name, string stored) => $"ALTER USER {RedshiftText.Name(name)} PASSWORD '{stored}'";

    /// <summary>Also lets a user log in whose password was disabled.</summary>
    public static async Task SetAsync(
        PostgresConnection connection, DatabaseCredentials credentials, string name, Sensitive wanted, CancellationToken cancellationToken)
    {
        try
        {
            await connection.ExecuteAsync(Statement(name, StoredPassword.Md5(wanted, name)), cancellationToken);
        }
        catch (Exception e) when (e is not RotatorException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (e is not PostgresException refusal) throw PostgresErrors.FromStatement(e, credentials);
            throw RedshiftErrors.Of(refusal, credentials);
        }
    }
}
