using Rekey.Rotators;
using Rekey.Rotators.Oracle;
using Rekey.Rotators.Strategies;
using Rekey.Server.Tests.Rotators.Sql;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Oracle;

/// <summary>A simulated Oracle server with an application's account, and rotations on it.</summary>
internal sealed class OracleRotation
{
    public OracleRotation()
    {
        Server.Users["APP"] = new OracleAccount { Newest = "old" };
        Server.Users["ADMIN"] = new OracleAccount { Newest = "super" };
    }

    public SimulatedOracle Server { get; } = new();

    public List<string> Notices { get; } = [];

    public OracleLogin Login => new(new RotatorOptions { Notice = Notices.Add }, Server.ConnectAsync);

    public SingleUser Single => new(Login, Login, new ImmediateTime());

    public AlternatingUsers Alternating => new(DatabaseEngine.Oracle, Login, Login, new ImmediateTime());

    public OracleAccount App => Server.Users["APP"];

    public static DatabaseCredentials Superuser => Account("admin", "super");

    public static DatabaseCredentials Account(string username, string password) =>
        SqlSecrets.Account("oracle", username, password, "pdb1");

    public static RotationRequest Change(bool superuser = false, string current = "old", bool mayBeLive = false) => SqlSecrets.Request(
        Account("app", current), Account("app", "new"), superuser ? Superuser : null, pendingMayBeLive: mayBeLive);

    public static RotationRequest Alternate(string current = "app", string pending = "app_CLONE") =>
        SqlSecrets.Request(Account(current, "old"), Account(pending, "new"), Superuser);

    /// <summary>Gives the account's profile a rollover.</summary>
    public void LetOverlap(bool forbidsReuse = false) =>
        Server.Profiles["DEFAULT"] = new OracleLimits(".0417", "ORA12C_VERIFY_FUNCTION", forbidsReuse);

    public Task<SetSecretResult> SetAsync(IDatabaseRotator rotator, RotationRequest request) =>
        rotator.SetSecretAsync(request, TestContext.Current.CancellationToken);

    public async Task<RotatorException> FailureAsync(IDatabaseRotator rotator, RotationRequest request)
    {
        var e = await Should.ThrowAsync<RotatorException>(() => SetAsync(rotator, request));
        Server.OpenSessions.ShouldBe(0);
        return e;
    }

    public async Task<bool> TryAsync(IDatabaseRotator rotator, RotationRequest request)
    {
        try
        {
            await SetAsync(rotator, request);
            return true;
        }
        catch (RotatorException e)
        {
            e.Cause.ShouldBe(FailureCause.Network);
            return false;
        }
    }
}
