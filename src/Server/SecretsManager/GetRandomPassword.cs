using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Rekey.Aws;
using Rekey.Server.Authorization;
using Rekey.Server.Protocols;

namespace Rekey.Server.SecretsManager;

internal sealed record GetRandomPasswordRequest
{
    /// <summary>1 to 4096 characters; default 32.</summary>
    public long? PasswordLength { get; init; }

    public string? ExcludeCharacters { get; init; }
    public bool? ExcludeLowercase { get; init; }
    public bool? ExcludeNumbers { get; init; }
    public bool? ExcludePunctuation { get; init; }
    public bool? ExcludeUppercase { get; init; }
    public bool? IncludeSpace { get; init; }

    /// <summary>At least one character of each included type; default true.</summary>
    public bool? RequireEachIncludedType { get; init; }
}

internal sealed record GetRandomPasswordResponse : IDisposable
{
    [JsonConverter(typeof(SensitiveTextConverter))]
    public required Sensitive RandomPassword { get; init; }

    public void Dispose() => RandomPassword.Dispose();
}

/// <summary>
/// Makes a password from a cryptographic generator and stores nothing. Each required type gets one character, the rest comes from all
/// characters, and the order is shuffled, so that every place is as likely for every type.
/// Errors: InvalidParameterException (too short for its types; a type of which every character is excluded).
/// Source: AWS API reference, GetRandomPassword; docs/compatibility.md.
/// </summary>
internal sealed class GetRandomPassword : IOperation<GetRandomPasswordRequest, GetRandomPasswordResponse>
{
    private const int DefaultLength = 32;
    private const string Uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Lowercase = "abcdefghijklmnopqrstuvwxyz";
    private const string Numbers = "0123456789";
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    private const string Space = " ";

    public ValueTask<GetRandomPasswordResponse> InvokeAsync(
        GetRandomPasswordRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        Authorizer.Demand(context);
        var types = IncludedTypes(request);
        var all = Encoding.ASCII.GetBytes(string.Concat(types));
        var required = request.RequireEachIncludedType ?? true ? types : [];
        if (all.Length == 0 || required.Contains("")) throw SecretsManagerErrors.NoCharactersLeft();
        var length = checked((int)(request.PasswordLength ?? DefaultLength));
        if (length < required.Count) throw SecretsManagerErrors.PasswordTooShort();

        var password = new byte[length];
        for (var index = 0; index < length; index++)
        {
            password[index] = index < required.Count
                ? (byte)required[index][RandomNumberGenerator.GetInt32(required[index].Length)]
                : all[RandomNumberGenerator.GetInt32(all.Length)];
        }
        RandomNumberGenerator.Shuffle(password.AsSpan());
        return ValueTask.FromResult(new GetRandomPasswordResponse { RandomPassword = new Sensitive(password) });
    }

    /// <summary>The characters of each type that was not excluded, without the excluded characters; a type may end up empty.</summary>
    private static List<string> IncludedTypes(GetRandomPasswordRequest request)
    {
        var types = new List<string>();
        if (request.ExcludeUppercase != true) types.Add(Uppercase);
        if (request.ExcludeLowercase != true) types.Add(Lowercase);
        if (request.ExcludeNumbers != true) types.Add(Numbers);
        if (request.ExcludePunctuation != true) types.Add(Punctuation);
        if (request.IncludeSpace == true) types.Add(Space);
        var excluded = request.ExcludeCharacters ?? "";
        return types.ConvertAll(type => string.Concat(type.Where(character => !excluded.Contains(character, StringComparison.Ordinal))));
    }
}
