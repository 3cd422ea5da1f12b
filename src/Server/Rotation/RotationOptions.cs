using System.ComponentModel.DataAnnotations;
using Rekey.Rotators;
using Rekey.Server.Rotation.Configuration;

namespace Rekey.Server.Rotation;

/// <summary>How rotations are run: section <c>Rekey:Rotation</c>.</summary>
public sealed class RotationOptions : IValidatableObject
{
    public const string Section = "Rekey:Rotation";

    /// <summary>Rotations run at the same time by this node.</summary>
    [Range(1, 1024)]
    public int MaxConcurrent { get; set; } = 16;

    /// <summary>Attempts per window, or per start by hand, before a rotation waits for its next window or for a human.</summary>
    [Range(1, 20)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>Refused attempts in a row before the same: more could lock the account.</summary>
    [Range(1, 5)]
    public int MaxRefusedLogins { get; set; } = 2;

    /// <summary>
    /// Refused logins of one account in a row, over all secrets and kinds of work, before none is tried for a day and then ever longer:
    /// more could lock the account.
    /// </summary>
    [Range(2, 8)]
    public int MaxRefusedLoginsInARow { get; set; } = 4;

    /// <summary>Seconds before the second attempt; each later one waits twice as long, give or take a fifth.</summary>
    [Range(0.01, 3600)]
    public double RetryDelaySeconds { get; set; } = 30;

    /// <summary>
    /// Seconds before the second attempt once the target may hold the pending password; grows to RetryDelaySeconds at most.
    /// </summary>
    [Range(0.01, 3600)]
    public double UrgentRetryDelaySeconds { get; set; } = 1;

    /// <summary>Seconds one step may take.</summary>
    [Range(1, 900)]
    public double StepTimeoutSeconds { get; set; } = 60;

    /// <summary>Seconds a node owns a rotation without renewing; every step renews. Longer than a step may take.</summary>
    [Range(2, 3600)]
    public double LeaseSeconds { get; set; } = 120;

    /// <summary>Seconds over which rotations due at one window's opening are spread, at most a quarter of the window.</summary>
    [Range(0, 3600)]
    public double SpreadSeconds { get; set; } = 600;

    /// <summary>Days for which the events of past rotations are kept.</summary>
    [Range(1, 3650)]
    public int HistoryDays { get; set; } = 400;

    /// <summary>
    /// Hours between two proofs that AWSCURRENT logs in, of secrets that rotate and have no setting of their own; 0 for never.
    /// </summary>
    [Range(0, 8784)]
    public double HeartbeatHours { get; set; }

    /// <summary>True lets a secret without <c>ssl</c> fall back to plaintext against a server never seen to speak TLS.</summary>
    public bool AllowPlaintextWhenSslIsAbsent { get; set; }

    /// <summary>
    /// True has RotateSecret refuse a secret whose current value its rotation function could not use, and name the key at fault. AWS takes
    /// it, and the rotation fails later.
    /// </summary>
    public bool DemandUsableValue { get; set; }

    /// <summary>PEM file of the authorities that database servers' certificates are verified against; null: the system's.</summary>
    public string? CaFile { get; set; }

    /// <summary>
    /// Per ready-to-run rotation function, the environment variables that AWS's template of that name reads: EXCLUDE_CHARACTERS, ...
    /// </summary>
    public Dictionary<string, Dictionary<string, string>> Functions { get; } = new(StringComparer.Ordinal);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        // A lease that ends while its step still runs would let a second node start the same step.
        if (LeaseSeconds <= StepTimeoutSeconds)
            yield return new ValidationResult(
                $"{Section}:{nameof(LeaseSeconds)} is {LeaseSeconds}: it must be more than " +
                $"{Section}:{nameof(StepTimeoutSeconds)}, {StepTimeoutSeconds}.");
        foreach (var fault in FunctionFaults()) yield return new ValidationResult(fault);
        if (CaFile is not null && !File.Exists(CaFile))
            yield return new ValidationResult($"{Section}:{nameof(CaFile)} is '{CaFile}': it must be an existing file.");
    }

    private IEnumerable<string> FunctionFaults()
    {
        foreach (var (name, variables) in Functions)
        {
            var key = $"{Section}:{nameof(Functions)}:{name}";
            if (RotatorCatalogue.Find(name) is not { } template)
            {
                yield return $"{key} is not a setting: no rotation function has that name.";
                continue;
            }
            if (PasswordVariables.FaultOf(template.Engine, variables) is { } fault) yield return $"{key}: {fault}.";
        }
    }
}
