using System.Text;

namespace Rekey.Rotators.Redis;

/// <summary>Words of a command for people to read: what could be mistaken for something else is escaped.</summary>
internal static class AclText
{
    /// <summary>A user's name, in quotes where it needs them.</summary>
    public static string Name(string name) =>
        name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? name : Quoted(name);

    /// <summary>Rules, of which each character stands for a byte.</summary>
    public static string Rules(IEnumerable<string> words) =>
        string.Join(' ', words.Select(word => word.All(c => c is > ' ' and < '\x7f' and not ('"' or '\\')) ? word : Quoted(word)));

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var value in text)
        {
            if (value is '"' or '\\') quoted.Append('\\').Append(value);
            else if (char.IsControl(value)) quoted.Append("\\x").Append(((int)value).ToString("x2"));
            else quoted.Append(value);
        }
        return quoted.Append('"').ToString();
    }
}
