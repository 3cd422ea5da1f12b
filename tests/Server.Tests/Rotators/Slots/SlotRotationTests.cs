using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Slots;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Slots;

/// <summary>Two keys of one principal at a service that makes them itself.</summary>
public sealed class SlotRotationTests : IAsyncLifetime
{
    private static readonly SlotSettings Settings = SlotSettings.Default;

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private readonly SelfMovingClock _clock = new();
    private CredentialService _service = null!;

    public async ValueTask InitializeAsync() => _service = await CredentialService.StartAsync(_clock, _stop);

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    /// <summary>The credential of AWSCURRENT is never touched; the one before it lives on for the grace, then goes in two steps.</summary>
    [Fact]
    public async Task W29_KeysThatTheTargetMakes_Rotate()
    {
        var secret = await StartAsync();
        for (var rotation = 0; rotation < 20; rotation++)
        {
            var (oldId, oldValue) = (secret.CurrentId, secret.CurrentValue);
            await secret.RotateAsync(_stop);
            secret.CurrentId.ShouldNotBe(oldId);
            _service.IsLive(secret.CurrentValue).ShouldBeTrue();
            _service.IsLive(oldValue).ShouldBeTrue("clients that hold the old value go on");

            (await secret.CleanUpAsync(_stop)).ShouldNotBeNull();
            _service.IsLive(oldValue).ShouldBeTrue("the grace is not over");
            _clock.Advance(Settings.Grace);
            await secret.CleanUpAsync(_stop);
            _service.IsLive(oldValue).ShouldBeFalse();
            _service.Ids.ShouldContain(oldId, "disabling can be undone");
            _clock.Advance(Settings.Soak);
            await secret.CleanUpAsync(_stop);
            _service.Ids.ShouldBe([secret.CurrentId]);
        }
    }

    /// <summary>AWS's template for InfluxDB creates and then stores: what broke off in between left a credential nobody knew.</summary>
    [Theory]
    [InlineData(Fault.After)]
    [InlineData(Fault.Before)]
    public async Task W8_CredentialOfABrokenOffCreation_IsFoundByItsLabel_AndDeleted(object fault)
    {
        var secret = await StartAsync();
        _service.NextFault = (Fault)fault;
        await Should.ThrowAsync<RotatorException>(() => secret.RotateAsync(_stop));
        secret.State.Intents.Select(intent => intent.Token).ShouldBe([secret.Labels["AWSPENDING"]]);
        await secret.RotateAsync(_stop);
        _service.Ids.Count.ShouldBe(2);
        _service.IsLive(secret.CurrentValue).ShouldBeTrue();
    }

    /// <summary>The value is shown once: when it cannot be stored, the credential is worth nothing and goes at once.</summary>
    [Fact]
    public async Task W8_ValueThatCannotBeStored_TakesItsCredentialAlong()
    {
        var secret = await StartAsync();
        var token = secret.Reserve();
        var journal = new SlotJournal(secret.State, (_, _) => Task.CompletedTask);
        var failure = new RotatorException(FailureCause.Unavailable, "the store is read-only");
        var rotation = new SlotRotation(secret.Issuer, Settings, _clock);
        (await Should.ThrowAsync<RotatorException>(() => rotation.CreateSecretAsync(
            token, new SlotBook(new StoredSlots(secret.CurrentId, null, null), null, journal), (_, _) => throw failure, _stop)))
            .ShouldBe(failure);
        _service.Created.ShouldBe(2);
        _service.Ids.ShouldBe([secret.CurrentId]);
    }

