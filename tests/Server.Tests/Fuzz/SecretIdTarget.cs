using System.Text;
using System.Text.RegularExpressions;
using Rekey.Aws;
using Rekey.Server.SecretsManager;
using Shouldly;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>
/// ARNs and SecretIds. What is read prints as it was written; a name has allowed characters only; and whatever leads to a secret (its name,
/// its partial and its full ARN) is forgotten under the same key.
/// </summary>
internal sealed class SecretIdTarget : FuzzTarget
{
    private const string Account = "123456789012";
    private const string Region = "us-east-1";
    private const string Suffix = "-AbCd12";

    private static readonly Regex s_name = new("^[A-Za-z0-9/_+=.@!-]*$", RegexOptions.NonBacktracking);

    private static readonly Regex s_full = new("^.+-[A-Za-z0-9]{6}$", RegexOptions.NonBacktracking | RegexOptions.Singleline);

    public override string Name => "secret id";

    public override IReadOnlyList<byte[]> Corpus { get; } = [.. new[]
    {
        "", "a", "prod/db-1", "test-secret", "rds!cluster-1", "arn:", "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-AbCd12",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:test-secret", "arn:aws:secretsmanager:us-east-1:123456789012:secret:a",
        "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a:b-AbCd12",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:-AbCd12",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:", "arn:aws:secretsmanager:us-east-1:123456789012:key:a",
        "arn:aws:kms:::secret:a",
        "arn:aws:secretsmanager::::", "arn::secretsmanager:::secret:a", "ARN:aws:secretsmanager:::secret:a",
        "arn:aws:iam::123456789012:user/a", "name with space", "ünïcode", "arn:aws:secretsmanager:us-east-1:123456789012:secret:ü",
    }.Select(Encoding.UTF8.GetBytes)];

    public override IReadOnlyList<string> Words { get; } =
    [
        "arn:", "aws", "secretsmanager", ":", "::", "secret:", "us-east-1", Account, "/", "_", "+", "=", ".", "@", "-", "!", Suffix,
        "-ABCDEF",
        "-abcde", "*", "?", "\0", "\n", "é", "😀",
    ];

    public override byte[] Generate(Random random)
    {
        const string Characters = "aZ09/_+=.@-! :";
        var name = string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => Characters[random.Next(Characters.Length)]));
        if (random.Next(3) == 0) return Encoding.ASCII.GetBytes(name);
        var end = random.Next(2) == 0 ? Suffix : "";
        return Encoding.ASCII.GetBytes($"arn:aws:secretsmanager:{Region}:{Account}:secret:{name}{end}");
    }

    public override void Check(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        if (Arn.TryParse(text, out var arn)) arn.ToString().ShouldBe(text);
        var id = Measured(input, () => Parse(text));
        Parse(text).ShouldBe(id);
        if (!text.StartsWith("arn:", StringComparison.Ordinal))
        {
            (id is not null).ShouldBe(s_name.IsMatch(text) && !text.Contains('\n'));
            if (text.Length > 0 && id is { } name) OfName(name, text);
        }
        else if (id is { } found)
        {
            OfArn(found, text, arn);
        }
    }

    private static void OfName(SecretIdentifier id, string text)
    {
        id.ShouldBe(new SecretIdentifier(text, null, text));
        var partial = $"arn:aws:secretsmanager:{Region}:{Account}:secret:{text}";
        id.CacheKey(Account, Region).ShouldBe(partial);
        Parse(partial + Suffix)!.Value.CacheKey(Account, Region).ShouldBe(partial);
        var full = SecretIdentifier.NewArn(Account, Region, text);
        SecretIdentifier.CacheKeyOf(full).ShouldBe(partial);
        Parse(full)!.Value.Name.ShouldBeNull();
    }

    private static void OfArn(SecretIdentifier id, string text, Arn arn)
    {
        id.Text.ShouldBe(text);
        id.Arn.ShouldBe(arn);
        arn.Service.ShouldBe("secretsmanager");
        arn.Resource.ShouldStartWith("secret:", Case.Sensitive);
        var name = arn.Resource["secret:".Length..];
        name.ShouldNotBeEmpty();
        id.Name.ShouldBe(s_full.IsMatch(name) && !name.EndsWith('\n') ? null : name);
        if (id.Name is not null) Parse(text + Suffix)!.Value.CacheKey(Account, Region).ShouldBe(id.CacheKey(Account, Region));
    }

    private static SecretIdentifier? Parse(string text)
    {
        try
        {
            return SecretIdentifier.Parse(text);
        }
        catch (ServiceException error)
        {
            error.Shape.Code.ShouldBe("ValidationException");
            return null;
        }
    }
}
