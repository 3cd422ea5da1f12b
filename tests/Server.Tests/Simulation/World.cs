using Rekey.Rotators;
using Rekey.Server.Tests.Fakes;

namespace Rekey.Server.Tests.Simulation;

/// <summary>In which way a secret rotates.</summary>
internal enum Mode
{
    Single,
    Overlapping,
    SingleBySuperuser,
    OverlappingBySuperuser,
    Alternating,
}

/// <summary>A secret of the simulation.</summary>
internal sealed record SimulatedSecret(string Name, Mode Mode, string Username, OverlapKind Overlap)
{
    public const string Account = TestServer.Account;
    public const string Region = TestServer.Region;

    public string Arn => $"arn:aws:secretsmanager:{Region}:{Account}:secret:{Name}-AbCdEf";

    public string FunctionArn => $"arn:aws:lambda:{Region}:{Account}:function:{FunctionName(Mode, Overlap)}";

    /// <summary>The superuser's secret; null for none.</summary>
    public string? SuperuserArn { get; init; }

    /// <summary>
    /// Another secret names the same user: when one of them rotates, the other one is refused. That is not Rekey's doing.
    /// </summary>
    public bool IsShared { get; init; }

    public string Twin => Username + SimulatedEngine.Kind.CloneSuffix;

    /// <summary>Applications are never locked out by a rotation.</summary>
    public bool HasNoGap => Mode is Mode.Alternating or Mode.Overlapping or Mode.OverlappingBySuperuser;

    public bool HasSuperuser => SuperuserArn is not null;

    public bool Names(string username) => username == Username || (Mode == Mode.Alternating && username == Twin);

    public static string FunctionName(Mode mode, OverlapKind overlap) =>
        mode == Mode.Alternating ? "SimulatedAlternatingUsers" : $"SimulatedSingleUser{overlap}";
}

/// <summary>What there is beside the nodes: clock, store, servers, secrets.</summary>
internal sealed class World : IDisposable
{
    public const string SuperuserName = "admin";

    public World(Random random)
    {
        IsShared = random.Next(3) > 0;
        Store = new SimulatedStore(isExclusive: !IsShared, Clock);
        Main = new SimulatedServer("main");
        Stranger = new SimulatedServer("stranger");
        Answering = Main;
        HasTransactionalRights = random.Next(2) == 0;
        Secrets = Choose(random);
        Main.TellsItsRules = random.Next(2) == 0;
        Fill(Main, random);
    }

    /// <summary>Whether several nodes share the store.</summary>
    public bool IsShared { get; }

    public ManualClock Clock { get; } = new();

    public SimulatedStore Store { get; }

    public SimulatedServer Main { get; }

    /// <summary>Another server that may answer at the address. It has users of the same names and passwords.</summary>
    public SimulatedServer Stranger { get; }

    public SimulatedServer Answering { get; set; }

    public bool HasTransactionalRights { get; }

    public IReadOnlyList<SimulatedSecret> Secrets { get; }

    public void Dispose() => Store.Dispose();

    public static string FirstPassword(SimulatedSecret secret) => $"first-password-of-{secret.Name}-0123456789";

    private static List<SimulatedSecret> Choose(Random random)
    {
        var superuser = new SimulatedSecret("superuser", Mode.Single, SuperuserName, OverlapOf(random, Mode.Single));
        List<SimulatedSecret> secrets = [superuser];
        Mode[] modes =
        [
            Mode.Single, Mode.Overlapping, Mode.SingleBySuperuser, Mode.OverlappingBySuperuser, Mode.Alternating, Mode.Alternating,
        ];
        for (var number = 1; number <= 3; number++)
        {
            var mode = modes[random.Next(modes.Length)];
            var superuserArn = mode is Mode.Single or Mode.Overlapping ? null : superuser.Arn;
            var overlap = OverlapOf(random, mode);
            secrets.Add(new SimulatedSecret($"app{number}", mode, $"user{number}", overlap) { SuperuserArn = superuserArn });
        }
        if (random.Next(3) == 0)
        {
            secrets[1] = secrets[1] with { IsShared = true };
            secrets.Add(secrets[1] with { Name = "twin" });
        }
        return secrets;
    }

    private static OverlapKind OverlapOf(Random random, Mode mode) => mode is Mode.Overlapping or Mode.OverlappingBySuperuser
        ? (OverlapKind)random.Next((int)OverlapKind.Together, (int)OverlapKind.List + 1)
        : OverlapKind.None;

    private void Fill(SimulatedServer server, Random random)
    {
        foreach (var secret in Secrets.DistinctBy(secret => secret.Username))
        {
            var account = server.Add(new SimulatedAccount(secret.Username) { IsSuperuser = secret.Username == SuperuserName });
            account.Passwords.Add(FirstPassword(secret));
            for (var right = 0; right < 4; right++)
            {
                if (random.Next(2) == 0) account.Rights.Add($"right{right}");
            }
        }
    }
}