    /// <summary>
    /// AWS's template for InfluxDB deletes the old token after it moved AWSCURRENT: a failure there was a failed rotation, and the retry
    /// found nothing to do. Here the cleanup has a journal of its own.
    /// </summary>
    [Fact]
    public async Task W7_CleanupThatFails_DoesNotFailTheRotation_AndIsTakenUpAgain()
    {
        var secret = await StartAsync();
        var oldId = secret.CurrentId;
        await secret.RotateAsync(_stop);
        _clock.Advance(Settings.Grace);
        foreach (var fault in (Fault[])[Fault.Before, Fault.After])
        {
            _service.NextFault = fault;
            await Should.ThrowAsync<RotatorException>(() => secret.CleanUpAsync(_stop));
            secret.State.Retiring.ShouldHaveSingleItem().Id.ShouldBe(oldId);
        }
        await secret.CleanUpAsync(_stop);
        _clock.Advance(Settings.Soak);
        foreach (var fault in (Fault[])[Fault.Before, Fault.After])
        {
            _service.NextFault = fault;
            await Should.ThrowAsync<RotatorException>(() => secret.CleanUpAsync(_stop));
        }
        await secret.CleanUpAsync(_stop);
        _service.Ids.ShouldBe([secret.CurrentId]);
        secret.State.Retiring.ShouldBeEmpty();
    }

    [Fact]
    public async Task KeyThatSomebodyElseMade_StopsTheRotation_UnlessAllowed()
    {
        var secret = await StartAsync();
        var foreign = _service.AddForeign();
        var failure = await Should.ThrowAsync<RotatorException>(() => secret.RotateAsync(_stop));
        (failure.Cause, failure.NativeCode, failure.TargetUntouched).ShouldBe((FailureCause.Precondition, "SlotOccupied", true));
        failure.Message.ShouldContain(foreign);
        _service.Ids.ShouldBe([secret.CurrentId, foreign]);

        // Allowed, it is in the way all the same: it is never deleted.
        var tolerant = await StartAsync(Settings with { AllowsForeign = true }, stored: false);
        tolerant.Labels["AWSCURRENT"] = "none";
        failure = await Should.ThrowAsync<RotatorException>(() => tolerant.RotateAsync(_stop));
        failure.NativeCode.ShouldBe("SlotsFull");
        _service.Ids.Count.ShouldBe(2);
    }

    /// <summary>Rotations closer to each other than the grace: the next one waits for the slot, and takes it when it is free.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FullSlots_AreFreedOfAwsPreviousOnly_InTwoSteps(bool keepsUntilNext)
    {
        var secret = await StartAsync(Settings with { KeepsUntilNext = keepsUntilNext });
        await secret.RotateAsync(_stop);
        var (previousId, previousValue) = ("key-1", secret.CurrentValue);
        if (keepsUntilNext)
        {
            _clock.Advance(Settings.Grace + Settings.Grace);
            await secret.CleanUpAsync(_stop);
            _service.Ids.ShouldContain(previousId);
        }
        var waits = 0;
        for (; secret.CurrentValue == previousValue; waits++)
        {
            try
            {
                await secret.RotateAsync(_stop);
            }
            catch (RotatorException e)
            {
                e.Cause.ShouldBe(FailureCause.Unavailable);
                e.NativeCode.ShouldBe("SlotSoaking");
                _service.IsLive(secret.CurrentValue).ShouldBeTrue();
                _clock.Advance(TimeSpan.FromMinutes(30));
            }
        }
        waits.ShouldBeGreaterThan(10);
        _service.Ids.ShouldNotContain(previousId);
        _service.IsLive(secret.CurrentValue).ShouldBeTrue();
    }

    [Fact]
    public async Task KeyThatIsStillUsed_IsNotTakenAway()
    {
        var secret = await StartAsync();
        using var old = new IssuedCredential(secret.CurrentId, Sensitive.FromText(secret.CurrentValue));
        await secret.RotateAsync(_stop);
        for (var hour = 0; hour < 5; hour++)
        {
            _clock.Advance(Settings.Grace);
            (await secret.Issuer.TestAsync(old, _stop)).ShouldBeTrue();
            (await secret.CleanUpAsync(_stop)).ShouldNotBeNull();
        }
        _clock.Advance(Settings.Grace);
        await secret.CleanUpAsync(_stop);
        _service.IsLive(old.Value.RevealText()).ShouldBeFalse();
    }

