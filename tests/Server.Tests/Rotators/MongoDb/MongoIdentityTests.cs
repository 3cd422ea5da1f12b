using Rekey.Rotators.MongoDb;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.MongoDb;

public sealed class MongoIdentityTests
{
    [Theory]
    [InlineData("replica set rs0 of a:1,b:1", "replica set rs0 of a:1,b:1", true)]
    [InlineData("replica set rs0 of a:1,b:1", "replica set rs0 of b:1,c:1", true)]
    [InlineData("replica set rs0 of a:1,b:1", "replica set rs0 of c:1,d:1", false)]
    [InlineData("replica set rs0 of a:1,b:1", "replica set rs1 of a:1,b:1", false)]
    [InlineData("replica set x of y of a:1", "replica set x of y of A:1", true)]
    [InlineData("replica set x of y of a:1", "replica set x of a:1", false)]
    [InlineData("server a:1", "server a:1", true)]
    [InlineData("server a:1", "server b:1", false)]
    [InlineData("server a:1", "replica set rs0 of a:1", false)]
    [InlineData("", "", true)]
    [InlineData("replica set", "replica set rs0 of a:1", false)]
    public void SetsAreTheSame_WhenNameAndAMemberAre(string one, string other, bool isSame)
    {
        MongoIdentity.IsSame(one, other).ShouldBe(isSame);
        MongoIdentity.IsSame(other, one).ShouldBe(isSame);
    }

    [Theory]
    [InlineData("db.example:27017", "db.example", 27017)]
    [InlineData("[::1]:27017", "::1", 27017)]
    [InlineData("a-b_c.d:1", "a-b_c.d", 1)]
    public void Address_IsRead(string text, string host, int port) => MongoAddress.Parse(text).ShouldBe(new MongoAddress(host, port));

    [Theory]
    [InlineData("")]
    [InlineData("host")]
    [InlineData(":27017")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("ho st:1")]
    [InlineData("/tmp/mongodb-27017.sock:1")]
    public void AnythingElse_IsNoAddress(string text) => MongoAddress.Parse(text).ShouldBeNull();
}
