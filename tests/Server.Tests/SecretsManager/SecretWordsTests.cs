using Rekey.Server.SecretsManager;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class SecretWordsTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("one two", "one|two")]
    [InlineData("a/b-c_d+e=f.g@h", "a|b|c|d|e|f|g|h")]
    [InlineData("//--", "")]
    [InlineData("ThisTestSecret", "This|Test|Secret")]
    [InlineData("thisTest", "this|Test")]
    [InlineData("Thirdsecret", "Thirdsecret")]
    [InlineData("COMPANYthings", "COMPAN|Ythings")]
    [InlineData("secretABC", "secretABC")]
    [InlineData("SecretABC", "Secret|ABC")]
    [InlineData("ABC", "ABC")]
    [InlineData("secret22", "secret|22")]
    [InlineData("22secret", "2|2secret")]
    [InlineData("MyApp/prod-Db2Password", "My|App|prod|Db|2|Password")]
    public void Split_FollowsSeparatorsCaseAndNumbers(string text, string words) =>
        string.Join('|', SecretWords.Split(text)).ShouldBe(words);

    [Theory]
    [InlineData("DescTwo of things", "d t", true)]
    [InlineData("DescTwo of things", "D T", true)]
    [InlineData("DescTwo of things", "desc missing", false)]
    [InlineData("Secret", "ret", false)]
    [InlineData("a secret", "a secret", true)]
    [InlineData("an secret", "a secret", true)]
    [InlineData("asecret", "a secret", false)]
    [InlineData("COMPANYthings", "company", false)]
    [InlineData("COMPANYthings", "things", false)]
    [InlineData("COMPANYthings", "pany", false)]
    [InlineData("COMPANYthings", "Ythings", true)]
    [InlineData("ThisTestSecret", "test", true)]
    [InlineData("Thirdsecret", "secret", false)]
    [InlineData("anything", "+", false)]
    [InlineData("anything", "", false)]
    public void Match_NeedsEveryWordToBeginSomeWord(string text, string value, bool isMatch) =>
        SecretWords.Match(text, SecretWords.Split(value)).ShouldBe(isMatch);
}