    /// <summary>Somebody puts AWSCURRENT back to the old version while its key is disabled: that is what the soak is for.</summary>
    [Fact]
    public async Task GoingBackToTheOldVersion_EnablesItsKey()
    {
        var secret = await StartAsync();
        var old = secret.CurrentValue;
        await secret.RotateAsync(_stop);
        _clock.Advance(Settings.Grace);
        await secret.CleanUpAsync(_stop);
        _service.IsLive(old).ShouldBeFalse();
        (secret.Labels["AWSCURRENT"], secret.Labels["AWSPREVIOUS"]) = (secret.Labels["AWSPREVIOUS"], secret.Labels["AWSCURRENT"]);
        await secret.CleanUpAsync(_stop);
        _service.IsLive(old).ShouldBeTrue();
        for (var day = 0; day < 5; day++)
        {
            _clock.Advance(Settings.Soak);
            await secret.CleanUpAsync(_stop);
        }
        _service.Ids.ShouldBe([secret.CurrentId]);
        _service.IsLive(old).ShouldBeTrue();
    }

    /// <summary>A rotation that is given up after its key was made: the key does not hold its slot for ever.</summary>
    [Fact]
    public async Task AbandonedVersion_LosesItsKey()
    {
        var secret = await StartAsync();
        await secret.CreateAsync(secret.Reserve(), _stop);
        secret.Labels.Remove("AWSPENDING");
        _clock.Advance(Settings.Quiet);
        await secret.CleanUpAsync(_stop);
        _clock.Advance(Settings.Soak);
        await secret.CleanUpAsync(_stop);
        _service.Ids.ShouldBe([secret.CurrentId]);
        await secret.RotateAsync(_stop);
    }

    /// <summary>"Not known yet" is no failure: the same key is asked about again, and none is made anew.</summary>
    [Fact]
    public async Task SlowTarget_IsWaitedFor_WithoutMakingFurtherKeys()
    {
        var secret = await StartAsync();
        _service.Lag = TimeSpan.FromSeconds(30);
        await secret.RotateAsync(_stop);
        _service.IsLive(secret.CurrentValue).ShouldBeTrue("it is promoted when every front end knows it");

        _service.Lag = Settings.ConsistencyMax * 2.5;
        await FreeAsync(secret);
        var attempts = 0;
        var before = secret.CurrentId;
        for (; secret.CurrentId == before; attempts++)
        {
            try
            {
                await secret.RotateAsync(_stop);
            }
            catch (RotatorException e)
            {
                e.Cause.ShouldBe(FailureCause.Unavailable);
            }
        }
        attempts.ShouldBe(3);
        _service.Created.ShouldBe(3);
    }

    [Fact]
    public async Task TargetThatIsDown_IsToldSo_AndNothingIsLost()
    {
        var secret = await StartAsync();
        _service.IsDown = true;
        (await Should.ThrowAsync<RotatorException>(() => secret.RotateAsync(_stop))).IsTransient.ShouldBeTrue();
        _service.IsDown = false;
        var token = secret.Reserve();
        await secret.CreateAsync(token, _stop);
        _service.IsDown = true;
        (await Should.ThrowAsync<RotatorException>(() => secret.TestAsync(token, _stop))).Cause.ShouldBe(FailureCause.Unavailable);
        _service.IsDown = false;
        await secret.RotateAsync(_stop);
        _service.Created.ShouldBe(2);
    }

    [Fact]
    public void Journal_IsReadBackAsWritten_AndHoldsNoValue()
    {
        var now = _clock.GetUtcNow();
        var state = new SlotState
        {
            CurrentId = "a",
            PendingId = "b",
            Retiring = [new RetiringCredential("c", RetirementPhase.Soak, now)],
            Intents = [new CreationIntent("t", now)],
            Deleted = [new DeletedCredential("d", now)],
        };
        var json = SlotStateJson.Write(state);
        SlotStateJson.Write(SlotStateJson.Read(json)).ShouldBe(json);
        SlotStateJson.Read(json).Ids.Order().ShouldBe(["a", "b", "c", "d"]);
        SlotStateJson.Read(null).ShouldBe(SlotState.Empty);
        json.ShouldContain("\"Soak\"");
    }

