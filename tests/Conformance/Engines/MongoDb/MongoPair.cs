using Rekey.Rotators;
using Rekey.Rotators.MongoDb;
using Shouldly;

namespace Rekey.Conformance.Engines.MongoDb;

/// <summary>A base and its clone, and where their rotations stand: applications log in as the current one.</summary>
internal sealed class MongoPair(MongoAccount account)
{
    private PinnedTarget? _pin;

    public string Base => account.Name;

    public string Clone => account.Name + "_clone";

    public (string Name, string Password) Current { get; private set; } = (account.Name, account.Password);

    public string Other => Current.Name == Base ? Clone : Base;

    public static async Task<MongoPair> CreateAsync(
        PrivateMongo server, CancellationToken cancellationToken, string database = "admin", Action<BsonWriter>? change = null) =>
        new(await MongoAccount.CreateAsync(server, cancellationToken, database: database, mayChangeItself: false, change: change));

    /// <summary>A rotation to the other user with this password.</summary>
    public RotationRequest RequestFor(string pending) => account.Alternation(Current, (Other, pending)) with { Pin = _pin };

    public DatabaseCredentials Credentials((string Name, string Password) user) => account.With(user.Password, user.Name);

    /// <summary>What applications log in with on the member of that port.</summary>
    public DatabaseCredentials CurrentAt(int port) => account.With(Current.Password, Current.Name, port);

    /// <summary>One whole rotation; afterwards the other user is current.</summary>
    public async Task RotateAsync(CancellationToken cancellationToken, string? pending = null, RotationSettings? settings = null)
    {
        var next = (Name: Other, Password: pending ?? MongoAccount.NewPassword());
        var request = RequestFor(next.Password) with { Settings = settings ?? RotationSettings.Default };
        _pin = (await MongoRotation.MultiUser.RotateAsync(request, cancellationToken)).Pin;
        Current = next;
    }

    /// <summary>What a rotation that was made elsewhere has come to.</summary>
    public void Promote((string Name, string Password) user) => Current = user;

    /// <summary>A test of the current user alone.</summary>
    public RotationRequest ProofOf((string Name, string Password) user) => account.Alternation(user, user);

    public Task<MongoUser?> FindAsync(string name, CancellationToken cancellationToken) => account.FindAsync(cancellationToken, name);

    public async Task ShouldBeEqualAsync(CancellationToken cancellationToken)
    {
        var model = (await FindAsync(Base, cancellationToken)).ShouldNotBeNull();
        var clone = (await FindAsync(Clone, cancellationToken)).ShouldNotBeNull();
        clone.Roles.ShouldBe(model.Roles);
        clone.Mechanisms.ShouldBe(model.Mechanisms);
        clone.Restrictions.ShouldBe(model.Restrictions);
        clone.CustomData?.Bytes.ToArray().ShouldBe(model.CustomData?.Bytes.ToArray());
        (clone.CustomData is null).ShouldBe(model.CustomData is null);
    }

    public Task ShouldLogInAsync((string Name, string Password) user) => account.ShouldLogInAsync(user.Password, user.Name);

    public Task ShouldBeRefusedAsync((string Name, string Password) user) => account.ShouldBeRefusedAsync(user.Password, user.Name);
}
