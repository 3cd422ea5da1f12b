using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rekey.Aws;
using Rekey.Cli;
using Rekey.Cli.Client;
using Rekey.Cli.Commands;
using Rekey.Cli.Output;

namespace Rekey.Quickstart;

/// <summary>
/// A password is stored, rotated and looked at from both sides: 1. a user with a password that nobody knows, 2. a secret with it,
/// 3. a rotation, 4. the new password logs in, 5. the old one is refused, 6. the versions are labelled as AWS labels them.
/// </summary>
internal sealed class Proof(MariaDb database, CommandContext context, Printer printer)
{
    public const string FunctionName = "SecretsManagerRDSMariaDBRotationSingleUser";

    private const string SecretName = "quickstart/mariadb";
    private const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var settings = ClientSettings.Resolve(new ClientChoices(null, null, null), context.Environment);
        using var secrets = new SecretsClient(settings);

        // 1.
        using var old = Sensitive.FromText(RandomNumberGenerator.GetString(Alphanumeric, length: 24));
        await database.CreateUserAsync(old, cancellationToken).ConfigureAwait(false);
        Demand(await database.RefusalOfAsync(old, cancellationToken).ConfigureAwait(false) is null, "The user's password logs in.");
        Held($"MariaDB has a user '{MariaDb.Username}'. Its password is random and known to nobody.");

        // 2.
        var created = await secrets.CallAsync("CreateSecret", new JsonObject
        {
            ["Name"] = SecretName,
            ["ClientRequestToken"] = new Guid(RandomNumberGenerator.GetBytes(16)).ToString(),
            ["SecretString"] = Value(old),
        }, cancellationToken).ConfigureAwait(false);
        var arn = created.GetProperty("ARN").GetString()!;
        var firstVersion = created.GetProperty("VersionId").GetString()!;
        Held($"The secret is stored: {arn}");

        // 3.
        string[] rotate = ["rotate", SecretName, "--watch", "--rotation-lambda-arn", FunctionArn(arn)];
        printer.Line($"  $ rekey {string.Join(' ', rotate)}");
        var status = await CommandLine.RunAsync(rotate, context, new InvocationConfiguration()).ConfigureAwait(false);
        Demand(status == ExitCode.Success, "The rotation succeeds.");

        // 4. and 5.
        using var current = await PasswordAsync(secrets, "AWSCURRENT", cancellationToken).ConfigureAwait(false);
        Demand(!current.FixedTimeEquals(old), "AWSCURRENT holds another password than before.");
        var refusal = await database.RefusalOfAsync(current, cancellationToken).ConfigureAwait(false);
        Demand(refusal is null, $"The new password logs in; MariaDB says: {refusal?.Message}");
        Held($"The new password logs in to MariaDB.");
        refusal = await database.RefusalOfAsync(old, cancellationToken).ConfigureAwait(false);
        Demand(refusal is not null, "The old password is refused.");
        Held($"The old password is refused: SQLSTATE {refusal!.SqlState}, error {refusal.NativeCode}.");

        // 6.
        using var previous = await PasswordAsync(secrets, "AWSPREVIOUS", cancellationToken).ConfigureAwait(false);
        Demand(previous.FixedTimeEquals(old), "AWSPREVIOUS holds the password of before.");
        var described = await secrets.CallAsync("DescribeSecret", new JsonObject { ["SecretId"] = SecretName }, cancellationToken)
            .ConfigureAwait(false);
        ShowVersions(described, firstVersion);
        return ExitCode.Success;
    }

    private void ShowVersions(JsonElement described, string firstVersion)
    {
        var versions = described.GetProperty("VersionIdsToStages").EnumerateObject()
            .ToDictionary(
                version => version.Name, version => string.Join(' ', version.Value.EnumerateArray().Select(label => label.GetString())));
        Demand(versions.Count == 2 && versions[firstVersion] == "AWSPREVIOUS", "The version from before is AWSPREVIOUS.");
        Demand(versions.Single(version => version.Key != firstVersion).Value == "AWSCURRENT", "The new version is AWSCURRENT.");
        Held($"The versions are labelled as on AWS:");
        foreach (var (version, labels) in versions.OrderBy(version => version.Value)) printer.Line($"    {version}  {labels}");
    }

    private string Value(Sensitive password) => new JsonObject
    {
        ["engine"] = "mariadb",
        ["host"] = MariaDb.Host,
        ["port"] = database.Port,
        ["username"] = MariaDb.Username,
        ["password"] = password.RevealText(),
        ["ssl"] = false, // a loopback server without a certificate
    }.ToJsonString();

    private static async Task<Sensitive> PasswordAsync(SecretsClient secrets, string label, CancellationToken cancellationToken)
    {
        var request = new JsonObject { ["SecretId"] = SecretName, ["VersionStage"] = label };
        var answer = await secrets.CallAsync("GetSecretValue", request, cancellationToken).ConfigureAwait(false);
        using var value = JsonDocument.Parse(answer.GetProperty("SecretString").GetString()!);
        return Sensitive.FromText(value.RootElement.GetProperty("password").GetString()!);
    }

    /// <summary>The ready-to-run function of the secret's own region and account.</summary>
    private static string FunctionArn(string secretArn) =>
        Arn.TryParse(secretArn, out var arn)
            ? (arn with { Service = "lambda", Resource = $"function:{FunctionName}" }).ToString()
            : throw new ProofException("The secret has no ARN.");

    private void Held(FormattableString what) => printer.Line($"[green]✔[/] {FormattableString.Invariant(what)}");

    private static void Demand(bool holds, string what)
    {
        if (!holds) throw new ProofException($"Does not hold: {what}");
    }
}
