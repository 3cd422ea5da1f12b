using System.Text;
using Rekey.Rotators.CredentialServices;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.CredentialServices;

public sealed class CredentialServiceAnswerTests
{
    [Fact]
    public void List_IsReadWithWhateverElseIsInIt()
    {
        const string Json = """
            {"more":[1],"max":3,"credentials":[
             {"id":"a.b_c-1","label":"rekey/x","active":true,"lastUsed":"2026-03-02T10:00:00+01:00","x":0},
             {"id":"k2","label":null,"active":false,"lastUsed":null},{"id":"k3"}]}
            """;
        var (max, credentials, lastUses) = CredentialServiceAnswer.ReadList(Encoding.UTF8.GetBytes(Json));
        max.ShouldBe(3);
        credentials.Select(one => (one.Id, one.Label, one.IsActive)).ShouldBe(
            [("a.b_c-1", "rekey/x", true), ("k2", null, false), ("k3", null, false)]);
        lastUses.ShouldHaveSingleItem().Value.ShouldBe(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero));
    }

    /// <summary>An id stands in addresses, messages and the journal; what is no list must not pass for an empty one.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"max":2}""")]
    [InlineData("""{"credentials":[]}""")]
    [InlineData("""{"max":0,"credentials":[]}""")]
    [InlineData("""{"max":2,"credentials":{}}""")]
    [InlineData("""{"max":2,"credentials":[{}]}""")]
    [InlineData("""{"max":2,"credentials":["k"]}""")]
    [InlineData("""{"max":2,"credentials":[{"id":""}]}""")]
    [InlineData("""{"max":2,"credentials":[{"id":".."}]}""")]
    [InlineData("""{"max":2,"credentials":[{"id":"a/b"}]}""")]
    [InlineData("""{"max":2,"credentials":[{"id":"a:b"}]}""")]
    [InlineData("""{"max":2,"credentials":[{"id":"a\nb"}]}""")]
    [InlineData("""{"max":2,"credentials":[{"id":"a","lastUsed":"soon"}]}""")]
    public void ListThatIsNone_IsRefused_WithoutAWordOfIt(string json) =>
        Should.Throw<FormatException>(() => CredentialServiceAnswer.ReadList(Encoding.UTF8.GetBytes(json)))
            .Message.ShouldBe(new FormatException().Message);

    [Fact]
    public void IssuedValue_IsReadAsItIsMeant()
    {
        using var issued = CredentialServiceAnswer.ReadIssued("""{"x":{},"value":"a\"\u00e9:😀","id":"k1"}"""u8);
        issued.Id.ShouldBe("k1");
        issued.Value.RevealText().ShouldBe("a\"é:😀");
    }

    [Theory]
    [InlineData("""{"id":"k"}""")]
    [InlineData("""{"value":"secret-value"}""")]
    [InlineData("""{"id":"k","value":""}""")]
    [InlineData("""{"id":"k","value":7}""")]
    [InlineData("""{"id":"a b","value":"secret-value"}""")]
    [InlineData("""{"id":"k","value":"a\u0000b"}""")]
    [InlineData("""["secret-value"]""")]
    [InlineData("""{"id":"k","value":"secret-value" """)]
    public void IssuedValueThatIsNone_IsRefused_WithoutAWordOfIt(string json) =>
        Should.Throw<FormatException>(() => CredentialServiceAnswer.ReadIssued(Encoding.UTF8.GetBytes(json)))
            .ToString().ShouldNotContain("secret-value");
}
