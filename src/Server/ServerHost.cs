using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Aws;
using Rekey.Server.Audit;
using Rekey.Server.Extensions;
using Rekey.Server.Identity;
using Rekey.Server.Metrics;
using Rekey.Server.Observability;
using Rekey.Server.Protocols;
using Rekey.Server.Replication;
using Rekey.Server.Rotation;
using Rekey.Server.SecretsManager;
using Rekey.Server.Settings;
using Rekey.Server.Storage;
using Rekey.Server.Sts;
using Rekey.Server.Throttling;
using Rekey.Server.Webhooks;

namespace Rekey.Server;

/// <summary>Puts the server together: settings, services, one pipeline. Table of contents of the program.</summary>
internal static class ServerHost
{
    /// <summary>
    /// A server that is ready to be run. <paramref name="replace"/> lets tests put a clock or a log sink in place of the real ones.
    /// </summary>
    /// <exception cref="SettingsException">The configuration has faults: all of them are in it.</exception>
    public static WebApplication Build(IConfiguration configuration, Action<IServiceCollection>? replace = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Rekey.Server" });
        builder.Configuration.AddConfiguration(configuration);
        AddServices(builder.Services);
        SettingsCheck.Demand(configuration, SectionsOf(builder.Services));
        var options = configuration.GetSection(ServerOptions.Section).Get<ServerOptions>() ?? new ServerOptions();
        AddLogging(builder.Logging, options.LogLevel);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(ConfigureKestrel).UseUrls(options.Urls.Split(';'));
        replace?.Invoke(builder.Services);
        var app = builder.Build();
        AddPipeline(app);
        return app;
    }

    private static void AddServices(IServiceCollection services)
    {
        services.AddSettings<ServerOptions>(ServerOptions.Section);
        services.AddSettings<RegionOptions>(RegionOptions.Section);
        services.AddSingleton<ServedRegions>();
        services.AddSingleton(TimeProvider.System);
        services.AddStorage();
        services.AddAudit();
        services.AddIdentity();
        services.AddSecretsManager();
        services.AddWebhooks();
        services.AddRotation();
        services.AddReplication();
        services.AddSts();
        services.AddRekeyService();
        services.AddRotationMetrics();
        services.AddThrottling();
        services.AddSingleton<OperationTable>();
        services.AddSingleton<FrontDoor>();
        services.AddSingleton<HealthEndpoints>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = Limits.ShutdownTimeout);
        services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);
    }

    /// <summary>One raw middleware: the pipeline is built when the server starts, after everything below it has started.</summary>
    private static void AddPipeline(IApplicationBuilder app) => app.Use(_ =>
    {
        var health = app.ApplicationServices.GetRequiredService<HealthEndpoints>();
        var door = app.ApplicationServices.GetRequiredService<FrontDoor>();
        return http => HealthEndpoints.Serves(http.Request) ? health.HandleAsync(http) : door.HandleAsync(http);
    });

    // Internal: the load benchmark sets its yardstick up alike.
    internal static void ConfigureKestrel(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
        kestrel.Limits.MaxRequestBodySize = null; // the front door bounds it, with AWS's answer
        kestrel.Limits.MaxRequestHeadersTotalSize = Limits.RequestHeaderBytesMax;
        kestrel.Limits.MaxRequestHeaderCount = Limits.RequestHeadersMax;
        kestrel.Limits.MaxRequestLineSize = Limits.RequestLineBytesMax;
        kestrel.Limits.RequestHeadersTimeout = Limits.RequestHeadersTimeout;
    }

    /// <summary>JSON lines. The frameworks' own messages may quote requests below Warning: the level does not reach them.</summary>
    private static void AddLogging(ILoggingBuilder logging, LogLevel level)
    {
        logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Rekey", level);
        // Says nothing from Warning on, yet while it may speak the host makes an Activity and a log scope for every request.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        logging.AddJsonConsole(console =>
        {
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
        });
    }

    private static SettingsSection[] SectionsOf(IServiceCollection services) =>
    [
        .. services.Where(service => service.ServiceType == typeof(SettingsSection))
            .Select(service => (SettingsSection)service.ImplementationInstance!),
    ];
}
