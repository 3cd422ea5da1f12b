using System.Collections;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Server.Settings;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation;

/// <summary>The operator's settings of drivers and of the ElastiCache API: what is refused; all else reaches the rotators.</summary>
public sealed class RotatorSettingsTests : IDisposable
{
    private const string Drivers = "Rekey__Rotation__Drivers__";
    private const string ElastiCache = "Rekey__Rotation__ElastiCache__";
    private const string Hidden = "hush-hush-hush";

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void EveryPath_ReachesTheRotators()
    {
        var folder = Path.GetTempPath();
        var options = Options(new Hashtable
        {
            ["Rekey__Rotation__CaFile"] = _file,
            [Drivers + "MariaDbFile"] = _file,
            [Drivers + "SqlServerFile"] = _file,
            [Drivers + "SqlServerCertificateFile"] = _file,
            [Drivers + "OracleFile"] = _file,
            [Drivers + "OracleWalletFolder"] = folder,
            [Drivers + "Db2File"] = _file,
        });
        string?[] files =
        [
            options.CaFile, options.OdbcMariaDbFile, options.OdbcSqlServerFile, options.SqlServerCertificateFile, options.OdbcOracleFile,
            options.OdbcDb2File,
        ];
        files.ShouldAllBe(file => file == _file);
        options.OracleWalletFolder.ShouldBe(folder);
        options.ClientFolder.ShouldBe(Path.GetFullPath("data"));
        options.ElastiCache.ShouldBeNull();
    }

    [Theory]
    [InlineData("SecretsManagerRDSSQLServerRotationSingleUser", "SqlServerFile")]
    [InlineData("SecretsManagerRDSOracleRotationMultiUser", "OracleFile")]
    [InlineData("SecretsManagerRDSDb2RotationSingleUser", "Db2File")]
    [InlineData("SecretsManagerRDSMariaDBRotationSingleUser", "MariaDbFile")]
    public void ConfiguredDriver_IsTheOneThatIsLookedFor(string function, string setting)
    {
        var missing = RotatorCatalogue.Find(function)!.MissingDriver;
        var options = Options(new Hashtable { [Drivers + setting] = _file });
        (missing(options) ?? "").ShouldNotContain("driver for"); // unixODBC itself may be missing here
        File.Delete(_file);
        missing(options).ShouldNotBeNull().ShouldMatch($"{_file} does not exist|driver manager");
    }

    [Fact]
    public void EveryWrongPath_IsAFault()
    {
        string[] files = ["MariaDbFile", "SqlServerFile", "SqlServerCertificateFile", "OracleFile", "Db2File"];
        var environment = new Hashtable { [Drivers + "OracleWalletFolder"] = _file };
        foreach (var name in files) environment[Drivers + name] = "/nowhere/at-all";
        Faults(environment).ShouldBe(
            [
                .. files.Select(name => $"Rekey:Rotation:Drivers:{name} is '/nowhere/at-all': it must be an existing file."),
                $"Rekey:Rotation:Drivers:OracleWalletFolder is '{_file}': it must be an existing folder without ( ) = in its path.",
            ],
            ignoreOrder: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ElastiCacheAccess_ReachesTheRotator(bool fromFile)
    {
        File.WriteAllText(_file, Hidden + "\n");
        var function = RotatorCatalogue.Find("SecretsManagerElasticacheUserRotation")!;
        function.MissingDriver(Options([])).ShouldNotBeNull();
        var options = Options(new Hashtable
        {
            [ElastiCache + "Endpoint"] = "http://127.0.0.1:8080/",
            [ElastiCache + "AccessKeyId"] = "AKIA",
            [ElastiCache + (fromFile ? "SecretAccessKeyFile" : "SecretAccessKey")] = fromFile ? _file : Hidden,
        });
        function.MissingDriver(options).ShouldBeNull();
        options.ElastiCache!.Endpoint.ShouldBe(new Uri("http://127.0.0.1:8080/"));
        options.ElastiCache.Credentials.AccessKeyId.ShouldBe("AKIA");
        options.ElastiCache.Credentials.SecretAccessKey.RevealText().ShouldBe(Hidden);
    }

    [Theory]
    [InlineData("must be set together", "AccessKeyId", "AKIA")]
    [InlineData("must be set together", "SecretAccessKey", Hidden)]
    [InlineData("must be set together", "Endpoint", "https://elasticache.example.com")]
    [InlineData("must not be set both", "AccessKeyId", "AKIA", "SecretAccessKey", Hidden, "SecretAccessKeyFile", "/nowhere")]
    [InlineData("must be an existing file", "AccessKeyId", "AKIA", "SecretAccessKeyFile", "/nowhere")]
    [InlineData("begins with https", "AccessKeyId", "AKIA", "SecretAccessKey", Hidden, "Endpoint", "http://elasticache.example.com")]
    [InlineData("begins with https", "AccessKeyId", "AKIA", "SecretAccessKey", Hidden, "Endpoint", "https://me:pw@elasticache.example.com")]
    [InlineData("must be an address like", "AccessKeyId", "AKIA", "SecretAccessKey", Hidden, "Endpoint", "ftp://x")]
    public void FaultyAccess_IsAFault_WithoutItsSecret(string expected, params string[] settings)
    {
        var environment = new Hashtable();
        for (var i = 0; i < settings.Length; i += 2) environment[ElastiCache + settings[i]] = settings[i + 1];
        var fault = Faults(environment).ShouldHaveSingleItem();
        fault.ShouldStartWith("Rekey:Rotation:ElastiCache:");
        fault.ShouldContain(expected);
        fault.ShouldNotContain(Hidden);
    }

    private static RotatorOptions Options(Hashtable environment) =>
        ServerHost.Build(ServerEnvironment.From(environment)).Services.GetRequiredService<RotatorOptions>();

    private static IReadOnlyList<string> Faults(Hashtable environment) =>
        Should.Throw<SettingsException>(() => ServerHost.Build(ServerEnvironment.From(environment))).Faults;
}
