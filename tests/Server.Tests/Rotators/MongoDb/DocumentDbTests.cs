using Rekey.Aws;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.MongoDb;

/// <summary>Amazon DocumentDB, of which no server can be run here: against a server that is scripted from its documentation.</summary>
public sealed class DocumentDbTests : IAsyncDisposable
{
    private const string First = "First-password-0";
    private const string Second = "Second-password-1";

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private readonly ScriptedMongo _server = new();

    public DocumentDbTests()
    {
        _server.Users["app"] = ScriptedMongoUser.Of("app", First, "read", "readWrite");
        _server.Users["master"] = ScriptedMongoUser.Of("master", First);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task SingleUser_Rotates()
    {
        var rotator = Rotator("SecretsManagerMongoDBRotationSingleUser");
        var request = new RotationRequest { Current = With("app", First), Pending = With("app", Second) };
        await rotator.SetSecretAsync(request, _stop);
        await rotator.TestSecretAsync(request, _stop);
        _server.Users["app"].Digest.ShouldBe(ScriptedMongoUser.Of("app", Second).Digest);
        _server.Users["app"].Roles.ShouldBe(["read", "readWrite"]);
    }

    [Fact]
    public async Task AlternatingUsers_Rotate_AndDriftIsMended()
    {
        var rotator = Rotator("SecretsManagerMongoDBRotationMultiUser");
        _server.Users["app_clone"] = ScriptedMongoUser.Of("app_clone", First, "dbAdmin");
        var request = new RotationRequest
        {
            Current = With("app", First),
            Pending = With("app_clone", Second),
            Superuser = With("master", First),
        };
        await rotator.SetSecretAsync(request, _stop);
        await rotator.TestSecretAsync(request, _stop);
        _server.Users["app_clone"].ShouldSatisfyAllConditions(
            clone => clone.Digest.ShouldBe(ScriptedMongoUser.Of("app_clone", Second).Digest),
            clone => clone.Roles.ShouldBe(["read", "readWrite"]));

        _server.Users.Remove("app_clone");
        await rotator.SetSecretAsync(request, _stop);
        _server.Users["app_clone"].Roles.ShouldBe(["read", "readWrite"]);
    }

    [Fact]
    public async Task PasswordRules_AreItsOwn()
    {
        var subject = new RotationSubject { Current = With("app", First) };
        var rules = await Rotator("SecretsManagerMongoDBRotationSingleUser").ReadPasswordRulesAsync(subject, _stop);
        (rules.LengthMin, rules.LengthMax, rules.ForbiddenCharacters).ShouldBe((8, 100, "/\"@"));
    }

    [Fact]
    public async Task ServerThatDoesNotKnowThePassword_IsFoundOut()
    {
        _server.ForgesItsProof = true;
        var request = new RotationRequest { Current = With("app", First), Pending = With("app", Second) };
        var failure = await Should.ThrowAsync<RotatorException>(
            Rotator("SecretsManagerMongoDBRotationSingleUser").SetSecretAsync(request, _stop));
        failure.Cause.ShouldBe(FailureCause.Auth);
        failure.Message.ShouldContain("it is not the right server");
        failure.TargetUntouched.ShouldBeTrue();
        _server.Users["app"].Digest.ShouldBe(ScriptedMongoUser.Of("app", First).Digest);
    }

    private static IDatabaseRotator Rotator(string name) =>
        RotatorCatalogue.Find(name)!.Create(new RotatorOptions(), TimeProvider.System);

    private DatabaseCredentials With(string user, string password) => new()
    {
        Engine = "mongo",
        Host = "127.0.0.1",
        Port = _server.Port,
        Username = user,
        Password = Sensitive.FromText(password),
        DatabaseName = "admin",
        Tls = TlsMode.Plaintext,
    };
}
