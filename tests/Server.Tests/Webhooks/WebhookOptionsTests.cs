using Rekey.Server.Settings;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Webhooks;

/// <summary>Faults of webhooks' settings are told at start, with the webhook's number, and without its secret.</summary>
public sealed class WebhookOptionsTests
{
    private const string Secret = "canary-0123456789";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Url=https://a.example/x;Secret=canary-0123456789;Nonsense=1", "Rekey:Webhooks:3:Nonsense is not a setting")]
    [InlineData("Url=ftp://a.example/x;Secret=canary-0123456789", "Rekey:Webhooks:3:Url is 'ftp://a.example/x'")]
    [InlineData("Secret=canary-0123456789", "Rekey:Webhooks:3: Url must be an address")]
    [InlineData("Url=http://a.example/x;Secret=canary-0123456789", "Url must begin with https, unless AllowPrivateAddresses")]
    [InlineData("Url=https://u:p@a.example/x;Secret=canary-0123456789", "without a user or password")]
    [InlineData("Url=https://a.example/x", "Secret or SecretFile must be given")]
    [InlineData("Url=https://a.example/x;Secret=canary", "16 characters or more")]
    [InlineData("Url=https://a.example/x;SecretFile=/does/not/exist", "must be an existing file")]
    [InlineData("Url=https://a.example/x;Secret=canary-0123456789;Events=RotationEnded", "names RotationEnded, which is no event")]
    [InlineData("Url=https://a.example/x;Secret=canary-0123456789;MaxAgeHours=0", "Rekey:Webhooks:3:MaxAgeHours is '0'")]
    public async Task Fault_IsNamed(string settings, string expected)
    {
        var refusal = await Should.ThrowAsync<SettingsException>(() => TestServer.StartAsync(Options(settings), Cancel));
        refusal.Faults.ShouldContain(fault => fault.Contains(expected));
        refusal.Message.ShouldNotContain("canary");
    }

    [Fact]
    public async Task SecretOfAFile_IsTaken()
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, Secret + "\n", Cancel);
            await using var server = await TestServer.StartAsync(Options($"Url=https://a.example/x;SecretFile={path}"), Cancel);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static TestServerOptions Options(string settings) => new()
    {
        Settings = settings.Split(';').Select(text => text.Split('=', 2))
            .ToDictionary(pair => $"Rekey:Webhooks:3:{pair[0]}", pair => (string?)pair[1]),
    };
}
