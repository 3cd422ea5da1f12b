using System.Text;

namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>What the framework says of a request before the operation sees it.</summary>
internal enum Verdict
{
    /// <summary>The request goes on to the operation.</summary>
    Passes,

    /// <summary>A constraint is violated: ValidationException with every violation.</summary>
    Violates,

    /// <summary>The request is not of its shape: SerializationException.</summary>
    Malformed,
}

/// <summary>A value for one place of a request and what comes of it.</summary>
/// <param name="Site">The place.</param>
/// <param name="What">In words.</param>
/// <param name="Raw">The JSON of the value; null: the member is left out.</param>
/// <param name="Verdict">What the framework says.</param>
/// <param name="Violations">The texts of the violations, in their order.</param>
internal sealed record ModelValue(ModelSite Site, string What, string? Raw, Verdict Verdict, params string[] Violations)
{
    /// <summary>True for a required member that is not there, which is told after everything that is.</summary>
    public bool IsMissing => Site.IsRequired && (Raw is null or "null");
}

/// <summary>A request of an operation and what must be answered.</summary>
internal sealed record ModelCase(string Operation, string Site, string What, byte[] Body, Verdict Verdict, string? Text)
{
    private const int ViolationsMax = 32;

    /// <summary>A request that is right but for the given values, which stand at its end and in their order.</summary>
    public static ModelCase Of(params ModelValue[] values)
    {
        var call = values[0].Site.Call;
        var given = values.Select(value => (value.Site.Top.Name, Raw: value.Site.Wrap(value.Raw))).ToArray();
        var sampled = call.Input.Members.Where(member => IsNeeded(call.Name, member) && !given.Any(value => value.Name == member.Name));
        var body = ModelSamples.Structure(
            call.Name, sampled, given.Where(value => value.Raw is not null).Select(value => (value.Name, value.Raw!)));
        var told = values.Where(value => !value.IsMissing)
            .Concat(call.Input.Members.SelectMany(member => values.Where(value => value.IsMissing && value.Site.Top == member)));
        return new ModelCase(
            call.Name,
            string.Join(" and ", values.Select(value => value.Site.Name)),
            string.Join(" and ", values.Select(value => value.What)),
            Encoding.UTF8.GetBytes(body),
            values.Max(value => value.Verdict),
            TextOf([.. told.SelectMany(value => value.Violations)]));
    }

    public override string ToString()
    {
        var body = Encoding.UTF8.GetString(Body);
        return $"{Operation}.{Site}, {What}: {body[..Math.Min(body.Length, 200)]}";
    }

    private static string? TextOf(string[] violations)
    {
        if (violations.Length == 0) return null;
        var named = violations[..Math.Min(violations.Length, ViolationsMax)];
        return (named.Length == 1 ? "1 validation error" : $"{named.Length} validation errors") + " detected: " + string.Join("; ", named);
    }

    /// <summary>What is required, what SDKs fill in, and a value where the operation asks for one of two.</summary>
    private static bool IsNeeded(string operation, ModelMember member) =>
        member.IsRequired || member.IsToken || (operation == "PutSecretValue" && member.Name == "SecretString");
}
