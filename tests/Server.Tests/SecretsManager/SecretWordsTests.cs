using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
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
    [InlineData("Aa", "Aa")]
    [InlineData("aA", "aA")]
    [InlineData("AbC", "Ab|C")]
    [InlineData("ABc", "A|Bc")]
    [InlineData("A1", "A|1")]
    [InlineData("1A", "1A")]
    [InlineData("a1b2", "a|1b|2")]
    [InlineData("secret22b", "secret|2|2b")]
    [InlineData("one\ttwo\nthree", "one|two|three")]
    [InlineData(" padded  twice ", "padded|twice")]
    [InlineData("a:b!c", "a|:b|!c")]
    public void Split_FollowsSeparatorsCaseAndNumbers(string text, string words) =>
        string.Join('|', SecretWords.Split(text)).ShouldBe(words);

    /// <summary>The recorded rule splits at a regular expression and keeps what it splits at; the documented one adds numbers.</summary>
    [Fact]
    public void Split_IsTheRecordedRegularExpression() => Prop.ForAll(
        Gen.Elements("abzABZ019 /-_+=.@:!\t".ToCharArray()).ArrayOf().Select(letters => new string(letters)).ToArbitrary(),
        text =>
        {
            var words = text.Split([.. "/-_+=.@ \t"], StringSplitOptions.RemoveEmptyEntries)
                .SelectMany(word => Regex.Split(word, "([^a-z][a-z]+)"))
                .SelectMany(part => Regex.Split(part, "(?<=[A-Za-z])(?=[0-9])")).Where(word => word.Length > 0);
            SecretWords.Split(text).ShouldBe(words);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

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
    [InlineData("This Is A Test", "a test", true)]
    [InlineData("prod/Db2Password", "db 2 pass", true)]
    [InlineData("prod/Db2Password", "db2password", false)]
    [InlineData("prod/Db2Password", "Db2", true)]
    [InlineData("prod/Db2Password", "2p", false)]
    [InlineData("secretABC", "abc", false)]
    [InlineData("secretABC", "SECRETABC", true)]
    [InlineData("SecretABC", "abc", true)]
    [InlineData("anything", "+", false)]
    [InlineData("anything", "", false)]
    public void Match_NeedsEveryWordToBeginSomeWord(string text, string value, bool isMatch) =>
        SecretWords.Match(text, SecretWords.Split(value)).ShouldBe(isMatch);
}
