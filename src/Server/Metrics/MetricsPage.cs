using System.Diagnostics;
using System.Reflection;
using Microsoft.Extensions.Options;
using Rekey.Server.Observability;
using Rekey.Server.Rotation.Status;
using Rekey.Server.Storage;
using Rekey.Server.Webhooks;

namespace Rekey.Server.Metrics;

/// <summary>
/// All metrics as of now. What is counted is this process's, since its start; what is stored is the same on every node of a store.
/// </summary>
internal sealed class MetricsPage(
    IDatabase database, RotationMetrics rotations, WebhookDelivery webhooks, IOptions<MetricsOptions> options, TimeProvider time)
{
    private const int SecretsPerRead = 100;

    public string Write()
    {
        var text = new PrometheusText();
        WriteProcess(text);
        rotations.Write(text);
        webhooks.Deliveries.Write(text);
        database.Read(session =>
        {
            WriteStored(text, session);
            WriteSecrets(text, session);
            return true;
        });
        return text.ToString();
    }

    private static void WriteProcess(PrometheusText text)
    {
        var version = typeof(MetricsPage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        text.Family("rekey_build_info", "gauge", "The version that runs; always 1.");
        text.Sample("rekey_build_info", 1, ("version", version));

        using var process = Process.GetCurrentProcess();
        var started = new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0;
        text.Single("process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.", started);
        text.Single("process_cpu_seconds_total", "counter", "Processor time used.", process.TotalProcessorTime.TotalSeconds);
        text.Single("process_resident_memory_bytes", "gauge", "Resident memory.", process.WorkingSet64);
        text.Single("process_open_fds", "gauge", "Open file descriptors.", Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
        text.Single("process_num_threads", "gauge", "Threads of the operating system.", process.Threads.Count);
        text.Single("dotnet_gc_heap_bytes", "gauge", "Managed memory in use.", GC.GetTotalMemory(forceFullCollection: false));
    }

    private static void WriteStored(PrometheusText text, Session session)
    {
        text.Family("rekey_rotations_in_progress", "gauge", "Rotations that have begun and not ended; Parked: for someone to act.");
        foreach (var (state, count) in session.Query(
            "SELECT state, COUNT(*) FROM rotations GROUP BY state ORDER BY state", row => (row.Text(0), row.Number(1))))
        {
            text.Sample("rekey_rotations_in_progress", count, ("state", state));
        }
        text.Family("rekey_webhook_outbox", "gauge", "Events that wait to be delivered, by webhook.");
        foreach (var (endpoint, waiting) in WebhookOutbox.CountWaiting(session))
            text.Sample("rekey_webhook_outbox", waiting, ("webhook", endpoint));
    }

    /// <summary>A family's samples must stand together, so they are gathered first.</summary>
    private void WriteSecrets(PrometheusText text, Session session)
    {
        var now = time.GetUtcNow();
        var problems = Enum.GetValues<RotationProblem>().ToDictionary(problem => problem, _ => 0L);
        var shown = new List<RotationStatus>();
        long count = 0;
        for (var after = ""; count < Limits.MetricsSecretsSeen;)
        {
            var page = RotationStatus.PageOfAll(session, after, SecretsPerRead);
            foreach (var secret in page)
            {
                var status = RotationStatus.Of(session, secret, now);
                foreach (var problem in status.Problems) problems[problem]++;
                if (count++ < options.Value.SecretsMax) shown.Add(status);
            }
            if (page.Count < SecretsPerRead) break;
            after = page[^1].Arn;
        }

        text.Single("rekey_secrets_rotating", "gauge", "Secrets whose rotation is on.", count);
        text.Family("rekey_secrets_with_problem", "gauge", "Those among them that need attention, by why.");
        foreach (var (problem, number) in problems) text.Sample("rekey_secrets_with_problem", number, ("problem", problem.ToString()));
        text.Family("rekey_secret_seconds_since_rotation", "gauge", "Time since the secret's last rotation that succeeded.");
        foreach (var status in shown)
        {
            if (status.Secret.LastRotatedDate is { } last)
                text.Sample("rekey_secret_seconds_since_rotation", (now - last).TotalSeconds, ("secret_arn", status.Secret.Arn));
        }
        WriteProblem(text, shown, "rekey_secret_overdue", "1 when a window passed without a rotation.", RotationProblem.Overdue);
        WriteProblem(text, shown, "rekey_secret_drifted", "1 when the users of the pair differ in their rights.", RotationProblem.Drifted);
        WriteProblem(
            text, shown, "rekey_secret_upkeep_failing", "1 when what is done between rotations failed last, as a heartbeat.",
            RotationProblem.UpkeepFailing);
    }

    private static void WriteProblem(
        PrometheusText text, List<RotationStatus> shown, string name, string help, RotationProblem problem)
    {
        text.Family(name, "gauge", help);
        foreach (var status in shown)
            text.Sample(name, status.Problems.Contains(problem) ? 1 : 0, ("secret_arn", status.Secret.Arn));
    }
}
