using Rekey.Server.Authorization.Policies;

namespace Rekey.Server.Tests.Authorization.Policies;

/// <summary>
/// Texts that are no policies. The sign ▶ marks where the error is: it is taken out before the text is parsed.
/// </summary>
internal static class MalformedPolicies
{
    private static readonly string[] NoText = ["null", "1", "true", "{}"];

    /// <summary>A statement of a resource policy, with one element left out for the case.</summary>
    private static readonly Dictionary<string, string> Others = new()
    {
        ["Effect"] = "\"Effect\":\"Allow\"",
        ["Principal"] = "\"Principal\":\"*\"",
        ["Action"] = "\"Action\":\"*\"",
        ["Resource"] = "\"Resource\":\"*\"",
    };

    public static IEnumerable<(PolicyKind Kind, PolicyFault Fault, string Marked)> All =>
    [
        .. Table.Rows(MalformedTexts.Json, 2).Concat(Table.Rows(MalformedTexts.Structure, 2)).Select(row => Case(row[0], row[1])),
        .. Table.Rows(MalformedTexts.OtherKinds, 3)
            .Select(row => (Enum.Parse<PolicyKind>(row[0]), Enum.Parse<PolicyFault>(row[1]), row[2])),
        .. Tops(), .. Lists(), .. Values(), .. Conditions(),
    ];

    private static (PolicyKind Kind, PolicyFault Fault, string Marked) Case(string fault, string marked) =>
        (PolicyKind.Resource, Enum.Parse<PolicyFault>(fault), marked);

    private static IEnumerable<(PolicyKind Kind, PolicyFault Fault, string Marked)> Tops()
    {
        foreach (var wrong in NoText.Append("[]").Append("[\"2012-10-17\"]"))
        {
            yield return Case("WrongType", $$"""{"Version":▶{{wrong}},"Statement":[]}""");
            yield return Case("WrongType", $$"""{"Id":▶{{wrong}},"Statement":[]}""");
            yield return Case("WrongType", Statement("Sid", "▶" + wrong));
            yield return Case("WrongType", Statement("Effect", "▶" + wrong));
        }
        foreach (var wrong in (string[])["", "2012-10-18", "2012-10-17 ", "2012", "2008-10-18", "latest"])
            yield return Case("InvalidValue", $$"""{"Version":▶"{{wrong}}","Statement":[]}""");
        foreach (var wrong in (string[])["", "allow", "DENY", "Allow ", "Permit"])
            yield return Case("InvalidValue", Statement("Effect", $"▶\"{wrong}\""));
        foreach (var wrong in (string[])["null", "1", "true", "\"x\""])
        {
            yield return Case("WrongType", $$"""{"Statement":▶{{wrong}}}""");
            yield return Case("WrongType", $$"""{"Statement":[▶{{wrong}}]}""");
            yield return Case("WrongType", "▶" + wrong);
        }
        foreach (var missing in Others.Keys)
        {
            var rest = string.Join(',', Others.Where(other => other.Key != missing).Select(other => other.Value));
            yield return Case("MissingElement", "{\"Statement\":[▶{" + rest + "}]}");
        }
        foreach (var wrong in (string[])["ä", "a\\nb", "a\\u0000"])
            yield return Case("InvalidValue", Statement("Sid", $"▶\"{wrong}\""));
    }

    /// <summary>The elements that are a string or a list of them.</summary>
    private static IEnumerable<(PolicyKind Kind, PolicyFault Fault, string Marked)> Lists()
    {
        foreach (var element in (string[])["Action", "NotAction", "Resource", "NotResource"])
        {
            foreach (var wrong in NoText)
            {
                yield return Case("WrongType", Statement(element, "▶" + wrong));
                yield return Case("WrongType", Statement(element, $"[▶{wrong}]"));
                yield return Case("WrongType", Statement(element, $"[\"*\",▶{wrong}]"));
            }
            yield return Case("WrongType", Statement(element, "[▶[\"*\"]]"));
            yield return Case("MissingElement", Statement(element, "[▶]"));
        }
        foreach (var type in (string[])["AWS", "Service", "Federated", "CanonicalUser"])
        {
            foreach (var wrong in NoText)
            {
                yield return Case("WrongType", Statement("Principal", Member(type, "▶" + wrong)));
                yield return Case("WrongType", Statement("NotPrincipal", Member(type, $"[▶{wrong}]")));
            }
            yield return Case("MissingElement", Statement("Principal", Member(type, "[▶]")));
        }
    }

    /// <summary>Each value also behind a good one, where the error is as well.</summary>
    private static IEnumerable<(PolicyKind Kind, PolicyFault Fault, string Marked)> Values()
    {
        foreach (var row in Table.Rows(MalformedTexts.Values, 3))
        {
            var (fault, element, wrong) = (row[0], row[1], row[2]);
            if (element is "Action" or "Resource")
            {
                yield return Case(fault, Statement(element, $"▶{wrong}"));
                yield return Case(fault, Statement("Not" + element, $"[\"*\", ▶{wrong}]"));
            }
            else
            {
                yield return Case(fault, Statement("Principal", Member(element, "▶" + wrong)));
                yield return Case(fault, Statement("NotPrincipal", Member(element, $"[▶{wrong}]")));
            }
        }
    }

    private static IEnumerable<(PolicyKind Kind, PolicyFault Fault, string Marked)> Conditions()
    {
        foreach (var name in ConditionOperator.Names.Order())
        {
            foreach (var wrong in (string[])["null", "1", "\"x\"", "[]"])
                yield return Case("WrongType", Condition(Member(name, "▶" + wrong)));
            yield return Case("WrongType", Condition(Member(name, Member("aws:username", "▶null"))));
            yield return Case("WrongType", Condition(Member(name, Member("aws:username", "▶{}"))));
            yield return Case("WrongType", Condition(Member(name, Member("aws:username", "[▶[]]"))));
            yield return Case("MissingElement", Condition(Member(name, Member("aws:username", "[▶]"))));
            yield return Case("Condition", Condition(Member(name, "{▶\"username\":\"x\"}")));
            foreach (var wrong in (string[])[name + "s", name.ToLowerInvariant(), "ForAll:" + name, name + "IfExistsIfExists", ":" + name])
                yield return Case("Condition", Condition("{▶" + Member(wrong, "{}")[1..]));
        }
        foreach (var row in Table.Rows(MalformedTexts.ConditionValues, 3))
        {
            yield return Case(row[0], Condition(Member(row[1], Member("aws:k", "▶" + row[2]))));
            if (row[1] == "Null") continue;
            yield return Case(row[0], Condition(Member($"ForAnyValue:{row[1]}IfExists", Member("aws:k", $"[▶{row[2]}]"))));
        }
    }

    private static string Condition(string value) => Statement("Condition", value);

    private static string Member(string name, string value) => "{\"" + name + "\":" + value + "}";

    private static string Statement(string element, string value)
    {
        var rest = Others.Where(other => element != other.Key && element != "Not" + other.Key).Select(other => other.Value);
        return "{\"Version\":\"2012-10-17\",\"Statement\":[{" + string.Join(',', rest) + ",\"" + element + "\":" + value + "}]}";
    }
}
