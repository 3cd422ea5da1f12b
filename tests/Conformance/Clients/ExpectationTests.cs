using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Clients;

/// <summary>What the scenarios are held to can fail.</summary>
public sealed class ExpectationTests
{
    [Theory]
    [InlineData("""{"A":1,"B":[true,null]}""", """{"B":[true,null],"A":1}""")]
    [InlineData("""{"A":1,"...":true}""", """{"A":1,"B":2}""")]
    [InlineData("""{"ARN":"arn:x-<suffix>","Id":"<uuid>"}""", """{"ARN":"arn:x-a1B2c3","Id":"01234567-89ab-cdef-0123-456789abcdef"}""")]
    [InlineData("""["<any>","<anything>","<like [7-9]{2}>"]""", """["x",[1],"78"]""")]
    [InlineData("""{"$blob":"AA=="}""", """{"$blob":"AA=="}""")]
    public void Same(string expected, string actual) => Difference(expected, actual).ShouldBeNull();

    [Theory]
    [InlineData("""{"A":1}""", """{"A":1,"B":2}""", "answer: with B")]
    [InlineData("""{"A":1,"B":2}""", """{"A":1}""", "answer: without B")]
    [InlineData("""{"A":1,"...":true}""", """{"B":2}""", "answer: without A")]
    [InlineData("""{"A":[{"B":1}]}""", """{"A":[{"B":2}]}""", "answer.A[0].B: 1 expected, not 2")]
    [InlineData("""{"A":["a","b"]}""", """{"A":["b","a"]}""", "answer.A[0]: \"a\" expected, not \"b\"")]
    [InlineData("[]", "[1]", "answer: 0 values expected, not 1: [1]")]
    [InlineData("\"a.c\"", "\"abc\"", "answer: \"a.c\" expected, not \"abc\"")]
    [InlineData("\"<like [7-9]{2}>\"", "\"789\"", "answer: <like [7-9]{2}> expected, not \"789\"")]
    [InlineData("\"<now>\"", "1.5", "answer: <now> expected, not 1.5")]
    [InlineData("\"<now>\"", """{"$time":0}""", """answer: <now> expected, not {"$time":0}""")]
    [InlineData("\"<today>\"", """{"$time":86400000}""", """answer: <today> expected, not {"$time":86400000}""")]
    [InlineData("""{"$blob":"AA=="}""", "\"AA==\"", "answer: an object expected, not \"AA==\"")]
    public void Different(string expected, string actual, string difference) => Difference(expected, actual).ShouldBe(difference);

    [Fact]
    public void WhatAClientDoesNotKnow_IsNotExpectedOfIt()
    {
        var expected = JsonNode.Parse("""{"Name":"a","NextRotationDate":"<later>"}""");
        var actual = JsonNode.Parse("""{"Name":"a"}""");
        Expectation.Difference(expected, actual, new HashSet<string> { "Name" }).ShouldBeNull();
        Expectation.Difference(expected, actual, known: null).ShouldBe("answer: without NextRotationDate");
    }

    private static string? Difference(string expected, string actual) =>
        Expectation.Difference(JsonNode.Parse(expected), JsonNode.Parse(actual), known: null);
}
