using System.Text.Json;

namespace Rekey.Server.Tests.Authorization.Policies;

/// <summary>Who is named by which principal of a policy, written down as sets of the names that each caller answers to.</summary>
internal static class ReferencePrincipals
{
    public const string Account = "111111111111";

    /// <summary>Per caller: the names of the account, of what stands behind the session, and of themselves.</summary>
    private static readonly Dictionary<string, string[][]> Answers = new()
    {
        ["root"] = [[$"AWS {Account}", $"AWS arn:aws:iam::{Account}:root"]],
        ["alice"] = [[$"AWS {Account}", $"AWS arn:aws:iam::{Account}:root"], [$"AWS arn:aws:iam::{Account}:user/alice"]],
        ["session"] =
        [
            [$"AWS {Account}", $"AWS arn:aws:iam::{Account}:root"],
            [$"AWS arn:aws:iam::{Account}:role/reader"],
            [$"AWS arn:aws:sts::{Account}:assumed-role/reader/one"],
        ],
        ["lambda"] = [["Service lambda.amazonaws.com"]],
    };

    public static IEnumerable<string> Callers => Answers.Keys;

    /// <summary>Null when the statement names nobody, as in a policy of an identity.</summary>
    public static bool? Says(JsonElement statement, string caller, bool isDeny)
    {
        if (statement.TryGetProperty("Principal", out var wanted))
        {
            var names = Names(wanted);
            return IsEveryone(names) || Answers[caller].SelectMany(level => level).Any(names.Contains);
        }
        if (!statement.TryGetProperty("NotPrincipal", out var unwanted)) return null;
        var excepted = Names(unwanted);
        if (IsEveryone(excepted)) return false;
        // A grant leaves out whoever is named in any way, a denial spares only who is named at each level.
        return isDeny
            ? !Answers[caller].All(level => level.Any(excepted.Contains))
            : !Answers[caller].SelectMany(level => level).Any(excepted.Contains);
    }

    private static bool IsEveryone(HashSet<string> names) => names.Contains("*") || names.Contains("AWS *");

    private static HashSet<string> Names(JsonElement element) => element.ValueKind == JsonValueKind.String
        ? [element.GetString()!]
        : [.. element.EnumerateObject().SelectMany(type => ReferencePolicy.Texts(type.Value).Select(name => $"{type.Name} {name}"))];
}
