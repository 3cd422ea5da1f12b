using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>GetRandomPassword: section 6.7 of the specification. The password itself is judged, not predicted.</summary>
internal static class Passwords
{
    /// <summary>Stands for the password in the expected answer.</summary>
    public const string Any = "a password";

    public static JsonObject GetRandomPassword(Call call)
    {
        var (types, length) = (Types(call), call.Number("PasswordLength") ?? 32);
        var isEachRequired = call.Flag("RequireEachIncludedType") ?? true;
        if (types.TrueForAll(type => type == "") || (isEachRequired && types.Contains("")))
        {
            throw Refusal.Parameter(
                "The password must contain a character of each included type, but every character of a type is excluded.");
        }
        if (isEachRequired && length < types.Count)
            throw Refusal.Parameter("Password length is too short based on the required types.");
        return Answers.Of(("RandomPassword", Any));
    }

    /// <summary>True when the password is one that the call may answer.</summary>
    public static bool IsValid(Call call, string password)
    {
        var types = Types(call);
        return password.Length == (call.Number("PasswordLength") ?? 32)
            && password.All(character => types.Exists(type => type.Contains(character, StringComparison.Ordinal)))
            && (call.Flag("RequireEachIncludedType") == false || types.TrueForAll(type => type.Any(password.Contains)));
    }

    private static List<string> Types(Call call)
    {
        (string Exclude, string Characters)[] types =
        [
            ("ExcludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), ("ExcludeLowercase", "abcdefghijklmnopqrstuvwxyz"),
            ("ExcludeNumbers", "0123456789"), ("ExcludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
        ];
        var included = types.Where(type => call.Flag(type.Exclude) != true).Select(type => type.Characters).ToList();
        if (call.Flag("IncludeSpace") == true) included.Add(" ");
        return included.ConvertAll(type => string.Concat(type.Except(call.Text("ExcludeCharacters") ?? "")));
    }
}
