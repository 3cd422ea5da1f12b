namespace Rekey.Server.Protocols.Shapes;

/// <summary>
/// Constraints of a model that AWS does not enforce in its framework: the service checks them itself and answers with an error of its own.
/// </summary>
internal static class ModelExceptions
{
    public static void Apply(string service, Dictionary<string, Shape> shapes)
    {
        if (service != "secretsmanager") return;
        // RotateSecret: "RotationRules.AutomaticallyAfterDays must be within 1-1000." as InvalidParameterException.
        shapes["AutomaticallyRotateAfterDaysType"].IsRangeUnchecked = true;
    }
}