    /// <summary>What it has read may be old: another caller may have made, or gone back to, what it is about to take away.</summary>
    [Fact]
    public async Task CallerThatHasLostItsLease_TakesNothingAway()
    {
        var secret = await StartAsync();
        _service.NextFault = Fault.After;
        await Should.ThrowAsync<RotatorException>(() => secret.RotateAsync(_stop));
        var ids = _service.Ids;
        ids.Count.ShouldBe(2);
        var rotation = new SlotRotation(secret.Issuer, Settings, _clock);
        var lost = new RotatorException(FailureCause.Conflict, "the lease is lost");
        var stored = new StoredSlots(secret.CurrentId, null, null);
        SlotBook Book(SlotState state) => new(stored, null, new SlotJournal(state, (_, _) => throw lost));

        var orphaned = secret.State;
        orphaned.Intents.ShouldNotBeEmpty();
        (await Should.ThrowAsync<RotatorException>(() => rotation.CleanUpAsync(Book(orphaned), _stop))).ShouldBe(lost);
        (await Should.ThrowAsync<RotatorException>(
            () => rotation.CreateSecretAsync("v9", Book(orphaned), (_, _) => Task.CompletedTask, _stop))).ShouldBe(lost);
        foreach (var phase in (RetirementPhase[])[RetirementPhase.Disabling, RetirementPhase.Deleting])
        {
            var retiring = new RetiringCredential(ids[1], phase, _clock.GetUtcNow());
            var begun = new SlotState { CurrentId = secret.CurrentId, Retiring = [retiring] };
            (await Should.ThrowAsync<RotatorException>(() => rotation.CleanUpAsync(Book(begun), _stop))).ShouldBe(lost);
        }
        (await secret.Issuer.ListAsync(_stop)).Select(one => (one.Id, one.IsActive)).ShouldBe(ids.Select(id => (id, true)));
    }

    /// <summary>A version id may be any text; a label may not.</summary>
    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000001", "rekey/00000000-0000-0000-0000-000000000001")]
    [InlineData("a \"b\" c/../ddddddddddddddddddddddddd", null)]
    public void Label_HasPlainCharactersAlone(string token, string? label)
    {
        var made = SlotRules.LabelOf(token);
        if (label is not null) made.ShouldBe(label);
        made.Length.ShouldBeLessThanOrEqualTo(128);
        made.ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || c == '-' || c == '/');
    }

    /// <summary>A clock that was set back leaves no date behind that no rule puts there.</summary>
    [Fact]
    public void Journal_OfAWrongClock_IsCorrected()
    {
        var now = _clock.GetUtcNow();
        var state = new SlotState
        {
            Retiring = [new RetiringCredential("c", RetirementPhase.Soak, now.AddYears(1)), new("d", RetirementPhase.Grace, now)],
            Intents = [new CreationIntent("t", now.AddYears(1))],
            Deleted = [new DeletedCredential("d", now.AddYears(1))],
        };
        var corrected = state.Corrected(Settings, now);
        corrected.Retiring.Select(one => one.NotBefore).ShouldBe([now + Settings.Soak, now]);
        corrected.Intents.ShouldHaveSingleItem().Since.ShouldBe(now);
        corrected.Deleted.ShouldHaveSingleItem().At.ShouldBe(now);
        corrected.Corrected(Settings, now).ShouldBeSameAs(corrected);
    }

    private async Task<SlotSecret> StartAsync(SlotSettings? settings = null, bool stored = true)
    {
        var secret = new SlotSecret(_service, _clock, settings ?? Settings);
        if (stored) await secret.StoreByHandAsync(_stop);
        return secret;
    }

    private async Task FreeAsync(SlotSecret secret)
    {
        foreach (var time in (TimeSpan[])[Settings.Grace, Settings.Soak, Settings.ListLagMax])
        {
            _clock.Advance(time);
            await secret.CleanUpAsync(_stop);
        }
    }
}
