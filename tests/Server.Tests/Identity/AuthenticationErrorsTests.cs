using Rekey.Server.Identity;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

public sealed class AuthenticationErrorsTests
{
    [Theory]
    [InlineData("MissingToken", "MissingAuthenticationTokenException", "MissingAuthenticationToken", 403)]
    [InlineData("IncompleteSignature", "IncompleteSignatureException", "IncompleteSignature", 400)]
    [InlineData("InvalidSignature", "InvalidSignatureException", "SignatureDoesNotMatch", 403)]
    [InlineData("UnrecognizedClient", "UnrecognizedClientException", "InvalidClientTokenId", 403)]
    [InlineData("ExpiredToken", "ExpiredTokenException", "ExpiredToken", 403)]
    public void EachFault_HasItsCodeInEachProtocol(string name, string json, string query, int queryStatus)
    {
        var fault = Enum.Parse<AuthenticationFault>(name);
        var jsonShape = AuthenticationErrors.JsonShape(fault);
        (jsonShape.Code, jsonShape.Status, jsonShape.Modelled).ShouldBe((json, 400, false));
        var queryShape = AuthenticationErrors.QueryShape(fault);
        (queryShape.Code, queryShape.Status).ShouldBe((query, queryStatus));
    }

    [Fact]
    public void MissingToken_IsWordedByProtocol()
    {
        AuthenticationErrors.MissingToken.Text.ShouldBe("Missing Authentication Token");
        AuthenticationErrors.QueryText(AuthenticationErrors.MissingToken).ShouldBe("Request is missing Authentication Token");
        AuthenticationErrors.QueryText(AuthenticationErrors.ExpiredToken).ShouldBe(AuthenticationErrors.ExpiredToken.Text);
    }

    [Fact]
    public void Shown_CutsAndCleans()
    {
        EchoedText.Shown("a\r\nbé").ShouldBe("a??b?");
        EchoedText.Shown(new string('x', 1000)).Length.ShouldBe(Limits.EchoedCharsMax);
    }
}
