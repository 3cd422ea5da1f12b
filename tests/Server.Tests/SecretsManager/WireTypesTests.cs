using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Rekey.Server.Protocols;
using Rekey.Server.Protocols.Shapes;
using Rekey.Server.SecretsManager;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>Rules that hold for the request and response records of every operation.</summary>
public sealed class WireTypesTests
{
    private static readonly Type[] s_types = [.. typeof(SecretsManagerJson).GetCustomAttributesData()
        .Where(attribute => attribute.AttributeType == typeof(JsonSerializableAttribute))
        .Select(attribute => (Type)attribute.ConstructorArguments[0].Value!)];

    public static TheoryData<string> Responses() => Names("Response");

    public static TheoryData<string> Requests() => Names("Request");

    public static TheoryData<string> Operations() => [.. typeof(SecretsManagerJson).Assembly.GetTypes()
        .Where(type => type.Namespace == typeof(SecretsManagerJson).Namespace && OperationInterface(type) is not null)
        .Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Responses))]
    public void ResponseKeys_AreAlphabeticalAtEveryDepth(string name)
    {
        foreach (var type in Reachable(Info(name)))
        {
            var keys = type.Properties.Select(property => property.Name).ToList();
            keys.ShouldBe([.. keys.Order(StringComparer.Ordinal)], type.Type.Name);
        }
    }

    [Theory]
    [MemberData(nameof(Responses))]
    public void ResponseMembers_AreThoseOfTheModel(string name)
    {
        var output = ServiceModel.Get("secretsmanager").Operation(name[..^"Response".Length]).Output;
        var known = output!.Members.Select(member => member.Name).ToHashSet();
        Info(name).Properties.Select(property => property.Name).Where(key => !known.Contains(key)).ShouldBeEmpty();
    }

    /// <summary>No parameter that the model lets through is silently ignored.</summary>
    [Theory]
    [MemberData(nameof(Requests))]
    public void RequestMembers_AreThoseOfTheModel(string name)
    {
        var input = ServiceModel.Get("secretsmanager").Operation(name[..^"Request".Length]).Input;
        Info(name).Properties.Select(property => property.Name).Order(StringComparer.Ordinal)
            .ShouldBe(input.Members.Select(member => member.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Responses))]
    public void Nulls_AreOmitted(string name) =>
        SecretsManagerJson.Default.Options.DefaultIgnoreCondition.ShouldBe(JsonIgnoreCondition.WhenWritingNull, name);

    [Theory]
    [MemberData(nameof(Operations))]
    public void Operation_HasItsWireTypesUnderItsName(string name)
    {
        var operation = OperationInterface(typeof(SecretsManagerJson).Assembly.GetTypes().Single(type => type.Name == name))!;
        operation.GenericTypeArguments[0].Name.ShouldBe(name + "Request");
        operation.GenericTypeArguments[1].Name.ShouldBeOneOf(name + "Response", nameof(EmptyResponse));
    }

    /// <summary>A record prints its members, so a secret must not be a plain string in one.</summary>
    [Fact]
    public void SensitiveMembers_AreNoStrings()
    {
        var sensitive = new HashSet<string> { "SecretString", "SecretBinary", "RandomPassword", "RotationToken" };
        foreach (var type in s_types.SelectMany(type => Reachable(SecretsManagerJson.Default.GetTypeInfo(type)!)))
        {
            foreach (var property in type.Properties.Where(property => sensitive.Contains(property.Name)))
                property.PropertyType.Name.ShouldBeOneOf("Sensitive", nameof(SecretPayload));
        }
    }

    private static JsonTypeInfo Info(string name) =>
        SecretsManagerJson.Default.GetTypeInfo(s_types.Single(type => type.Name == name))!;

    private static List<JsonTypeInfo> Reachable(JsonTypeInfo root)
    {
        var found = new Dictionary<Type, JsonTypeInfo>();
        var open = new Stack<JsonTypeInfo>([root]);
        while (open.TryPop(out var type))
        {
            if (!found.TryAdd(type.Type, type)) continue;
            foreach (var next in type.Properties.Select(property => property.PropertyType).Append(type.ElementType).OfType<Type>())
            {
                if (SecretsManagerJson.Default.GetTypeInfo(next) is { } info) open.Push(info);
            }
        }
        return [.. found.Values.Where(type => type.Kind == JsonTypeInfoKind.Object)];
    }

    private static TheoryData<string> Names(string ending) =>
        [.. s_types.Select(type => type.Name).Where(name => name.EndsWith(ending, StringComparison.Ordinal))];

    private static Type? OperationInterface(Type type) => type.GetInterfaces()
        .FirstOrDefault(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IOperation<,>));
}
