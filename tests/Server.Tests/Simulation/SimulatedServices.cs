using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Rotators;
using Rekey.Server.Kms;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Native;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Tests.Simulation;

/// <summary>The product's own services around a simulated store, clock and engine.</summary>
internal static class SimulatedServices
{
    public static ServiceProvider Build(Simulation simulation, SimulatedNode node, IDatabase database, TimeProvider time)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton<ILoggerFactory>(simulation.LoggerFactory);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddRotation();
        services.AddSingleton(Options.Create(simulation.Options));
        services.AddSingleton(Options.Create(new QuotaOptions()));
        services.AddSingleton(time);
        services.AddSingleton(database);
        services.AddSingleton(simulation.Keys);
        services.AddSingleton(simulation.Cipher);
        services.AddSingleton<VersionLimits>().AddSingleton<SecretValues>().AddSingleton<ManualChange>().AddSingleton<SecretPurge>();
        services.AddSingleton<RotateSecret>().AddSingleton<CancelRotateSecret>().AddSingleton<PutSecretValue>();
        services.AddSingleton<UpdateSecretVersionStage>().AddSingleton<DeleteSecret>().AddSingleton<RestoreSecret>();
        services.AddSingleton<IReadOnlyCollection<RotatorTemplate>>(Templates(simulation, node));
        services.AddSingleton<NativeTarget>();
        services.AddSingleton<IRotationTarget>(provider => new WatchedTarget(
            simulation.Setup.Target(provider.GetRequiredService<NativeTarget>(), node), simulation));
        return services.BuildServiceProvider();
    }

    private static List<RotatorTemplate> Templates(Simulation simulation, SimulatedNode node)
    {
        List<RotatorTemplate> templates =
        [
            new(SimulatedSecret.FunctionName(Mode.Alternating, OverlapKind.None), SimulatedEngine.Kind, (_, time) =>
                simulation.Setup.AlternatingUsers(simulation, new SimulatedEngine(simulation, node, OverlapKind.None), time)),
        ];
        foreach (var overlap in Enum.GetValues<OverlapKind>())
        {
            templates.Add(new(SimulatedSecret.FunctionName(Mode.Single, overlap), SimulatedEngine.Kind, (_, time) =>
                simulation.Setup.SingleUser(new SimulatedEngine(simulation, node, overlap), time)));
        }
        return templates;
    }
}
