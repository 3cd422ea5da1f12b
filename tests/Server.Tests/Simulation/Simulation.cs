using System.Runtime.ExceptionServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rekey.Rotators;
using Rekey.Server.Kms;
using Rekey.Server.Rotation;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;

namespace Rekey.Server.Tests.Simulation;

/// <summary>
/// One run, decided by its seed alone: nodes, humans and the world take turns on one thread. Faults first, then quiet, in which everything
/// has to come right by itself.
/// </summary>
internal sealed class Simulation : IDisposable
{
    /// <summary>Rotations begun before faults end.</summary>
    private const int RotationsMax = 24;
    private const int StepsMax = 4000;

    /// <summary>
    /// Continuations run inside what completes them, many deep: where the stack becomes short, the runtime posts them instead.
    /// </summary>
    private const int StackBytes = 64 * 1024 * 1024;

    /// <summary>How long after it was sent a request may still arrive.</summary>
    private static readonly TimeSpan s_lateMax = TimeSpan.FromMinutes(5);

    private readonly PostedWork _posted = new();
    private readonly List<string> _trace = [];
    private readonly List<string> _violations = [];
    private readonly List<SimulatedNode> _nodes = [];
    private readonly List<SimulatedNode> _made = [];
    private readonly List<(string Text, Action Arrive, DateTimeOffset SentAt)> _late = [];
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly RootKey _rootKey = new(new byte[RootKey.Size]);
    private readonly LogCollector _logs = new();
    private readonly ServiceProvider _desk;
    private readonly Humans _humans;

    public Simulation(int seed, SimulationSetup setup)
    {
        Seed = seed;
        Setup = setup;
        Random = new Random(seed);
        World = new World(Random);
        Faults = new Faults(Random);
        Keys = new KmsKeyStore(_rootKey, World.Store);
        Cipher = new EnvelopeCipher(Keys);
        LoggerFactory = Microsoft.Extensions.Logging.LoggerFactory.Create(logging => logging.AddProvider(_logs));
        Prober = new Prober(this);
        var clerk = new SimulatedNode(this, "desk");
        _made.Add(clerk);
        _desk = SimulatedServices.Build(this, clerk, World.Store, World.Clock);
        _humans = new Humans(this, _desk);
    }

    public int Seed { get; }

    public SimulationSetup Setup { get; }

    public Random Random { get; }

    public World World { get; }

    public Faults Faults { get; }

    public Gates Gates { get; } = new();

    public Prober Prober { get; }

    public KmsKeyStore Keys { get; }

    public EnvelopeCipher Cipher { get; }

    public ILoggerFactory LoggerFactory { get; }

    public RotationOptions Options { get; } = new() { SpreadSeconds = 60 };

    public int StepNumber { get; private set; }

    /// <summary>A request arrives whose sender no longer waits for it.</summary>
    public bool IsDelivering { get; private set; }

    public IReadOnlyList<string> TraceLines => _trace;

    public int Rotations => World.Store.Read(session => checked((int)session.Find(
        "SELECT COUNT(*) FROM rotation_events WHERE event IN ('RotationStarted', 'TestRotationStarted')", row => row.Number(0))));

