using System.Security.Cryptography;
using System.Text;
using Rekey.Rotators.MongoDb;

namespace Rekey.Server.Tests.Rotators.MongoDb;

/// <summary>One connection to a <see cref="ScriptedMongo"/>.</summary>
internal sealed class ScriptedMongoConversation(ScriptedMongo server)
{
    private const int Iterations = 10_000;
    private const int FeatureNotSupported = 303;
    private const int AuthenticationFailed = 18;
    private const int Unauthorized = 13;
    private const int CommandNotFound = 59;

    private static readonly byte[] Salt = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    private string _claimed = "";
    private string _said = "";
    private string? _user;

    public void Answer(BsonDocument request, BsonWriter answer)
    {
        var command = request.Elements().First();
        switch (command.Name)
        {
            case "isMaster": Describe(answer); break;
            case "saslStart": Challenge(request, answer); break;
            case "saslContinue": Decide(request, answer); break;
            case var _ when _user is null: Fail(answer, command.Name == "hello" ? CommandNotFound : Unauthorized); break;
            case "hello": Fail(answer, CommandNotFound); break;
            case "ping": answer.Int32("ok", 1); break;
            case "connectionStatus": DescribeConnection(answer); break;
            case "usersInfo" when Takes(request, "usersInfo"): DescribeUser(command.AsDocument()!.Value.FindText("user")!, answer); break;
            case "createUser" when Takes(request, "createUser", "pwd", "roles"): Change(request, answer); break;
            case "updateUser" when Takes(request, "updateUser", "pwd", "roles"): Change(request, answer); break;
            default: Fail(answer, FeatureNotSupported); break;
        }
    }

    private static bool Takes(BsonDocument request, params IEnumerable<string> fields) =>
        request.Elements().Select(element => element.Name).All(name => name == "$db" || fields.Contains(name));

    private static void Fail(BsonWriter answer, int code) =>
        answer.Int32("ok", 0).Int32("code", code).Text("errmsg", "what a server says is not shown");

    private void Describe(BsonWriter answer)
    {
        (server.Member?.Invoke() ?? new ScriptedMember("", "", SetName: null, IsWritable: true, IsSecondary: false)).Describe(answer);
        answer.Int32("ok", 1);
    }

    private void Challenge(BsonDocument request, BsonWriter answer)
    {
        server.Logins++;
        if (request.FindText("mechanism") != MongoScram.Sha1)
        {
            Fail(answer, FeatureNotSupported);
            return;
        }
        var first = TextOf(request)["n,,".Length..];
        _claimed = Field(first, 'n').Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
        var challenge = $"r={Field(first, 'r')}Server,s={Convert.ToBase64String(Salt)},i={Iterations}";
        _said = $"{first},{challenge}";
        answer.Int32("ok", 1).Int32("conversationId", 1).Boolean("done", false).Binary("payload", Encoding.UTF8.GetBytes(challenge));
    }

    private void Decide(BsonDocument request, BsonWriter answer)
    {
        var last = TextOf(request);
        if (last.Length == 0)
        {
            answer.Int32("ok", 1).Int32("conversationId", 1).Boolean("done", true).Binary("payload", []);
            return;
        }
        var message = Encoding.UTF8.GetBytes($"{_said},{last[..last.LastIndexOf(",p=", StringComparison.Ordinal)]}");
        var user = server.Users.GetValueOrDefault(_claimed);
        var keys = user is null ? null : ScramKeys.Derive(HashAlgorithmName.SHA1, user.Digest, Salt, Iterations);
        if (!server.ForgesItsProof && (keys is null || Convert.ToBase64String(keys.ProofOf(message)) != Field(last, 'p')))
        {
            Fail(answer, AuthenticationFailed);
            return;
        }
        _user = _claimed;
        var proof = server.ForgesItsProof ? Convert.ToBase64String(new byte[20]) : keys!.SignatureOf(message);
        answer.Int32("ok", 1).Int32("conversationId", 1).Boolean("done", false).Binary("payload", Encoding.ASCII.GetBytes($"v={proof}"));
    }

    private void DescribeConnection(BsonWriter answer) => answer.Int32("ok", 1).Document("authInfo", info => info
        .Array("authenticatedUsers", [_user!], (users, index, name) => users.Document(index, user => user
            .Text("user", name).Text("db", "admin"))));

    private void DescribeUser(string name, BsonWriter answer)
    {
        string[] found = server.Users.ContainsKey(name) ? [name] : [];
        answer.Int32("ok", 1).Array("users", found, (users, index, one) => users.Document(index, user => user
            .Text("_id", $"admin.{one}").Text("user", one).Text("db", "admin")
            .Array("roles", server.Users[one].Roles, (roles, place, role) => roles.Document(place, given => given
                .Text("role", role).Text("db", "shop")))));
    }

    private void Change(BsonDocument request, BsonWriter answer)
    {
        var name = request.Elements().First().AsText()!;
        var user = server.Users.GetValueOrDefault(name) ?? new ScriptedMongoUser([], []);
        if (request.FindText("pwd") is { } password) user = user with { Digest = ScriptedMongoUser.Of(name, password).Digest };
        if (request.FindDocument("roles") is not null)
            user = user with { Roles = [.. request.FindDocuments("roles").Select(role => role.FindText("role")!)] };
        server.Users[name] = user;
        answer.Int32("ok", 1);
    }

    private static string TextOf(BsonDocument request) => Encoding.UTF8.GetString(request.Find("payload")!.AsBinary()!.Value.Span);

    private static string Field(string message, char key) =>
        message.Split(',').First(part => part.Length > 1 && part[0] == key && part[1] == '=')[2..];
}
