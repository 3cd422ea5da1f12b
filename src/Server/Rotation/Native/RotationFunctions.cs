using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Slots;
using Rekey.Server.Protocols;
using Rekey.Server.SecretsManager;

namespace Rekey.Server.Rotation.Native;

/// <summary>A ready-to-run rotation function with what it runs on.</summary>
/// <param name="Settings">What the operator sets for the function: AWS's environment variables of its template.</param>
internal sealed record RotationFunction(
    RotatorTemplate Template, IDatabaseRotator Rotator, IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>The function's strategy where the target makes the credentials itself; else null.</summary>
    public SlotRotator? Slots => Rotator as SlotRotator;

    /// <summary>The template's password policy, changed by the operator's settings of the function, then by the secret's own.</summary>
    public PasswordPolicy PasswordsOf(RotationSettings settings) =>
        PasswordPolicy.FromSettings(Template.Engine, Merge(settings.Passwords));

    /// <summary>A secret's own password settings over those of the function.</summary>
    public IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string> own)
    {
        var merged = new Dictionary<string, string>(Settings, StringComparer.Ordinal);
        foreach (var (key, value) in own) merged[key] = value;
        return merged;
    }
}

/// <summary>
/// The rotation functions that a Lambda ARN can name. Ready-to-run ones bear AWS's template names and exist in every account and region
/// without being uploaded.
/// </summary>
internal sealed class RotationFunctions
{
    private const string FunctionPrefix = "function:";

    private readonly FrozenDictionary<string, RotationFunction> _functions;
    private readonly RotatorOptions _options;

    /// <param name="templates">The catalogue; tests add their own.</param>
    /// <param name="rotators">What all of them run with.</param>
    /// <param name="options">For the settings of single functions.</param>
    /// <param name="time">The clock.</param>
    public RotationFunctions(
        IReadOnlyCollection<RotatorTemplate> templates, RotatorOptions rotators, IOptions<RotationOptions> options, TimeProvider time)
    {
        _options = rotators;
        _functions = templates.ToFrozenDictionary(
            template => template.Name,
            template => new RotationFunction(
                template, template.Create(_options, time),
                options.Value.Functions.GetValueOrDefault(template.Name) ?? []),
            StringComparer.Ordinal);
    }

    public IReadOnlyCollection<RotationFunction> All => _functions.Values;

    /// <summary>The function of an unqualified Lambda ARN, or null.</summary>
    public RotationFunction? Find(string functionArn) =>
        Arn.TryParse(functionArn, out var arn)
            && arn.Service == "lambda"
            && arn.Resource.StartsWith(FunctionPrefix, StringComparison.Ordinal)
            ? _functions.GetValueOrDefault(arn.Resource[FunctionPrefix.Length..])
            : null;

    /// <summary>
    /// Refuses a function that the service cannot invoke for the caller: unknown, or of another account or region.
    /// Throws AccessDeniedException with AWS's text. One that lacks its native driver: InvalidRequestException that names the package.
    /// </summary>
    public void Demand(string functionArn, RequestContext context)
    {
        if (Find(functionArn) is not { } function
            || !Arn.TryParse(functionArn, out var arn)
            || arn.Account != context.Account
            || arn.Region != context.Region)
            throw SecretsManagerErrors.CannotInvokeFunction();
        if (function.Template.MissingDriver(_options) is { } missing)
            throw SecretsManagerErrors.DriverMissing(function.Template.Name, missing);
    }
}
