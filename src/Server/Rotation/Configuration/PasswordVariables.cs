using Rekey.Rotators;

namespace Rekey.Server.Rotation.Configuration;

/// <summary>
/// The environment variables by which AWS's templates shape a password, given per rotation function by the operator and per secret by
/// whoever configures its rotation.
/// </summary>
internal static class PasswordVariables
{
    private const string Length = "PASSWORD_LENGTH";
    private const string Characters = "EXCLUDE_CHARACTERS";

    private static readonly string[] s_flags =
        ["EXCLUDE_LOWERCASE", "EXCLUDE_NUMBERS", "EXCLUDE_PUNCTUATION", "EXCLUDE_UPPERCASE", "REQUIRE_EACH_INCLUDED_TYPE"];

    private static readonly string[] s_known = [Characters, .. s_flags, PasswordPolicy.FirstCharacter, Length];

    private static readonly string[] s_flagTexts = ["TRUE", "FALSE", "1", "0", "Y", "N", "YES", "NO"];

    /// <summary>
    /// What is wrong with them: an unknown name, a flag that is none, or that no password can be made by them; null when nothing is. AWS's
    /// templates take every text that is not true for false, so that a misspelt one is lost.
    /// </summary>
    public static string? FaultOf(DatabaseEngine engine, IReadOnlyDictionary<string, string> variables)
    {
        foreach (var (name, value) in variables)
        {
            if (name is Length or Characters or PasswordPolicy.FirstCharacter) continue;
            if (!s_flags.Contains(name))
                return $"{EchoedText.Shown(name)} is not known; known are {string.Join(", ", s_known)}";
            if (!s_flagTexts.Contains(value.ToUpperInvariant())) return $"{name} must be true or false";
        }
        try
        {
            PasswordPolicy.FromSettings(engine, variables).Generate().Dispose();
            return null;
        }
        catch (RotatorException failure)
        {
            return failure.Message;
        }
    }
}
