namespace Rekey.Server.SecretsManager;

/// <summary>Rotation rules with just the members the caller gave, and AutomaticallyAfterDays computed beside an expression.</summary>
public sealed record RotationRules(long? AutomaticallyAfterDays, string? Duration, string? ScheduleExpression);
