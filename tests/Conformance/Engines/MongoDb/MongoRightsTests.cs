using System.Globalization;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.MongoDb;
using Rekey.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MongoDb;

/// <summary>
/// Random pairs of users: whatever base and clone are, the clone equals the base after what a rotation does to it. A failure names its
/// seed; REKEY_SEED runs that one again.
/// </summary>
public sealed class MongoRightsTests(MongoServers servers)
{
    private const int Sets = 200;

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task W2_RandomRights_AreEqualAfterwards()
    {
        var server = await servers.GetSetAsync();
        foreach (var name in RandomMongoUser.OwnRoles)
        {
            await server.RunAsync("shop", command => command.Text("createRole", name).Texts("privileges", []).Texts("roles", []), _stop);
        }
        var port = (await server.FindPrimaryAsync(_stop)).Port;
        var login = new MongoLogin(new RotatorOptions(), TimeProvider.System, changesItself: false);
        await using var session = await new MongoAdministration(login).LogInAsync(server.AdminCredentials(port, "shop"), _stop);
        var replay = Environment.GetEnvironmentVariable("REKEY_SEED");
        var first = replay is null ? Random.Shared.Next(int.MaxValue - Sets) : int.Parse(replay, CultureInfo.InvariantCulture);
        for (var seed = first; seed < first + (replay is null ? Sets : 1); seed++)
        {
            try
            {
                await EqualizeAsync(server, session, new Random(seed), $"app{seed}");
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"REKEY_SEED={seed}", e);
            }
        }
    }

    private async Task EqualizeAsync(PrivateMongo server, IAdministratorSession session, Random random, string name)
    {
        var pair = new UserPair(name, name + "_clone", RotationSettings.Default);
        await MakeAsync(server, random, pair.Base);
        if (random.Next(4) > 0) await MakeAsync(server, random, pair.Twin);

        var before = await session.CompareAsync(pair, _stop);
        if (!before.CloneExists) await session.CreateLockedAsync(pair, _stop);
        before = await session.CompareAsync(pair, _stop);
        if (before.Changes.Count > 0) await session.ApplyAsync(pair, before.Changes, _stop);
        (await session.CompareAsync(pair, _stop)).Changes.ShouldBeEmpty();
        using var password = Sensitive.FromText(MongoAccount.NewPassword());
        await session.ActivateAsync(pair.Twin, password, _stop);

        // Read apart from the rotator's own model: field by field, byte by byte.
        var (model, clone) = (await ReadAsync(server, pair.Base), await ReadAsync(server, pair.Twin));
        clone.ShouldBe(model);
    }

    private Task<BsonDocument> MakeAsync(PrivateMongo server, Random random, string name) => server.RunAsync("shop", command =>
    {
        command.Text("createUser", name).Text("pwd", MongoAccount.NewPassword());
        RandomMongoUser.Write(command, random);
    }, _stop);

    /// <summary>What usersInfo says of a user, without its name and identifier, lists sorted.</summary>
    private async Task<string> ReadAsync(PrivateMongo server, string name)
    {
        var answer = await server.RunAsync("shop", command => command.Text("usersInfo", name)
            .Boolean("showAuthenticationRestrictions", true), _stop);
        var user = answer.FindDocuments("users").ShouldHaveSingleItem();
        // Empty custom data is none: that is how it is taken away.
        var fields = user.Elements().Where(field =>
            field.Name is not ("_id" or "user" or "userId") && !(field.Name == "customData" && field.AsDocument()!.Value.IsEmpty));
        return string.Join('\n', fields.Select(field => $"{field.Name}: {Print(field)}").Order(StringComparer.Ordinal));
    }

    private static string Print(BsonElement field)
    {
        if (field.AsDocument() is not { } inner) return field.AsText() ?? field.AsNumber()?.ToString(CultureInfo.InvariantCulture) ?? "";
        if (field.Name == "customData") return Convert.ToHexString(inner.Bytes.Span);
        // A restriction that a user has twice restricts no more than once.
        var members = inner.Elements().Select(Print);
        return field.Type == BsonType.Array
            ? $"[{string.Join("; ", members.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))}]"
            : string.Join(", ", members);
    }
}
