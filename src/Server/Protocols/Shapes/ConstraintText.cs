namespace Rekey.Server.Protocols.Shapes;

/// <summary>AWS's words for the constraints of a model.</summary>
internal static class ConstraintText
{
    public static string Short(Shape shape) => $"Member must have length greater than or equal to {shape.Min}";

    public static string Long(Shape shape) => $"Member must have length less than or equal to {shape.Max}";

    public static string Small(Shape shape) => $"Member must have value greater than or equal to {shape.Min}";

    public static string Large(Shape shape) => $"Member must have value less than or equal to {shape.Max}";

    public static string Enum(Shape shape) => $"Member must satisfy enum value set: [{string.Join(", ", shape.Enum!)}]";

    public static string Pattern(Shape shape) => $"Member must satisfy regular expression pattern: {shape.Pattern}";

    /// <summary>Every constraint of a scalar shape, in AWS's order: longest, shortest, pattern, values.</summary>
    public static string All(Shape shape)
    {
        var isNumber = shape.Kind is ShapeKind.Integer or ShapeKind.Long;
        var texts = new List<string>();
        if (shape.Max is not null) texts.Add(isNumber ? Large(shape) : Long(shape));
        if (shape.Min is not null) texts.Add(isNumber ? Small(shape) : Short(shape));
        if (shape.Pattern is not null) texts.Add(Pattern(shape));
        if (shape.Enum is not null) texts.Add(Enum(shape));
        if (texts.Count == 0) texts.Add("Member must not be null");
        return string.Join(", ", texts);
    }
}
