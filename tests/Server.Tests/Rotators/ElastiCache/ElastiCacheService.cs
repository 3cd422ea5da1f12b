using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Rekey.Aws;
using Rekey.Aws.SigV4;

namespace Rekey.Server.Tests.Rotators.ElastiCache;

/// <summary>
/// The part of ElastiCache that a rotation meets, over HTTP in AWS's Query protocol: it checks the signature of every request, and carries
/// a change out only after the user was looked at a few times.
/// </summary>
internal sealed class ElastiCacheService : IAsyncDisposable
{
    public const string UserArn = "arn:aws:elasticache:eu-central-1:123456789012:user:shop-user";
    private const string Namespace = "http://elasticache.amazonaws.com/doc/2015-02-02/";

    private readonly WebApplication _server;
    private string[]? _wanted;
    private int _looks;

    private ElastiCacheService()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        _server.MapPost("/", AnswerAsync);
    }

    public Uri Address => new(_server.Urls.Single());

    public static SigningCredentials Credentials => new("AKIAEXAMPLE", Sensitive.FromText("api-s3cret"));

    /// <summary>What the caches accept.</summary>
    public IReadOnlyList<string> Passwords { get; private set; } = ["made-by-hand-0000"];

    /// <summary>How often a user is described as being modified after a change.</summary>
    public int LooksUntilActive { get; set; } = 3;

    public string UserName { get; set; } = "shop";

    public string Authentication { get; set; } = "password";

    /// <summary>An error code to answer the next call with.</summary>
    public string? NextError { get; set; }

    public int Modifications { get; private set; }

    public static async Task<ElastiCacheService> StartAsync(CancellationToken cancellationToken)
    {
        var service = new ElastiCacheService();
        await service._server.StartAsync(cancellationToken);
        return service;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task<IResult> AnswerAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        if (!IsSigned(request, body.ToArray())) return Refuse("SignatureDoesNotMatch", HttpStatusCode.Forbidden);
        if (NextError is { } error)
        {
            NextError = null;
            return Refuse(error, error == "ServiceUnavailable" ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.BadRequest);
        }
        var form = QueryHelpers.ParseQuery(System.Text.Encoding.ASCII.GetString(body.ToArray()));
        if (form["Version"] != "2015-02-02" || form["UserId"] != "shop-user") return Refuse("UserNotFound", HttpStatusCode.NotFound);
        return form["Action"].ToString() switch
        {
            "DescribeUsers" => Describe(),
            "ModifyUser" => Modify([.. form.Where(field => field.Key.StartsWith("Passwords.member.", StringComparison.Ordinal))
                .OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => field.Value.ToString())]),
            _ => Refuse("InvalidAction", HttpStatusCode.BadRequest),
        };
    }

    private IResult Describe()
    {
        var status = "active";
        if (_wanted is not null && ++_looks <= LooksUntilActive) status = "modifying";
        else if (_wanted is not null) (Passwords, _wanted, _looks) = (_wanted, null, 0);
        return Xml($"""
            <DescribeUsersResponse xmlns="{Namespace}"><DescribeUsersResult><Users><member>
            <UserId>shop-user</UserId><UserName>{UserName}</UserName><Status>{status}</Status><ARN>{UserArn}</ARN>
            <Authentication><Type>{Authentication}</Type><PasswordCount>{Passwords.Count}</PasswordCount></Authentication>
            </member></Users></DescribeUsersResult></DescribeUsersResponse>
            """);
    }

    private IResult Modify(string[] passwords)
    {
        if (_wanted is not null) return Refuse("InvalidUserState", HttpStatusCode.BadRequest);
        if (passwords.Length is 0 or > 2 || passwords.Any(password => password.Length is < 16 or > 128))
            return Refuse("InvalidParameterValue", HttpStatusCode.BadRequest);
        _wanted = passwords;
        Modifications++;
        return Xml($"""
            <ModifyUserResponse xmlns="{Namespace}"><ModifyUserResult><Status>modifying</Status></ModifyUserResult></ModifyUserResponse>
            """);
    }

    /// <summary>Signs what arrived as the caller should have, and compares.</summary>
    private static bool IsSigned(HttpRequest request, byte[] body)
    {
        using var expected = new HttpRequestMessage(HttpMethod.Post, $"http://{request.Host}/") { Content = new ByteArrayContent(body) };
        expected.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(request.ContentType!);
        // Asked for, the length becomes one of the headers, and is signed where the caller signed it.
        var signsLength = request.Headers.Authorization.ToString().Contains("content-length", StringComparison.Ordinal);
        if (signsLength && expected.Content.Headers.ContentLength != body.Length) return false;
        var date = DateTimeOffset.ParseExact(request.Headers["x-amz-date"]!, "yyyyMMdd'T'HHmmss'Z'", null,
            System.Globalization.DateTimeStyles.AssumeUniversal);
        new Signer(Credentials, "eu-central-1", "elasticache", new FixedTime(date)).Sign(expected, body);
        return request.Headers.Authorization.ToString() == expected.Headers.GetValues("Authorization").Single();
    }

    private static IResult Refuse(string code, HttpStatusCode status) => Results.Content(
        $"""<ErrorResponse xmlns="{Namespace}"><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>""",
        "text/xml", statusCode: (int)status);

    private static IResult Xml(string text) => Results.Content(text, "text/xml");

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
