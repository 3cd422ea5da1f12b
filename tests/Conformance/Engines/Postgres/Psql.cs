using System.Diagnostics;

namespace Rekey.Conformance.Engines.Postgres;

/// <summary>PostgreSQL's own client, which prepares passwords with its own Unicode tables.</summary>
internal static class Psql
{
    public static async Task<bool> LogsInAsync(PrivatePostgres server, string user, string password, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("psql") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments = ["-h", PrivatePostgres.Host, "-p", $"{server.Port}", "-U", user, "-d", "postgres", "-Atc", "SELECT 1"];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["PGPASSWORD"] = password;
        start.Environment["PGSSLMODE"] = "disable";
        using var psql = Process.Start(start)!;
        var output = psql.StandardOutput.ReadToEndAsync(cancellationToken);
        var complaint = psql.StandardError.ReadToEndAsync(cancellationToken);
        await psql.WaitForExitAsync(cancellationToken);
        if (psql.ExitCode == 0) return (await output).Trim() == "1";
        return (await complaint).Contains("password authentication failed", StringComparison.Ordinal)
            ? false
            : throw new InvalidOperationException(await complaint);
    }
}
