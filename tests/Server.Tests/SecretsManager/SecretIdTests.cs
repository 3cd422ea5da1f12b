using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>Which secret a name, a full ARN and an ARN without its random end mean.</summary>
public sealed class SecretIdTests(SecretsManagerServer server) : OperationTests(server)
{
    // An ARN without its random end that looks as if it had one is taken for a full ARN: no secret has it.
    private const string Table = """
        | name                | by name | by full ARN | by partial ARN |
        | simple              | found   | found       | found          |
        | team/app/db         | found   | found       | found          |
        | a_b+c=d.e@f!g       | found   | found       | found          |
        | rds!cluster-1       | found   | found       | found          |
        | test-secret         | found   | found       | missing        |
        | db-google           | found   | found       | missing        |
        | Name-a1b2c3         | found   | found       | missing        |
        | Name-a1b2c3-        | found   | found       | found          |
        | Name-A1B2C3-d4E5f6  | found   | found       | missing        |
        | team/app-AbCdEf     | found   | found       | missing        |
        | Name-a1b2c          | found   | found       | found          |
        | Name-a1b2c34        | found   | found       | found          |
        | Name-a1_2c3         | found   | found       | found          |
        | Name--a1b2c         | found   | found       | found          |
        | -a1b2c3             | found   | found       | found          |
        | ---------           | found   | found       | found          |
        | A                   | found   | found       | found          |
        """;

    private static readonly (string Operation, string Member)[] s_lookups =
    [
        ("GetSecretValue", "'VersionStage':'AWSCURRENT'"), // from the store
        ("GetSecretValue", "'VersionStage':'AWSCURRENT'"), // from memory
        ("DescribeSecret", "'Unknown':0"),
        ("ListSecretVersionIds", "'MaxResults':1"),
        ("TagResource", "'Tags':[]"),
        ("UpdateSecretVersionStage", "'VersionStage':'L','MoveToVersionId':'V'"),
    ];

    public static IEnumerable<object[]> Rows => TextTable.Rows(Table);

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Id_MeansTheSecret(string name, string byName, string byFullArn, string byPartialArn)
    {
        var version = NewToken();
        var arn = await CreateAsync(name, "v", version);
        foreach (var (id, expected) in new[] { (name, byName), (arn, byFullArn), (arn[..^7], byPartialArn) })
        {
            foreach (var (operation, member) in s_lookups)
            {
                var body = $"{{'SecretId':'{id}',{member.Replace("'V'", $"'{version}'")}}}".Replace('\'', '"');
                var answer = await Server.CallRawAsync(operation, body, Stop);
                $"{answer.ErrorCode} {answer.ErrorMessage}".ShouldBe(
                    expected == "found" ? " " : $"ResourceNotFoundException {NotFound}", $"{operation} {id}");
            }
        }
    }

    [Theory]
    [InlineData("nobody", "ResourceNotFoundException", NotFound)]
    [InlineData("SIMPLE-BUT-IN-UPPER-CASE", "ResourceNotFoundException", NotFound)]
    [InlineData("arn:aws:secretsmanager:us-east-1:123456789012:secret:nobody-a1b2c3", "ResourceNotFoundException", NotFound)]
    [InlineData("arn:aws:secretsmanager:us-east-1:123456789012:secret:nobody", "ResourceNotFoundException", NotFound)]
    [InlineData("white space", "ValidationException", InvalidName)]
    [InlineData("naïve", "ValidationException", InvalidName)]
    [InlineData("a:b", "ValidationException", InvalidName)]
    [InlineData("a*", "ValidationException", InvalidName)]
    [InlineData("ARN:aws:secretsmanager:us-east-1:123456789012:secret:nobody-a1b2c3", "ValidationException", InvalidName)]
    [InlineData("arn:aws:s3:::bucket", "ValidationException", InvalidName)]
    [InlineData("arn:aws:secretsmanager", "ValidationException", InvalidName)]
    [InlineData("arn:aws:secretsmanager:us-east-1:123456789012:secret:", "ValidationException", InvalidName)]
    public async Task UnknownOrMalformedId_IsRefused(string id, string code, string text)
    {
        await CreateIfMissingAsync("simple-but-in-upper-case");
        foreach (var operation in new[] { "GetSecretValue", "DescribeSecret" })
            await FailAsync(operation, new { SecretId = id }, code, text);
    }

    [Fact]
    public async Task ArnOfAnotherRegionPartitionOrSuffix_IsNotFound()
    {
        var arn = await CreateAsync(NewName());
        foreach (var id in new[]
        {
            arn.Replace("us-east-1", "eu-west-1"),
            arn.Replace("us-east-1", "eu-west-1")[..^7],
            arn.Replace("arn:aws:", "arn:aws-cn:"),
            arn.Replace("arn:aws:", "arn:aws-cn:")[..^7],
            arn[..^1] + (arn[^1] == 'x' ? 'y' : 'x'),
            arn + "x",
        })
        {
            foreach (var operation in new[] { "GetSecretValue", "DescribeSecret" })
                await FailAsync(operation, new { SecretId = id }, "ResourceNotFoundException", NotFound);
        }
    }

    [Fact]
    public async Task ArnOfAnotherAccount_IsDeniedWhetherItExistsOrNot()
    {
        var id = "arn:aws:secretsmanager:us-east-1:999999999999:secret:theirs-a1b2c3";
        await FailAsync("GetSecretValue", new { SecretId = id }, "AccessDeniedException",
            "User: arn:aws:iam::123456789012:root is not authorized to perform: secretsmanager:GetSecretValue on resource: " + id
            + " because no identity-based policy allows the secretsmanager:GetSecretValue action");
    }

    private async Task CreateIfMissingAsync(string name) =>
        await Server.CallAsync("CreateSecret", new { Name = name, SecretString = "s", ClientRequestToken = NewToken() }, Stop);
}
