using System.Text;
using Rekey.Aws;
using Rekey.Server.SecretsManager;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class SecretPayloadTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void StoredForm_KeepsKindAndContent(bool isText)
    {
        using var value = Sensitive.FromText("välue");
        using var payload = isText ? SecretPayload.OneOf(value, null)! : SecretPayload.OneOf(null, value)!;
        using var back = SecretPayload.FromStored(Sensitive.CopyOf(payload.RevealStored()));
        back.IsText.ShouldBe(isText);
        back.Length.ShouldBe(6);
        Encoding.UTF8.GetString(back.Reveal()).ShouldBe("välue");
        back.FixedTimeEquals(payload).ShouldBeTrue();
    }

    [Fact]
    public void OtherKindOrContent_IsNotEqual()
    {
        using var one = Sensitive.FromText("one");
        using var two = Sensitive.FromText("two");
        using var text = SecretPayload.OneOf(one, null)!;
        using var binary = SecretPayload.OneOf(null, one)!;
        using var other = SecretPayload.OneOf(two, null)!;
        text.FixedTimeEquals(binary).ShouldBeFalse();
        text.FixedTimeEquals(other).ShouldBeFalse();
    }

    [Fact]
    public void Copy_SurvivesTheRequest()
    {
        var value = Sensitive.FromText("value");
        using var payload = SecretPayload.OneOf(value, null)!;
        value.Dispose();
        Encoding.UTF8.GetString(payload.Reveal()).ShouldBe("value");
    }

    [Fact]
    public void NoValue_IsNull() => SecretPayload.OneOf(null, null).ShouldBeNull();

    [Fact]
    public void TooLong_IsValidationExceptionWithoutTheValue()
    {
        using var value = Sensitive.FromText(new string('x', 65_537));
        var text = Should.Throw<ServiceException>(() => SecretPayload.OneOf(value, null)).Message;
        text.ShouldBe("1 validation error detected: Value at 'secretString' failed to satisfy constraint: "
            + "Member must have length less than or equal to 65536");
        Should.Throw<ServiceException>(() => SecretPayload.OneOf(null, value)).Message.ShouldContain("'secretBinary'");
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 1 })]
    [InlineData(new byte[] { 3, 65 })]
    [InlineData(new byte[] { 0, 65 })]
    public void UnknownStoredForm_IsRefused(byte[] stored) =>
        Should.Throw<InvalidOperationException>(() => SecretPayload.FromStored(Sensitive.CopyOf(stored)));

    [Fact]
    public void ToString_IsAMask()
    {
        using var value = Sensitive.FromText("plaintext");
        using var payload = SecretPayload.OneOf(value, null)!;
        $"{payload}".ShouldBe(Sensitive.Mask);
        var request = new PutSecretValueRequest { SecretId = "s", SecretString = value, RotationToken = value };
        request.ToString().ShouldNotContain("plaintext");
        new GetSecretValueResponse { ARN = "a", CreatedDate = default, Name = "n", VersionId = "v", SecretString = payload }
            .ToString().ShouldNotContain("plaintext");
    }
}
