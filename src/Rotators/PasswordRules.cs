namespace Rekey.Rotators;

/// <summary>What a server demands of a password, as far as it can be asked: read before a password is generated.</summary>
public sealed record PasswordRules
{
    public static PasswordRules None { get; } = new();

    /// <summary>Fewest characters; 0 for no bound.</summary>
    public int LengthMin { get; init; }

    /// <summary>Most characters (of which each is one byte); null for no bound.</summary>
    public int? LengthMax { get; init; }

    /// <summary>Fewest characters of each type.</summary>
    public int LowercaseMin { get; init; }
    public int UppercaseMin { get; init; }
    public int NumbersMin { get; init; }
    public int PunctuationMin { get; init; }

    /// <summary>Characters the server refuses, or cannot be given.</summary>
    public string ForbiddenCharacters { get; init; } = "";

    /// <summary>The first character must be a letter.</summary>
    public bool LetterFirst { get; init; }
}
