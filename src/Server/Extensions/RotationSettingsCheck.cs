using System.Text;
using Rekey.Rotators;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Native;
using Rekey.Server.SecretsManager;

namespace Rekey.Server.Extensions;

/// <summary>
/// What the service model cannot say about rotation settings. What is wrong is told when it is set, not when a rotation is due.
/// </summary>
internal sealed class RotationSettingsCheck(RotationFunctions functions)
{
    /// <summary>A login a minute is a load that no database notices.</summary>
    private const int HeartbeatSecondsMin = 60;

    /// <summary>The settings; throws InvalidParameterException that names the one at fault.</summary>
    public RotationSettings Demand(RotationSettingsEntry given, Secret secret)
    {
        if (given.Unknown is { Count: > 0 } unknown) throw RekeyErrors.UnknownSetting(unknown.Keys.Order(StringComparer.Ordinal).First());
        if (given.HeartbeatSeconds is > 0 and < HeartbeatSecondsMin) throw RekeyErrors.HeartbeatTooOften(HeartbeatSecondsMin);
        var settings = given.ToSettings();
        var function = functions.Find(secret.RotationLambdaArn ?? "");
        DemandUsers(settings, function?.Template.Engine);
        DemandClone(settings, function?.Template.Engine);
        DemandPasswords(settings, function);
        return settings;
    }

    private static void DemandUsers(RotationSettings settings, DatabaseEngine? engine)
    {
        if (settings.Users is not { } users) return;
        if (users.Base == users.Twin) throw RekeyErrors.SameUserTwice();
        DemandLength(nameof(users.Base), users.Base, engine);
        DemandLength(nameof(users.Twin), users.Twin, engine);
    }

    private static void DemandLength(string member, string name, DatabaseEngine? engine)
    {
        if (engine?.UsernameLengthMax is not { } lengthMax) return;
        var length = engine.UsernameLengthIsInBytes ? Encoding.UTF8.GetByteCount(name) : name.EnumerateRunes().Count();
        if (length > lengthMax) throw RekeyErrors.UserNameTooLong(member, engine.Name, lengthMax);
    }

    private static void DemandClone(RotationSettings settings, DatabaseEngine? engine)
    {
        var usesOwnerRole = settings.PostgresClone == PostgresCloneMode.OwnerRole;
        if (usesOwnerRole && engine is not null && engine.Name != DatabaseEngine.Postgres.Name) throw RekeyErrors.NotPostgres(engine.Name);
        if (usesOwnerRole && settings.OwnerRole is null) throw RekeyErrors.OwnerRoleMissing();
        if (!usesOwnerRole && settings.OwnerRole is not null) throw RekeyErrors.OwnerRoleWithoutMode();
    }

    /// <summary>The operator's settings of the function hold where the secret has none of its own.</summary>
    private static void DemandPasswords(RotationSettings settings, RotationFunction? function)
    {
        // Without a function its engine is not known; what is wrong for all of them is found by any.
        var merged = function?.Merge(settings.Passwords) ?? settings.Passwords;
        if (PasswordVariables.FaultOf(function?.Template.Engine ?? DatabaseEngine.MySql, merged) is { } fault)
            throw RekeyErrors.BadPasswordSettings(fault);
    }
}
