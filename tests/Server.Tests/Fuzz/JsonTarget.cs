using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Aws;
using Rekey.Server.Protocols;
using Rekey.Server.SecretsManager;
using Rekey.Server.Tests.Protocols.Shapes;
using Shouldly;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>
/// Requests of every operation: its name on the first line, then the body. Binding refuses what the second reading of the model refuses,
/// for the same reason, and a request that was taken is the same once written and read again.
/// </summary>
internal sealed class JsonTarget : FuzzTarget
{
    private const int ErrorCharsMax = 64 * 1024;

    private static readonly string[] s_values =
    [
        "null", "true", "0", "7", "-1", "4096", "2147483648", "1e2", "1.0", "\"\"", "\"x\"", "\"a/b-C_1\"", "\"AAEC\"", "\"asc\"",
        "\"name\"",
        "\"eu-west-1\"", "\"rate(4 hours)\"", "\"3h\"", "\"\\u00e4\\ud83d\\ude00\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "{}", "[\"x\"]",
        "[null]", "[{}]", "{\"Key\":\"k\",\"Value\":\"v\"}", "[{\"Key\":\"name\",\"Values\":[\"!a\"]}]",
        "\"0123456789012345678901234567890123456789\"",
    ];

    private readonly Dictionary<string, Operation> _operations;
    private readonly ModelCall[] _calls;

    public JsonTarget(IServiceProvider services)
    {
        _operations = services.GetRequiredService<OperationTable>().All.Where(operation => operation.Service == "secretsmanager")
            .ToDictionary(operation => operation.Name);
        _calls = [.. _operations.Keys.Order(StringComparer.Ordinal).Select(name => ModelOperations.All[name])];
        Corpus = [.. _calls.SelectMany(Samples).Select(Encoding.UTF8.GetBytes)];
        Words = [.. _calls.SelectMany(call => ModelSite.Of(call)).Select(site => site.Member?.Name).OfType<string>().Distinct()
            .Select(name => $"\"{name}\":").Concat(s_values)
            .Concat(["{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "//", "\ufeff", " "])];
    }

    public override string Name => "json";

    public override IReadOnlyList<byte[]> Corpus { get; }

    public override IReadOnlyList<string> Words { get; }

    public override byte[] Generate(Random random)
    {
        var call = _calls[random.Next(_calls.Length)];
        var text = new StringBuilder(call.Name).Append("\n{");
        foreach (var member in call.Input.Members)
        {
            if (random.Next(2) == 0) continue;
            var raw = random.Next(3) == 0 ? s_values[random.Next(s_values.Length)] : ModelSamples.Of(call.Name, member.Shape);
            if (text[^1] != '{') text.Append(',');
            text.Append('"').Append(member.Name).Append("\":").Append(raw);
        }
        return Encoding.UTF8.GetBytes(text.Append('}').ToString());
    }

    public override void Check(byte[] input)
    {
        var end = Array.IndexOf(input, (byte)'\n');
        if (end < 0 || !_operations.TryGetValue(Encoding.Latin1.GetString(input, 0, end), out var operation)) return;
        var body = input.AsMemory(end + 1);
        var (request, error) = Measured(input, () => Bind(operation, body.Span));
        var verdict = ModelJudge.Of(ModelOperations.All[operation.Name], body);
        if (error is not null)
        {
            var expected = error.Shape.Code == "ValidationException" ? Verdict.Violates : Verdict.Malformed;
            (verdict == expected).ShouldBeTrue($"{error.Shape.Code} for what should be {verdict}");
            error.Shape.Code.ShouldBeOneOf("ValidationException", "SerializationException");
            error.Message.Length.ShouldBeInRange(1, ErrorCharsMax);
            Bind(operation, body.Span).Error!.Message.ShouldBe(error.Message);
            return;
        }
        verdict.ShouldBe(Verdict.Passes);
        var printed = Print(request!);
        Print(Bind(operation, printed).Request!).ShouldBe(printed);
        (request as IDisposable)?.Dispose();
    }

    private static IEnumerable<string> Samples(ModelCall call)
    {
        yield return call.Name + "\n{}";
        yield return call.Name + "\n" + ModelSamples.Structure(call.Name, call.Input.Members, []);
        yield return call.Name + "\n" + ModelSamples.Structure(call.Name, call.Input.Members.Where(member => member.IsRequired), []);
        foreach (var site in ModelSite.Of(call))
            foreach (var value in ModelValues.Of(site).Where(value => value.Raw is { Length: < 200 }).Where((_, index) => index % 7 == 0))
                yield return call.Name + "\n" + Encoding.UTF8.GetString(ModelCase.Of(value).Body);
    }

    private static (object? Request, ServiceException? Error) Bind(Operation operation, ReadOnlySpan<byte> body)
    {
        try
        {
            return (operation.Bind(null!, body), null); // a JSON operation looks at nothing but the body
        }
        catch (ServiceException error)
        {
            return (null, error);
        }
    }

    private static byte[] Print(object request) =>
        JsonSerializer.SerializeToUtf8Bytes(request, request.GetType(), SecretsManagerJson.Default);
}
