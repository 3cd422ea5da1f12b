using Rekey.Server.Authorization.Policies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Authorization.Policies;

public sealed class KnownActionsTests
{
    [Fact]
    public void Actions_AreTheOperationsOfTheModel()
    {
        KnownActions.SecretsManager.All.Count.ShouldBe(23);
        KnownActions.SecretsManager.All.ShouldContain("secretsmanager:GetSecretValue");
        KnownActions.SecretsManager.All.ShouldContain("secretsmanager:ValidateResourcePolicy");
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("*:*", true)]
    [InlineData("secretsmanager:*", true)]
    [InlineData("secretsmanager:GetSecretValue", true)]
    [InlineData("SECRETSMANAGER:getsecretvalue", true)]
    [InlineData("secretsmanager:*Policy", true)]
    [InlineData("secretsmanager:?etSecretValue", true)]
    [InlineData("secretsmanager:GetSecret", false)]
    [InlineData("secretsmanager:GetSecretValues", false)]
    [InlineData("secretsmanager:Read*", false)]
    [InlineData("kms:Decrypt", false)]
    [InlineData("kms:*", false)]
    [InlineData("*:Decrypt", false)]
    public void Pattern_IsKnownWhenItMatchesOne(string action, bool isKnown)
    {
        foreach (var element in (string[])["Action", "NotAction"])
        {
            var policy = PolicyDocument.Parse(
                $$"""{"Statement":[{"Effect":"Deny","Principal":"*","{{element}}":["secretsmanager:Tag*","{{action}}"],"Resource":"*"}]}""",
                PolicyKind.Resource);
            KnownActions.SecretsManager.FindUnknown(policy)?.Text.ShouldBe(action);
            (KnownActions.SecretsManager.FindUnknown(policy) is null).ShouldBe(isKnown);
        }
    }
}
