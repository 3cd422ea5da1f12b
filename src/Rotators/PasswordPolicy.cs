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

    /// <summary>The variable that says what the first character is: <c>letter</c>, or <c>any</c> as without it.</summary>
    public const string FirstCharacter = "PASSWORD_FIRST_CHAR_CLASS";

    private const string Lowercase = "abcdefghijklmnopqrstuvwxyz";
    private const string Uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Numbers = "0123456789";
    private const string TooShort = "PASSWORD_LENGTH is too short for the characters that must be in it";
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
    /// The defaults of the engine's template, changed by those of its environment variables that <paramref name="settings"/> holds, and by
    /// <see cref="FirstCharacter"/>, which AWS does not have.
    /// </summary>
    public static PasswordPolicy FromSettings(DatabaseEngine engine, IReadOnlyDictionary<string, string> settings)
    {
        var isLetterFirst = ReadFirst(settings);
        if (engine.PasswordSettings is { } honoured)
            settings = settings.Where(setting => honoured.Contains(setting.Key)).ToDictionary(StringComparer.Ordinal);
        return new PasswordPolicy
        {
            LetterFirst = isLetterFirst,
            Length = ReadLength(settings, engine.PasswordLength),
            ExcludedCharacters = settings.GetValueOrDefault("EXCLUDE_CHARACTERS", engine.ExcludedCharacters),
            ExcludeLowercase = ReadFlag(settings, "EXCLUDE_LOWERCASE", whenAbsent: false),
            ExcludeUppercase = ReadFlag(settings, "EXCLUDE_UPPERCASE", whenAbsent: false),
            ExcludeNumbers = ReadFlag(settings, "EXCLUDE_NUMBERS", whenAbsent: false),
            ExcludePunctuation = ReadFlag(settings, "EXCLUDE_PUNCTUATION", whenAbsent: false),
            RequireEachIncludedType = ReadFlag(settings, "REQUIRE_EACH_INCLUDED_TYPE", whenAbsent: true),
        };
    }

    /// <summary>Fewest characters of each type beyond <see cref="RequireEachIncludedType"/>: what a server's rules demand.</summary>
    public int LowercaseMin { get; init; }

    /// <inheritdoc cref="LowercaseMin"/>
    public int UppercaseMin { get; init; }

    /// <inheritdoc cref="LowercaseMin"/>
    public int NumbersMin { get; init; }

    /// <inheritdoc cref="LowercaseMin"/>
    public int PunctuationMin { get; init; }

    /// <summary>The first character is a letter.</summary>
    public bool LetterFirst { get; init; }

    /// <summary>
    /// The same policy, held to what a server demands too. A type that the settings exclude and the server wants stays excluded: then the
    /// server refuses, and says so.
    /// </summary>
    public PasswordPolicy Under(PasswordRules rules) => this with
    {
        Length = Math.Min(Math.Max(Length, rules.LengthMin), rules.LengthMax ?? int.MaxValue),
        ExcludedCharacters = ExcludedCharacters + rules.ForbiddenCharacters,
        LowercaseMin = Math.Max(LowercaseMin, rules.LowercaseMin),
        UppercaseMin = Math.Max(UppercaseMin, rules.UppercaseMin),
        NumbersMin = Math.Max(NumbersMin, rules.NumbersMin),
        PunctuationMin = Math.Max(PunctuationMin, rules.PunctuationMin),
        LetterFirst = LetterFirst || rules.LetterFirst,
    };

    /// <summary>
    /// What to try after a server refused passwords without saying why: 1. two of each type, a letter first; 2. and only punctuation that
    /// no
    /// rule is known to refuse; 3. and twice as long, up to 64 characters.
    /// </summary>
    /// <param name="level">0 for the policy itself.</param>
    public PasswordPolicy Stricter(int level)
    {
        const string HarmlessPunctuation = "_-.+=#";
        const int LengthLimit = 64;
        if (level <= 0) return this;
        var stricter = this with
        {
            LowercaseMin = Math.Max(LowercaseMin, 2),
            UppercaseMin = Math.Max(UppercaseMin, 2),
            NumbersMin = Math.Max(NumbersMin, 2),
            PunctuationMin = Math.Max(PunctuationMin, 2),
            LetterFirst = true,
        };
        if (level == 1) return stricter;
        if (HarmlessPunctuation.Any(c => !ExcludedCharacters.Contains(c)))
        {
            var doubtful = string.Concat(Punctuation.Where(c => !HarmlessPunctuation.Contains(c)));
            stricter = stricter with { ExcludedCharacters = ExcludedCharacters + doubtful };
        }
        return level == 2 ? stricter : stricter with { Length = Math.Max(Length, Math.Min(2 * Length, LengthLimit)) };
    }

    /// <summary>
    /// A new password: each that the policy allows is equally likely, unless more than one character of a type, or a letter first, is
    /// demanded.
    /// <see cref="FailureCause.Precondition"/> when the policy allows none.
    /// </summary>
    public Sensitive Generate()
    {
        var types = IncludedTypes();
        var alphabet = string.Concat(types.Select(type => type.Characters));
        if (alphabet.Length == 0) throw Impossible("its settings exclude every character");
        if (Length is < 1 or > LengthMax) throw Impossible($"PASSWORD_LENGTH must be from 1 to {LengthMax}");
        if (types.Sum(type => type.Min) > Length) throw Impossible(TooShort);

        var characters = new char[Length];
        if (LetterFirst || types.Exists(type => type.Min > 1)) Compose(characters, types, alphabet);
        else Draw(characters, types, alphabet);

        var bytes = new byte[Length];
        Encoding.ASCII.GetBytes(characters, bytes);
        Array.Clear(characters);
        return new Sensitive(bytes);
    }

    /// <summary>Drawing anew keeps all allowed passwords equally likely; placing one character of each type by hand would not.</summary>
    private static void Draw(char[] characters, List<CharacterType> types, string alphabet)
    {
        do
        {
            RandomNumberGenerator.GetItems<char>(alphabet, characters);
        }
        while (!types.TrueForAll(type => type.Min == 0 || characters.AsSpan().ContainsAny(type.Characters)));
    }

    /// <summary>What is demanded, then anything, then shuffled: drawing until it fits could take for ever.</summary>
    private void Compose(char[] characters, List<CharacterType> types, string alphabet)
    {
        var fixedPlaces = LetterFirst ? 1 : 0;
        if (LetterFirst)
        {
            var letters = string.Concat(alphabet.Where(char.IsAsciiLetter));
            if (letters.Length == 0) throw Impossible("a letter must come first, and the settings allow none");
            RandomNumberGenerator.GetItems<char>(letters, characters.AsSpan(0, 1));
        }
        var place = fixedPlaces;
        foreach (var type in types)
        {
            var missing = type.Min - (LetterFirst && type.Characters.Contains(characters[0]) ? 1 : 0);
            if (missing <= 0) continue;
            if (place + missing > characters.Length) throw Impossible(TooShort);
            RandomNumberGenerator.GetItems<char>(type.Characters, characters.AsSpan(place, missing));
            place += missing;
        }
        RandomNumberGenerator.GetItems<char>(alphabet, characters.AsSpan(place));
        RandomNumberGenerator.Shuffle(characters.AsSpan(fixedPlaces));
    }

    private readonly record struct CharacterType(string Characters, int Min);

    private List<CharacterType> IncludedTypes()
    {
        var types = new List<CharacterType>(4);
        if (!ExcludeLowercase) Add(Lowercase, LowercaseMin);
        if (!ExcludeUppercase) Add(Uppercase, UppercaseMin);
        if (!ExcludeNumbers) Add(Numbers, NumbersMin);
        if (!ExcludePunctuation) Add(Punctuation, PunctuationMin);
        return types;

        void Add(string characters, int min)
        {
            var included = string.Concat(characters.Where(c => !ExcludedCharacters.Contains(c)));
            min = Math.Max(min, RequireEachIncludedType ? 1 : 0);
            if (min > 0 && included.Length == 0) throw Impossible("EXCLUDE_CHARACTERS leaves a required type without a character");
            types.Add(new CharacterType(included, min));
        }
    }

    private static int ReadLength(IReadOnlyDictionary<string, string> settings, int whenAbsent)
    {
        if (!settings.TryGetValue("PASSWORD_LENGTH", out var text)) return whenAbsent;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length is >= 1 and <= LengthMax
            ? length
            : throw Impossible($"PASSWORD_LENGTH must be from 1 to {LengthMax}");
    }

    private static bool ReadFirst(IReadOnlyDictionary<string, string> settings) =>
        settings.GetValueOrDefault(FirstCharacter, "any").ToUpperInvariant() switch
        {
            "LETTER" => true,
            "ANY" => false,
            _ => throw Impossible($"{FirstCharacter} must be letter or any"),
        };

    /// <summary>AWS's templates take these four words, in any case, for true and everything else for false.</summary>
    private static bool ReadFlag(IReadOnlyDictionary<string, string> settings, string key, bool whenAbsent) =>
        settings.TryGetValue(key, out var text) ? text.ToUpperInvariant() is "TRUE" or "1" or "Y" or "YES" : whenAbsent;

    private static RotatorException Impossible(string why) =>
        new(FailureCause.Precondition, $"No password can be generated for this rotation function: {why}");
}
