using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Rekey.Benchmarks.Load;
using Rekey.Server;
using Rekey.Server.Identity;
using Rekey.Server.Kms;
using Rekey.Server.Protocols;
using Rekey.Server.Schedules;
using Rekey.Server.SecretsManager;
using Rekey.Server.Settings;
using Rekey.Server.Storage;

namespace Rekey.Benchmarks.Micro;

/// <summary>The hot paths one by one, in this process, against their allocation budgets.</summary>
internal static class MicroBenchmark
{
    private const string Account = "123456789012";

    /// <summary>Returns true when every budget is kept.</summary>
    public static async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine(Machine.Describe());
        var directory = Directory.CreateTempSubdirectory("rekey-benchmark-");
        try
        {
            await using var app = ServerHost.Build(Configuration(directory.FullName));
            await app.StartAsync(cancellationToken);
            Measurement[] measurements =
            [
                SignatureCheck(app), await EnvelopeOpenAsync(app, cancellationToken), LabelMove(), NextWindow(), GetSecretValue(app),
            ];
            await app.StopAsync(cancellationToken);
            return Budgets.Check(measurements);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static IConfigurationRoot Configuration(string directory) => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?>
        {
            [StorageOptions.DataDirectoryKey] = directory,
            [ServerOptions.UrlsKey] = "http://127.0.0.1:0",
            [$"{ServerOptions.Section}:{nameof(ServerOptions.LogLevel)}"] = nameof(LogLevel.Error),
            [$"{ServerOptions.Section}:{nameof(ServerOptions.RootAccessKeyId)}"] = BenchmarkSecrets.AccessKeyId,
            [$"{ServerOptions.Section}:{nameof(ServerOptions.RootSecretAccessKey)}"] = BenchmarkSecrets.SecretAccessKey,
        })
        .Build();

    private static Measurement SignatureCheck(WebApplication app)
    {
        var authenticator = app.Services.GetRequiredService<SigV4Authenticator>();
        var request = new PreparedRequest(Requests(app).Get($"arn:aws:secretsmanager:us-east-1:{Account}:secret:none-AbCdEf"));
        return Measurement.Of(nameof(SignatureCheck), () =>
        {
            if (!authenticator.Authenticate(request.Http.Request, request.Body.Span).IsAuthenticated)
                throw new InvalidDataException("The signature is refused.");
        });
    }

    private static async Task<Measurement> EnvelopeOpenAsync(WebApplication app, CancellationToken cancellationToken)
    {
        const string Secret = $"arn:aws:secretsmanager:us-east-1:{Account}:secret:bench-AbCdEf";
        const string Version = "00000000-0000-4000-8000-000000000001";
        var cipher = app.Services.GetRequiredService<EnvelopeCipher>();
        var keys = app.Services.GetRequiredService<KmsKeyStore>();
        var now = TimeProvider.System.GetUtcNow();
        var key = await app.Services.GetRequiredService<IDatabase>().WriteAsync(
            session => keys.EnsureDefaultKey(session, Account, BenchmarkSecrets.Region, now), cancellationToken);
        var blob = cipher.Seal(key, Secret, Version, Encoding.UTF8.GetBytes(BenchmarkSecrets.Value(1)));
        return Measurement.Of("EnvelopeOpen", () => cipher.Open(Secret, Version, blob).Dispose());
    }

    private static Measurement LabelMove()
    {
        var first = StagingLabels.Empty.Put("00000000-0000-4000-8000-000000000001", requested: null);
        var before = first.Put("00000000-0000-4000-8000-000000000002", requested: null);
        return Measurement.Of(nameof(LabelMove), () =>
        {
            if (before.Put("00000000-0000-4000-8000-000000000003", requested: null).Count != 2)
                throw new InvalidDataException("A label is lost.");
        });
    }

    private static Measurement NextWindow()
    {
        var rules = RotationScheduleRules.Parse(null, "cron(0 16 1,15 * ? *)", "2h")!;
        var moment = new DateTimeOffset(2025, 9, 2, 0, 0, 0, TimeSpan.Zero);
        return Measurement.Of(nameof(NextWindow), () =>
        {
            if (rules.NextWindow(moment, moment) is null) throw new InvalidDataException("There is no next window.");
        });
    }

    private static Measurement GetSecretValue(WebApplication app)
    {
        const int Secret = 1;
        var door = app.Services.GetRequiredService<FrontDoor>();
        var requests = Requests(app);
        new PreparedRequest(requests.Create(Secret)).Handle(door.HandleAsync);
        var request = new PreparedRequest(requests.Get(BenchmarkSecrets.Name(Secret)));
        return Measurement.Of(nameof(GetSecretValue), () =>
        {
            var answer = request.Handle(door.HandleAsync);
            if (!BenchmarkSecrets.IsValueOf(Secret, answer)) throw new InvalidDataException("Not the secret's value.");
        });
    }

    private static BenchmarkSecrets Requests(WebApplication app) => new(new Uri(app.Urls.Single()));
}
