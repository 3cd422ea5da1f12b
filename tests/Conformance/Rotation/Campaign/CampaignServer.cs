using System.Globalization;
using Rekey.Server.Tests.Fakes;

namespace Rekey.Conformance.Rotation.Campaign;

/// <summary>The server of a campaign, and the secrets in it.</summary>
internal static class CampaignServer
{
    public static Dictionary<string, string> Environment(CampaignTarget target) =>
        target.CaFile is null ? [] : new() { ["Rekey__Rotation__CaFile"] = target.CaFile };

    /// <summary>The secret of a user, and of the superuser where the strategy wants one.</summary>
    /// <returns>The user's first value.</returns>
    public static async Task<string> CreateSecretsAsync(
        ServerProcess server, CampaignTarget target, string secretId, string username, CancellationToken cancellationToken)
    {
        string? masterArn = null;
        if (target.Superuser is { } superuser)
        {
            var value = target.SecretString(superuser.Name, superuser.Password);
            var name = $"{secretId}-superuser";
            var created = await server.OkAsync(
                "CreateSecret", new { Name = name, ClientRequestToken = TokenOf(0), SecretString = value }, cancellationToken);
            masterArn = created["ARN"]!.GetValue<string>();
        }
        var first = target.SecretString(username, CampaignTarget.FirstPassword, masterArn);
        await server.OkAsync(
            "CreateSecret", new { Name = secretId, ClientRequestToken = TokenOf(0), SecretString = first }, cancellationToken);
        if (target.Settings is { } settings)
            await server.RekeyAsync("PutRotationSettings", new { SecretId = secretId, Settings = settings }, cancellationToken);
        return first;
    }

    /// <summary>The first rotation of a secret, to its end.</summary>
    public static async Task RotateAsync(
        ServerProcess server, CampaignTarget target, string secretId, CancellationToken cancellationToken)
    {
        await server.OkAsync(
            "RotateSecret",
            new { SecretId = secretId, ClientRequestToken = TokenOf(1), RotationLambdaARN = target.FunctionArn }, cancellationToken);
        await server.UntilIdleAsync(secretId, cancellationToken);
    }

    /// <summary>For how many milliseconds each rotation that the journal shows left AWSCURRENT refused.</summary>
    public static async Task<List<double>> GapsAsync(ServerProcess server, string secretId, CancellationToken cancellationToken)
    {
        var progress = await server.RekeyAsync("DescribeRotation", new { SecretId = secretId }, cancellationToken);
        return
        [
            .. progress["Events"]!.AsArray().Where(entry => entry!["Event"]!.GetValue<string>() == "RotationSucceeded")
                .Select(entry => entry!["GapMilliseconds"]!.GetValue<double>()),
        ];
    }

    public static string TokenOf(int rotation) => $"00000000-0000-0000-0000-{rotation.ToString("D12", CultureInfo.InvariantCulture)}";
}
