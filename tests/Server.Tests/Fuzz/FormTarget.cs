using System.Net;
using System.Text;
using System.Text.Json;
using Rekey.Aws;
using Rekey.Server.Protocols;
using Rekey.Server.Protocols.Shapes;
using Shouldly;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>
/// Forms of the Query protocol. What is taken has the parameters that another decoder finds, the same again once encoded anew, and becomes
/// JSON that the validator takes or refuses.
/// </summary>
internal sealed class FormTarget : FuzzTarget
{
    private static readonly Shape s_input = ServiceModel.Get("sts").Operation("AssumeRole").Input;

    public override string Name => "form";

    public override IReadOnlyList<byte[]> Corpus { get; } = [.. new[]
    {
        "", "Action=GetCallerIdentity&Version=2011-06-15", "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr",
        "DurationSeconds=900&RoleSessionName=a+b%20c&ExternalId=%C3%A4%F0%9F%98%80",
        "TransitiveTagKeys.member.1=a&TransitiveTagKeys.member.2=b",
        "Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.2.Key=l", "PolicyArns.member.1.arn=x&PolicyArns.member.3.arn=y",
        "Tags.member.1=x&Tags=y&Tags.=z", "a", "=", "&", "&&=&", "a=b=c", "%41ction=x", "a=%", "a=%4", "a=%zz", "a=%c3", "a=%ff", "a=1&a=2",
    }.Select(Encoding.ASCII.GetBytes)];

    public override IReadOnlyList<string> Words { get; } =
    [
        "Action=", "Version=", "RoleArn=", "RoleSessionName=", "DurationSeconds=", "Tags.member.1.Key=", "Tags.member.2.Value=", "member",
        ".1", ".0", ".-1", ".01", ".99999999999", "Tags", "PolicyArns.member.1.arn=", "&", "=", "+", "%", "%20", "%00", "%C3%A4",
        "%ED%A0%80",
        "%F0%9F%98%80", "%2", ".", ";", "\0", "true", "900",
    ];

    public override byte[] Generate(Random random)
    {
        var parameters = Enumerable.Range(0, random.Next(12)).Select(number => random.Next(5) switch
        {
            0 => $"Tags.member.{random.Next(4)}.{(random.Next(2) == 0 ? "Key" : "Value")}=t{number}",
            1 => $"TransitiveTagKeys.member.{random.Next(4)}=k{number}",
            2 => $"PolicyArns.member.{random.Next(3)}.arn=arn{number}",
            3 => $"{s_input.Members[random.Next(s_input.Members.Length)].Name}={random.Next(40_000)}",
            _ => $"p{number}={Uri.EscapeDataString($"{(char)random.Next(1, 0xD800)}")}",
        });
        return Encoding.ASCII.GetBytes(string.Join('&', parameters.DistinctBy(parameter => parameter.Split('=')[0])));
    }

    public override void Check(byte[] input)
    {
        var (form, error) = Measured(input, () => Parse(input));
        if (form is null)
        {
            error!.Shape.Code.ShouldBe("MalformedQueryString");
            Parse(input).Error!.Message.ShouldBe(error.Message);
            return;
        }
        var parameters = Encoding.Latin1.GetString(input).Split('&', StringSplitOptions.RemoveEmptyEntries).Select(Decoded).ToArray();
        parameters.Length.ShouldBeLessThanOrEqualTo(Limits.QueryParametersMax);
        parameters.Select(parameter => parameter.Name).ShouldBeUnique();
        Holds(form, parameters);
        Holds(QueryForm.Parse(Encoding.ASCII.GetBytes(Encoded(parameters))), parameters);
        BecomesJson(form);
    }

    private static void BecomesJson(QueryForm form)
    {
        using var json = ResponseBuffer.Rent();
        QueryJson.Write(json.Json, form, s_input);
        using var document = JsonDocument.Parse(json.Written);
        try
        {
            RequestValidator.Demand(s_input, json.Written.Span);
        }
        catch (ServiceException refusal)
        {
            refusal.Shape.Code.ShouldBeOneOf("ValidationException", "SerializationException");
        }
    }

    private static void Holds(QueryForm form, (string Name, string Value)[] parameters)
    {
        foreach (var (name, value) in parameters)
        {
            form.TryGet(name, out var found).ShouldBeTrue();
            found.ShouldBe(value);
        }
    }

    private static string Encoded((string Name, string Value)[] parameters) => string.Join(
        '&', parameters.Select(parameter => Uri.EscapeDataString(parameter.Name) + "=" + Uri.EscapeDataString(parameter.Value)));

    private static (string Name, string Value) Decoded(string part)
    {
        var pair = part.Split('=', 2);
        return (Text(pair[0]), pair.Length == 1 ? "" : Text(pair[1]));
    }

    private static string Text(string encoded)
    {
        var bytes = Encoding.Latin1.GetBytes(encoded);
        return Encoding.UTF8.GetString(WebUtility.UrlDecodeToBytes(bytes, 0, bytes.Length) ?? []);
    }

    private static (QueryForm? Form, ServiceException? Error) Parse(byte[] input)
    {
        try
        {
            return (QueryForm.Parse(input), null);
        }
        catch (ServiceException error)
        {
            return (null, error);
        }
    }
}
