using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Rekey.Server.SecretsManager;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>How a policy is stored, and how it is shown: written by hand, in the form that AWS was seen to answer.</summary>
public sealed class ResourcePolicyTextTests
{
    private const int Runs = 2_000;

    [Fact]
    public void Pretty_IsJacksonsDefault() => ResourcePolicyText.Pretty(
        """
        {"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root","999999999999"]},
             "Action":["secretsmanager:GetSecretValue"],"Resource":"*","Condition":{
             "StringEquals":{"secretsmanager:VersionStage":["AWSCURRENT","AWSPREVIOUS"],"aws:PrincipalAccount":"1"},
             "Bool":{"aws:SecureTransport":true},"NumericLessThan":{"secretsmanager:RecoveryWindowInDays":10}}},
            {"Sid":"two","Effect":"Deny","Principal":"*","Action":"secretsmanager:*","Resource":["*"]}]}
        """).ShouldBe(
        """
        {
          "Version" : "2012-10-17",
          "Statement" : [ {
            "Effect" : "Allow",
            "Principal" : {
              "AWS" : [ "arn:aws:iam::123456789012:root", "999999999999" ]
            },
            "Action" : [ "secretsmanager:GetSecretValue" ],
            "Resource" : "*",
            "Condition" : {
              "StringEquals" : {
                "secretsmanager:VersionStage" : [ "AWSCURRENT", "AWSPREVIOUS" ],
                "aws:PrincipalAccount" : "1"
              },
              "Bool" : {
                "aws:SecureTransport" : true
              },
              "NumericLessThan" : {
                "secretsmanager:RecoveryWindowInDays" : 10
              }
            }
          }, {
            "Sid" : "two",
            "Effect" : "Deny",
            "Principal" : "*",
            "Action" : "secretsmanager:*",
            "Resource" : [ "*" ]
          } ]
        }
        """);

    [Theory]
    [InlineData("""{"b":1,"a":2}""", "{\n  \"b\" : 1,\n  \"a\" : 2\n}")]
    [InlineData("{}", "{ }")]
    [InlineData("[]", "[ ]")]
    [InlineData("""{"Statement":{"Condition":{}}}""", "{\n  \"Statement\" : {\n    \"Condition\" : { }\n  }\n}")]
    [InlineData("""[[],[[1,2],{"a":[]}],{}]""", "[ [ ], [ [ 1, 2 ], {\n  \"a\" : [ ]\n} ], { } ]")]
    [InlineData("""[true,false,null,-1.50,1e3]""", "[ true, false, null, -1.50, 1e3 ]")]
    public void Pretty_OfEveryShape(string policy, string shown) => ResourcePolicyText.Pretty(policy).ShouldBe(shown);

    [Theory]
    [InlineData("""["a\/b"]""", """["a/b"]""")]
    [InlineData("""["\u0041\u00fc\u4e2d\ud83d\ude00"]""", """["Aü中😀"]""")]
    [InlineData("""["ü中😀<>&'+`\u007f\u2028"]""", "[\"ü中😀<>&'+`\u007f\u2028\"]")]
    [InlineData("""["\"\\\b\f\n\r\t"]""", """["\"\\\b\f\n\r\t"]""")]
    [InlineData("""["\u0000\u001f\u000b\u000A"]""", """["\u0000\u001F\u000B\n"]""")]
    [InlineData("""{"k\u0022\u00e9":"v"}""", """{"k\"é":"v"}""")]
    public void Texts_AreEscapedOnlyWhereJsonDemandsIt(string policy, string stored)
    {
        ResourcePolicyText.Compact(policy).ShouldBe(stored);
        ResourcePolicyText.Pretty(policy).ShouldContain(stored[1..^1].Split(':')[0]);
    }

    [Fact]
    public void Compact_HasNoWhiteSpaceAndKeepsTheOrder() =>
        ResourcePolicyText.Compact(" { \"z\" : [ 1 , { \"y\" : \" a b \" } ] ,\n\t\"a\" : { } } ")
            .ShouldBe("""{"z":[1,{"y":" a b "}],"a":{}}""");

    /// <summary>Node comparison in .NET ignores the order of members, so their order is compared too.</summary>
    [Fact]
    public void AnyJson_KeepsItsMeaningAndItsOrder() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(Runs), Prop.ForAll(
        Arb.From(Json(depth: 4)),
        json =>
        {
            var text = Scattered(json);
            var (compact, pretty) = (ResourcePolicyText.Compact(text), ResourcePolicyText.Pretty(text));
            JsonNode.DeepEquals(JsonNode.Parse(compact), JsonNode.Parse(text)).ShouldBeTrue();
            Names(JsonNode.Parse(compact)).ShouldBe(Names(JsonNode.Parse(text)));
            ResourcePolicyText.Compact(pretty).ShouldBe(compact);
            ResourcePolicyText.Compact(compact).ShouldBe(compact);
            ResourcePolicyText.Pretty(compact).ShouldBe(pretty);
        }));

    private static Gen<string> Json(int depth)
    {
        var text = Gen.Elements("", "a", "ü", "中", "\u2028", "\\u0001", "\\\"", "\\\\", "/", "\\ud83d\\ude00", " : ", "{ }", "[ ]")
            .ListOf().Select(parts => $"\"{string.Concat(parts.Take(5))}\"");
        var leaf = Gen.OneOf(text, Gen.Elements("true", "false", "null", "0", "-12", "1.5", "1E+2"));
        if (depth == 0) return leaf;
        var inner = Json(depth - 1);
        var array = inner.ListOf().Select(items => $"[{string.Join(",", items.Take(4))}]");
        var members = inner.ListOf().Select(items => items.Take(4).Select((item, index) => $"\"{7 - index}é\":{item}"));
        var @object = members.Select(items => $"{{{string.Join(",", items)}}}");
        return Gen.OneOf(leaf, array, @object);
    }

    /// <summary>White space after each comma outside of texts: none of the generated texts holds one.</summary>
    private static string Scattered(string json) => new StringBuilder(" ").Append(json.Replace(",", " ,\r\n\t ")).Append('\n').ToString();

    private static IEnumerable<string> Names(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => Names(member.Value).Prepend(member.Key)),
        JsonArray items => items.SelectMany(Names),
        _ => [],
    };
}