    /// <exception cref="SimulationException">An invariant does not hold.</exception>
    public void Run()
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(
            () =>
            {
                SynchronizationContext.SetSynchronizationContext(_posted);
                try
                {
                    Play();
                }
#pragma warning disable CA1031 // It is thrown again by the caller's thread.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    failure = ExceptionDispatchInfo.Capture(exception);
                }
            },
            StackBytes);
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    private void Play()
    {
        Begin();
        for (StepNumber = 1; StepNumber <= StepsMax && (StepNumber % 20 != 0 || Rotations < RotationsMax); StepNumber++)
        {
            Step();
            DemandSound();
        }
        new QuietPhase(this, _humans).Run();
        Demand(() => Disclosure.Check(this, _logs));
    }

    public double Jitter() => (Random.NextDouble() * 2) - 1;

    public void Trace(string line)
    {
        // Ids of versions are random; their names are not.
        foreach (var (id, name) in _names) line = line.Replace(id, name, StringComparison.Ordinal);
        _trace.Add($"{StepNumber} {World.Clock.GetUtcNow():HH:mm:ss.fff} {line}");
    }

    public void Violate(string text)
    {
        Trace($"VIOLATION {text}");
        _violations.Add(text);
    }

    public void DeliverLater(string text, Action arrive) => _late.Add((text, arrive, World.Clock.GetUtcNow()));

    public static string ShortName(string arn) => arn[(arn.LastIndexOf(':') + 1)..^7];

    /// <summary>A version's name in the trace: its id is random.</summary>
    public string NameOf(string versionId)
    {
        if (!_names.TryGetValue(versionId, out var name)) _names[versionId] = name = $"v{_names.Count + 1}";
        return name;
    }

    public void Demand(Action check)
    {
        check();
        DemandSound();
    }

    public void DemandSound()
    {
        if (_violations.Count > 0) throw new SimulationException(Seed, StepNumber, _violations, _trace);
    }

    /// <summary>Everything that waits goes on until nothing does.</summary>
    public void Settle()
    {
        _posted.Run();
        while (Gates.Passable.FirstOrDefault() is { } waiter)
        {
            Gates.Open(waiter);
            _posted.Run();
        }
    }

    public void TurnAll()
    {
        foreach (var node in _nodes.ToArray()) node.Turn();
        Settle();
    }

    /// <summary>The faults end: the server is well, late requests have arrived, and a node runs that nobody stops.</summary>
    public void Calm()
    {
        Trace("the faults end");
        Faults.AreOver = true;
        World.Answering = World.Main;
        World.Main.IsDown = World.Main.IsReadOnly = false;
        foreach (var node in _nodes) node.Resume();
        Settle();
        while (_late.Count > 0) Deliver(_late.Count - 1);
        // A node that was asked to stop ends what it has begun.
        for (var turn = 0; turn < 100 && _nodes.Exists(node => node is { IsStopping: true, IsBusy: true, IsAlive: true }); turn++)
            Advance(TimeSpan.FromSeconds(1));
        foreach (var node in _nodes.Where(node => node.IsStopping)) node.Crash("after it was stopped");
        _nodes.RemoveAll(node => !node.IsAlive);
        if (_nodes.Count == 0) StartNode();
        Prober.Check(isOutside: true);
    }

    public void Advance(TimeSpan by)
    {
        World.Clock.Advance(by);
        _posted.Run();
        if (Faults.AreOver) Settle();
    }

    /// <summary>When something is next to be done; null for never.</summary>
    public DateTimeOffset? NextMoment()
    {
        var moments = _nodes.Where(node => node.IsAlive).Select(node => node.NextMoment()).Append(World.Clock.NextTimer);
        return moments.Min();
    }

    public void Dispose()
    {
        _desk.Dispose();
        foreach (var node in _made) node.Dispose();
        LoggerFactory.Dispose();
        World.Dispose();
        Keys.Dispose();
        _rootKey.Dispose();
    }

    private void Begin()
    {
        var now = World.Clock.GetUtcNow();
        World.Store.Write(session =>
        {
            var keyArn = Keys.EnsureDefaultKey(session, SimulatedSecret.Account, SimulatedSecret.Region, now);
            foreach (var secret in World.Secrets) Insert(session, secret, keyArn, now);
            return true;
        });
        foreach (var account in World.Main.Accounts)
        {
            var copy = World.Stranger.Add(new SimulatedAccount(account.Name) { IsSuperuser = account.IsSuperuser });
            copy.Passwords.AddRange(account.Passwords);
        }
        Prober.Check(isOutside: true);
        StartNode();
        if (World.IsShared) StartNode();
        foreach (var secret in World.Secrets) _humans.Enable(secret);
    }

    private void Insert(Session session, SimulatedSecret secret, string keyArn, DateTimeOffset now)
    {
        const string FirstVersion = "00000000-0000-0000-0000-000000000001";
        SecretStore.Insert(session, new Secret
        {
            Arn = secret.Arn,
            Account = SimulatedSecret.Account,
            Region = SimulatedSecret.Region,
            Name = secret.Name,
            KmsKeyArn = keyArn,
            CreatedDate = now,
            LastChangedDate = now,
        });
        var password = World.FirstPassword(World.Secrets.First(each => each.Username == secret.Username));
        using var text = Humans.Value(secret, secret.Username, password);
        using var payload = SecretPayload.OneOf(text, null)!;
        var version = new SecretVersion { VersionId = FirstVersion, CreatedDate = now, Sequence = 1, KmsKeyArn = keyArn };
        SecretStore.InsertVersion(session, secret.Arn, version, Cipher.Seal(keyArn, secret.Arn, FirstVersion, payload.RevealStored()));
        var labels = SecretStore.FindByArn(session, secret.Arn)!.Labels;
        SecretStore.WriteLabels(session, secret.Arn, labels, labels.Attach(StagingLabels.Current, FirstVersion));
    }

    private void Step()
    {
        var dice = Random.Next(100);
        var waiting = Gates.Passable.ToList();
        if (dice < 45 && waiting.Count > 0)
        {
            var waiter = waiting[Random.Next(waiting.Count)];
            Trace($"{waiter.Node.Name} {waiter.What} goes on");
            Gates.Open(waiter);
        }
        else if (dice < 70) _nodes[Random.Next(_nodes.Count)].Turn();
        else if (dice < 86) MoveClock();
        else if (dice < 91)
        {
            _humans.Act();
            Prober.Check(isOutside: true);
        }
        else if (dice < 94) ChangeServer();
        else if (dice < 97) ChangeNodes();
        else if (_late.Count > 0) Deliver(Random.Next(_late.Count));
        _posted.Run();
        if (_nodes.TrueForAll(node => !node.IsAlive || (node.IsStopping && !node.IsBusy))) RestartNodes();
    }

    private void MoveClock()
    {
        var now = World.Clock.GetUtcNow();
        switch (Random.Next(20))
        {
            case < 7:
                World.Clock.Advance(TimeSpan.FromSeconds(Random.NextDouble() * 3));
                break;
            case < 17:
                if (NextMoment() is { } next && next > now) World.Clock.SetTo(next);
                break;
            case < 19:
                World.Clock.Advance(TimeSpan.FromSeconds(Random.Next(30, 300)));
                break;
            default:
                if (Random.Next(4) > 0) return;
                var by = TimeSpan.FromMinutes(Random.Next(-90, 90));
                Trace($"the clock is set by {by}");
                World.Clock.JumpTo(now + by);
                break;
        }
        // What is older than this has been lost on the way.
        _late.RemoveAll(late => World.Clock.GetUtcNow() - late.SentAt > s_lateMax);
    }

    private void ChangeServer()
    {
        var server = World.Main;
        var what = Random.Next(10);
        Trace($"server: {what}");
        switch (what)
        {
            case 0:
                server.IsDown = true;
                break;
            case 1:
                server.IsReadOnly = true;
                break;
            case 2:
                server.Restart();
                break;
            case 3:
                server.FailOver();
                break;
            case 4 when World.Secrets.All(secret => Prober.IsPinned(secret.Arn)):
                World.Answering = World.Stranger;
                break;
            case 5:
                server.PasswordLengthMin = Random.Next(2) == 0 ? 0 : 48;
                break;
            default:
                server.IsDown = server.IsReadOnly = false;
                World.Answering = World.Main;
                break;
        }
    }

    private void ChangeNodes()
    {
        var node = _nodes[Random.Next(_nodes.Count)];
        switch (Random.Next(8))
        {
            case 0 or 1 when World.IsShared:
                node.Pause();
                break;
            case 2:
                node.Crash("by itself");
                break;
            case 3:
                node.Stop();
                break;
            case 4 when World.IsShared && _nodes.Count(each => each.IsAlive) < 3:
                StartNode();
                break;
            default:
                foreach (var each in _nodes.ToArray()) each.Resume();
                break;
        }
        _nodes.RemoveAll(each => !each.IsAlive);
        if (_nodes.Count == 0) StartNode();
    }

    /// <summary>Every process has ended: a new one starts.</summary>
    private void RestartNodes()
    {
        foreach (var node in _nodes.Where(node => node.IsAlive)) node.Crash("after it was stopped");
        _nodes.Clear();
        StartNode();
    }

    private void StartNode()
    {
        var node = new SimulatedNode(this, $"n{_made.Count}");
        _made.Add(node);
        _nodes.Add(node);
        Trace($"{node.Name} starts");
    }

    private void Deliver(int index)
    {
        var late = _late[index];
        _late.RemoveAt(index);
        Trace($"late: {late.Text}");
        IsDelivering = true;
        try
        {
            late.Arrive();
        }
        catch (RotatorException exception)
        {
            Trace($"late: {exception.Message}");
        }
        finally
        {
            IsDelivering = false;
        }
    }
}

/// <summary>An invariant does not hold. The message says how to play the run again.</summary>
internal sealed class SimulationException(int seed, int step, IReadOnlyList<string> violations, IReadOnlyList<string> trace)
    : Exception($"{Lines(violations)}\nseed {seed}, step {step}; REKEY_SEED={seed} plays it again\n{Lines(trace.TakeLast(LinesMax))}")
{
    private const int LinesMax = 100;

    public int Steps => trace.Count;

    public IReadOnlyList<string> Violations { get; } = [.. violations];

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines);
}
