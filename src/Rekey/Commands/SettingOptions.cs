using System.CommandLine;
using Rekey.Cli.Client;

namespace Rekey.Cli.Commands;

/// <summary>The options of <c>rekey rotate configure</c>, each of which changes one setting and leaves the others.</summary>
internal sealed class SettingOptions
{
    private const string None = "none";
    private const string Default = "default";

    private readonly Option<string?> _grantSync = Choice(
        "--grant-sync", "What a rotation does about a clone whose rights differ from its base's.",
        "mirror", "addOnly", "verifyOnly", "off");

    private readonly Option<string?> _overlap = Choice(
        "--overlap", "Whether the old password goes on logging in beside the new one for a while.", "auto", "require", "off");

    private readonly Option<string?> _grace = Time(
        "--grace", "How long it does: 90s, 15m, 2h, 1d.", text => Duration.Parse(text) is not null);

    private readonly Option<string?> _users = new("--users")
    {
        HelpName = "base,twin",
        Description = "The two users that take turns, or none: the user and its clone by AWS's naming rule.",
    };

    private readonly Option<string?> _heartbeat = Time(
        "--heartbeat", "How often to prove between rotations that AWSCURRENT logs in; none, or default: as the server is set.",
        text => text is None or Default || Duration.Parse(text) is not null);

    private readonly Option<string?> _heal = Choice(
        "--heal", "Whether a heartbeat that is refused makes the target take AWSCURRENT again, where that can be done.", "true", "false");

    private readonly Option<string?> _postgresClone = Choice(
        "--postgres-clone", "How PostgreSQL's clone comes by its rights.", "member", "ownerRole");

    private readonly Option<string?> _ownerRole = new("--owner-role")
    {
        HelpName = "role",
        Description = "With --postgres-clone ownerRole: the NOLOGIN role that owns the objects.",
    };

    private readonly Option<string?> _verifier = Choice(
        "--verifier", "Send a verifier in the place of the password where the server takes one, or the password itself.", "auto", "plain");

    private readonly Option<string?> _oldSessions = Choice(
        "--old-sessions", "What becomes of sessions that logged in with the old password.", "keep", "endAfterGrace");

    private readonly Option<string?> _soak = Time(
        "--soak", "How long a credential that its target made stays disabled before it is deleted: 0s, 2h, 1d.",
        text => Duration.Parse(text) is not null);

    private readonly Option<string?> _foreign = Choice(
        "--foreign", "Whether credentials that somebody else had the target make stop the rotation.", "refuse", "allow");

    private readonly Option<string[]> _password = new("--password-setting")
    {
        HelpName = "name=value",
        Description =
            "EXCLUDE_CHARACTERS, PASSWORD_LENGTH, EXCLUDE_PUNCTUATION, ... as with AWS's templates; without a value: its default.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<bool> _reset = new("--reset") { Description = "Begin with the defaults instead of what is set now." };

    public SettingOptions()
    {
        _users.Validators.Add(result =>
        {
            var isWrong = result.Tokens is [var token] && token.Value != None && !token.Value.Contains(',');
            if (isWrong) result.AddError("--users takes two names with a comma between them, or none.");
        });
        _password.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.IndexOf('=') < 1)) result.AddError("--password-setting takes name=value.");
        });
    }

    public void AddTo(Command command)
    {
        foreach (var option in All) command.Add(option);
    }

    /// <summary>False when none of them is given.</summary>
    public bool AreGiven(ParseResult result) => All.Any(option => result.GetResult(option) is { Implicit: false });

    /// <summary>The settings as they are to be.</summary>
    public RotationSettings Apply(ParseResult result, RotationSettings present)
    {
        if (result.GetValue(_reset)) present = new RotationSettings();
        var clone = result.GetValue(_postgresClone);
        return present with
        {
            GrantSync = result.GetValue(_grantSync) ?? present.GrantSync,
            Overlap = result.GetValue(_overlap) ?? present.Overlap,
            GraceSeconds = result.GetValue(_grace) is { } grace ? Duration.Parse(grace) : present.GraceSeconds,
            Users = result.GetValue(_users) is { } users ? ParseUsers(users) : present.Users,
            HeartbeatSeconds = result.GetValue(_heartbeat) switch
            {
                null => present.HeartbeatSeconds,
                None => 0,
                Default => null,
                var heartbeat => Duration.Parse(heartbeat),
            },
            HealOnFailedHeartbeat = result.GetValue(_heal) is { } heal ? heal == "true" : present.HealOnFailedHeartbeat,
            PostgresClone = clone ?? present.PostgresClone,
            // The role belongs to the mode.
            OwnerRole = result.GetValue(_ownerRole) ?? (clone == "member" ? null : present.OwnerRole),
            Verifier = result.GetValue(_verifier) ?? present.Verifier,
            OldSessions = result.GetValue(_oldSessions) ?? present.OldSessions,
            SoakSeconds = result.GetValue(_soak) is { } soak ? Duration.Parse(soak) : present.SoakSeconds,
            ForeignCredentials = result.GetValue(_foreign) ?? present.ForeignCredentials,
            Passwords = ApplyPasswords(result.GetValue(_password) ?? [], present.Passwords),
        };
    }

    private IEnumerable<Option> All =>
    [
        _grantSync, _overlap, _grace, _users, _heartbeat, _heal, _postgresClone, _ownerRole, _verifier, _oldSessions, _soak, _foreign,
        _password, _reset,
    ];

    private static RotatedUsers? ParseUsers(string text)
    {
        if (text == None) return null;
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        return new RotatedUsers(text[..comma], text[(comma + 1)..]);
    }

    private static SortedDictionary<string, string>? ApplyPasswords(string[] given, IReadOnlyDictionary<string, string>? present)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in present ?? new Dictionary<string, string>()) settings[name] = value;
        foreach (var text in given)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = (text[..equals], text[(equals + 1)..]);
            if (value.Length == 0) settings.Remove(name);
            else settings[name] = value;
        }
        return settings.Count == 0 ? null : settings;
    }

    private static Option<string?> Choice(string name, string description, params string[] values) =>
        new Option<string?>(name) { HelpName = string.Join('|', values), Description = description }.AcceptOnlyFromAmong(values);

    private static Option<string?> Time(string name, string description, Func<string, bool> isValid)
    {
        var option = new Option<string?>(name) { HelpName = "duration", Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens is not [var token] || isValid(token.Value)) return;
            result.AddError($"{name} takes a duration such as 90s, 15m, 2h or 1d.");
        });
        return option;
    }
}
