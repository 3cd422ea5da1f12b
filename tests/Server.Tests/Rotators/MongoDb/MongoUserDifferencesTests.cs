using Rekey.Rotators.MongoDb;
using Rekey.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.MongoDb;

public sealed class MongoUserDifferencesTests
{
    private static readonly MongoUser Base = new()
    {
        Name = "app",
        Database = "shop",
        Roles = [new("read", "shop"), new("read", "stock")],
        Mechanisms = ["SCRAM-SHA-256"],
        Restrictions = [new("10.0.0.0/8", "")],
    };

    private static readonly MongoUser Clone = Base with { Name = "app_clone" };

    [Fact]
    public void EqualUsers_DoNotDiffer() => MongoUserDifferences.Between(Base, Clone).ShouldBeEmpty();

    [Fact]
    public void Role_IsAddedOrRemoved_ByNameAndDatabase()
    {
        var clone = Clone with { Roles = [new("read", "shop"), new("read", "\"x\"")] };
        var differences = MongoUserDifferences.Between(Base, clone);
        differences.Select(one => (one.Change.Kind, one.Change.Right)).ShouldBe(
        [
            (RightsChangeKind.Add, "role \"read\" of \"stock\""),
            (RightsChangeKind.Remove, "role \"read\" of \"\\\"x\\\"\""),
        ]);
        differences.Aggregate(clone, (user, one) => one.Mend(user)).Roles.ShouldBe(Base.Roles);
        differences[0].Change.Statement.ShouldStartWith("""db.getSiblingDB("shop").updateUser("app_clone", { roles: [""");
    }

    /// <summary>A mechanism is a form of the password: one too many can be dropped, one that lacks comes with the next password.</summary>
    [Fact]
    public void Mechanism_IsRemoved_ButNotAdded()
    {
        var both = Clone with { Mechanisms = ["SCRAM-SHA-1", "SCRAM-SHA-256"] };
        var change = MongoUserDifferences.Between(Base, both).ShouldHaveSingleItem();
        change.Change.Kind.ShouldBe(RightsChangeKind.Remove);
        change.Mend(both).Mechanisms.ShouldBe(["SCRAM-SHA-256"]);
        MongoUserDifferences.Between(Base with { Mechanisms = both.Mechanisms }, Clone).ShouldBeEmpty();
        MongoUserDifferences.Between(Base, Clone with { Mechanisms = ["SCRAM-SHA-1"] }).ShouldBeEmpty();
    }

    [Fact]
    public void Restrictions_AreSetsOfSets()
    {
        var change = MongoUserDifferences.Between(Base, Clone with { Restrictions = [] }).ShouldHaveSingleItem();
        change.Change.Kind.ShouldBe(RightsChangeKind.Add);
        change.Change.Statement.ShouldContain("""clientSource: ["10.0.0.0/8"]""");
        MongoUserDifferences.Between(Base with { Restrictions = [] }, Clone).ShouldHaveSingleItem()
            .Change.Kind.ShouldBe(RightsChangeKind.Remove);

        using var writer = new BsonWriter();
        writer.Array("all", (string[][])[["b", "a"], ["a", "b", "b"]], (all, index, sources) =>
            all.Document(index, one => one.Texts("clientSource", sources)));
        var read = new BsonDocument(writer.Finish()).FindDocuments("all").SelectMany(MongoRestriction.Read);
        read.Distinct().ShouldHaveSingleItem().ClientSources.ShouldBe(["a", "b"]);
    }

    [Fact]
    public void CustomData_IsComparedByBytes_AndNeverShown()
    {
        using var writer = new BsonWriter();
        var data = new BsonDocument(writer.Text("note", "S3cret").Finish().ToArray());
        var change = MongoUserDifferences.Between(Base with { CustomData = data }, Clone).ShouldHaveSingleItem();
        change.Change.ToString().ShouldNotContain("S3cret");
        change.Mend(Clone).CustomData!.Value.Bytes.ToArray().ShouldBe(data.Bytes.ToArray());
        MongoUserDifferences.Between(Base, Clone with { CustomData = data }).ShouldHaveSingleItem().Mend(Clone).CustomData.ShouldBeNull();
        MongoUserDifferences.Between(Base with { CustomData = data }, Clone with { CustomData = data }).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("root", "admin", true)]
    [InlineData("userAdminAnyDatabase", "admin", true)]
    [InlineData("dbOwner", "admin", true)]
    [InlineData("dbOwner", "shop", false)]
    [InlineData("readWriteAnyDatabase", "admin", false)]
    public void PowerOfRoles_EndsWhereRightsCouldBeGivenAway(string role, string database, bool isTooMuch) =>
        (MongoPower.Of([new MongoRole(role, database)]).Reason is not null).ShouldBe(isTooMuch);
}
