using System.Text.Json.Nodes;
using Rekey.Aws;
using Rekey.Rotators;

namespace Rekey.Conformance.Rotation.Campaign;

/// <summary>One strategy on one real server, as a campaign of rotations needs to know it.</summary>
internal sealed record CampaignTarget
{
    public const string FirstPassword = "First-password-0";

    public required DatabaseEngine Engine { get; init; }

    /// <summary>The secret's <c>engine</c>; null for the engine's own name.</summary>
    public string? EngineName { get; init; }

    /// <summary>The ready-to-run function that rotates.</summary>
    public required string FunctionName { get; init; }

    /// <summary>A function of the same engine whose testSecret logs in and does nothing else.</summary>
    public required string LoginFunctionName { get; init; }

    public required string Host { get; init; }

    public required int Port { get; init; }

    /// <summary>The authority to verify the server by; null: it is spoken to without TLS.</summary>
    public string? CaFile { get; init; }

    public string? DatabaseName { get; init; }

    /// <summary>The superuser's name and password; null where the strategy needs none.</summary>
    public (string Name, string Password)? Superuser { get; init; }

    /// <summary>Whether AWSCURRENT logs in at every moment; false for single-user rotation without overlap.</summary>
    public required bool IsGapless { get; init; }

    /// <summary>Makes an application's user with some rights: name, password.</summary>
    public required Func<string, string, CancellationToken, Task> CreateUser { get; init; }

    /// <summary>Settings to put before the first rotation; null for the defaults.</summary>
    public JsonObject? Settings { get; init; }

    /// <summary>Demands that the two users of a pair have equal rights, by other means than the rotator's; null without a pair.</summary>
    public Func<string, string, CancellationToken, Task>? DemandEqualRights { get; init; }

    /// <summary>Whether a clone is made with its rights, in one command, so that none are given to it afterwards.</summary>
    public bool MakesClonesWithRights { get; init; }

    /// <summary>Gives a user of a pair one right more, or takes it away again; null without a pair.</summary>
    public Func<string, bool, CancellationToken, Task>? ChangeRights { get; init; }

    public string FunctionArn => $"arn:aws:lambda:us-east-1:123456789012:function:{FunctionName}";

    /// <summary>The same server at another port: that of a proxy.</summary>
    public CampaignTarget Through(int port) => this with { Port = port };

    private RotatorOptions Options => new() { ConnectTimeout = TimeSpan.FromSeconds(20), CaFile = CaFile };

    /// <summary>A secret's JSON, with a key that no rotator knows.</summary>
    public string SecretString(string username, string password, string? masterArn = null)
    {
        var value = new JsonObject
        {
            ["engine"] = EngineName ?? Engine.Name,
            ["host"] = Host,
            ["port"] = Port,
            ["username"] = username,
            ["password"] = password,
            ["ssl"] = CaFile is not null,
            ["owner"] = "payments",
        };
        if (DatabaseName is not null) value["dbname"] = DatabaseName;
        if (masterArn is not null) value["masterarn"] = masterArn;
        return value.ToJsonString();
    }

    /// <summary>True when a new connection with the value logs in; false when the server refuses the login. Anything else throws.</summary>
    public async Task<bool> LogsInAsync(string secretString, CancellationToken cancellationToken)
    {
        using var secret = Sensitive.FromText(secretString);
        var credentials = SecretJson.ReadCredentials(secret, Engine);
        var login = RotatorCatalogue.Find(LoginFunctionName)!.Create(Options, TimeProvider.System);
        try
        {
            await login.TestSecretAsync(new RotationRequest { Current = credentials, Pending = credentials }, cancellationToken);
            return true;
        }
        catch (RotatorException refused) when (refused.Cause == FailureCause.Auth)
        {
            return false;
        }
    }
}
