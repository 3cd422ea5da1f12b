namespace Rekey.Rotators.SqlServer;

/// <summary>Accounts that belong to the server or to the provider that runs it.</summary>
internal static class SqlServerReserved
{
    private static readonly string[] Names =
        ["sa", "dbo", "guest", "sys", "INFORMATION_SCHEMA", "public", "rdsa", "rdsadmin", "azure_superuser"];

    /// <summary>A renamed <c>sa</c> is not found here, but by its number.</summary>
    public static bool Contains(string username) => username.StartsWith("##", StringComparison.Ordinal)
        || username.Contains('\\') || Names.Contains(username, StringComparer.OrdinalIgnoreCase);
}
