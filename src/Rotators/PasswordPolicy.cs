using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rekey.Aws;

namespace Rekey.Rotators;

/// <summary>
/// What a generated password looks like. The settings and their defaults are those of AWS's templates and of GetRandomPassword.
/// </summary>
public sealed record PasswordPolicy
{
    /// <summary>Most characters of a generated password. Source: GetRandomPassword, PasswordLength.</summary>
    public const int LengthMax = 4096;

    private const string Lowercase = "abcdefghijklmnopqrstuvwxyz";
    private const string Uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Numbers = "0123456789";
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>In characters, all of which are ASCII.</summary>
    public int Length { get; init; } = 32;

    public string ExcludedCharacters { get; init; } = "";
    public bool ExcludeLowercase { get; init; }
    public bool ExcludeUppercase { get; init; }
    public bool ExcludeNumbers { get; init; }
    public bool ExcludePunctuation { get; init; }

    /// <summary>At least one character of each type that is not excluded.</summary>
    public bool RequireEachIncludedType { get; init; } = true;

    /// <summary>
    /// The defaults of the engine's template, changed by those of its environment variables that <paramref name="settings"/> holds.
    /// </summary>
    public static PasswordPolicy FromSettings(DatabaseEngine engine, IReadOnlyDictionary<string, string> settings) => new()
    {
        Length = ReadLength(settings),
        ExcludedCharacters = settings.GetValueOrDefault("EXCLUDE_CHARACTERS", engine.ExcludedCharacters),
        ExcludeLowercase = ReadFlag(settings, "EXCLUDE_LOWERCASE", whenAbsent: false),
        ExcludeUppercase = ReadFlag(settings, "EXCLUDE_UPPERCASE", whenAbsent: false),
        ExcludeNumbers = ReadFlag(settings, "EXCLUDE_NUMBERS", whenAbsent: false),
        ExcludePunctuation = ReadFlag(settings, "EXCLUDE_PUNCTUATION", whenAbsent: false),
        RequireEachIncludedType = ReadFlag(settings, "REQUIRE_EACH_INCLUDED_TYPE", whenAbsent: true),
    };

    /// <summary>
    /// A new password: each that the policy allows is equally likely. <see cref="FailureCause.Precondition"/> when it allows none.
    /// </summary>
    public Sensitive Generate()
    {
        var types = IncludedTypes();
        var alphabet = string.Concat(types);
        if (alphabet.Length == 0) throw Impossible("its settings exclude every character");
        if (Length is < 1 or > LengthMax) throw Impossible($"PASSWORD_LENGTH must be from 1 to {LengthMax}");
        if (RequireEachIncludedType && Length < types.Count)
        {
            throw Impossible("PASSWORD_LENGTH is too short for one character of each type");
        }

        var characters = new char[Length];
        // Drawing anew keeps all allowed passwords equally likely; placing one character of each type by hand would not.
        do
        {
            RandomNumberGenerator.GetItems<char>(alphabet, characters);
        }
        while (RequireEachIncludedType && !types.TrueForAll(type => characters.AsSpan().ContainsAny(type)));

        var bytes = new byte[Length];
        Encoding.ASCII.GetBytes(characters, bytes);
        Array.Clear(characters);
        return new Sensitive(bytes);
    }

    private List<string> IncludedTypes()
    {
        var types = new List<string>(4);
        if (!ExcludeLowercase) types.Add(Lowercase);
        if (!ExcludeUppercase) types.Add(Uppercase);
        if (!ExcludeNumbers) types.Add(Numbers);
        if (!ExcludePunctuation) types.Add(Punctuation);
        for (var i = 0; i < types.Count; i++) types[i] = string.Concat(types[i].Where(c => !ExcludedCharacters.Contains(c)));
        if (RequireEachIncludedType && types.Contains(""))
        {
            throw Impossible("EXCLUDE_CHARACTERS leaves a required type without a character");
        }
        return types;
    }

    private static int ReadLength(IReadOnlyDictionary<string, string> settings)
    {
        if (!settings.TryGetValue("PASSWORD_LENGTH", out var text)) return 32;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length is >= 1 and <= LengthMax
            ? length
            : throw Impossible($"PASSWORD_LENGTH must be from 1 to {LengthMax}");
    }

    /// <summary>AWS's templates take these four words, in any case, for true and everything else for false.</summary>
    private static bool ReadFlag(IReadOnlyDictionary<string, string> settings, string key, bool whenAbsent) =>
        settings.TryGetValue(key, out var text) ? text.ToUpperInvariant() is "TRUE" or "1" or "Y" or "YES" : whenAbsent;

    private static RotatorException Impossible(string why) =>
        new(FailureCause.Precondition, $"No password can be generated for this rotation function: {why}");
}
