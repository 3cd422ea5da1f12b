using Rekey.Server.Identity;
using Rekey.Server.Settings;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

/// <summary>What the server takes for the root's key when it starts.</summary>
public sealed class RootKeyAtStartTests
{
    private const string IdKey = $"{ServerOptions.Section}:{nameof(ServerOptions.RootAccessKeyId)}";
    private const string SecretKey = $"{ServerOptions.Section}:{nameof(ServerOptions.RootSecretAccessKey)}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("AKIAHALFOFAKEY123456", null)]
    [InlineData(null, "half-of-a-root-key-half-of-a-root-key")]
    public async Task HalfAKey_StopsTheStartAndNamesBothSettings(string? id, string? secret)
    {
        var fault = await Should.ThrowAsync<SettingsException>(() => StartAsync(id, secret));
        var text = fault.Faults.ShouldHaveSingleItem();
        text.ShouldBe("REKEY_ROOT_ACCESS_KEY_ID and REKEY_ROOT_SECRET_ACCESS_KEY must be set together.");
    }

    [Theory]
    [InlineData("AKIA/SLASH")]
    [InlineData("AKIA SPACE")]
    public async Task IdThatNoCredentialCanHold_StopsTheStart(string id)
    {
        var fault = await Should.ThrowAsync<SettingsException>(() => StartAsync(id, "secret-secret"));
        fault.Faults.ShouldHaveSingleItem().ShouldContain("1 to 128 letters, digits and underscores");
    }

    [Fact]
    public async Task NoKey_GetsOneThatIsThereAfterARestart()
    {
        var directory = Directory.CreateTempSubdirectory("rekey-root-key-").FullName;
        try
        {
            var made = await KeyAtStartAsync(directory);
            var kept = await KeyAtStartAsync(directory);
            (made.IsNew, kept.IsNew).ShouldBe((true, false));
            kept.Id.ShouldBe(made.Id);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<TestServer> StartAsync(string? id, string? secret, string? directory = null) => await TestServer.StartAsync(
        new TestServerOptions
        {
            DataDirectory = directory,
            Settings = new Dictionary<string, string?> { [IdKey] = id, [SecretKey] = secret },
        },
        Cancel);

    private static async Task<RootAccessKey> KeyAtStartAsync(string directory)
    {
        await using var server = await StartAsync(null, null, directory);
        return (RootAccessKey)server.Services.GetService(typeof(RootAccessKey))!;
    }
}
