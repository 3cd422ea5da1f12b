using System.Net.Sockets;
using Rekey.Rotators;
using Rekey.Rotators.MongoDb;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.MongoDb;

public sealed class MongoErrorsTests
{
    private static readonly MongoAddress Address = new("db.example", 27017);

    [Theory]
    [InlineData(18, FailureCause.Auth)]
    [InlineData(13, FailureCause.Privilege)]
    [InlineData(11, FailureCause.Precondition)]
    [InlineData(51003, FailureCause.Conflict)]
    [InlineData(11000, FailureCause.Conflict)]
    [InlineData(10107, FailureCause.Unavailable)]
    [InlineData(189, FailureCause.Unavailable)]
    [InlineData(91, FailureCause.Unavailable)]
    [InlineData(11602, FailureCause.Unavailable)]
    [InlineData(100, FailureCause.Unavailable)]
    [InlineData(50, FailureCause.Timeout)]
    [InlineData(64, FailureCause.Timeout)]
    [InlineData(59, FailureCause.Other)]
    [InlineData(987654, FailureCause.Other)]
    public void Code_HasItsClass_AndTheServersTextIsNotQuoted(int code, FailureCause cause)
    {
        using var writer = new BsonWriter();
        var answer = writer.Int32("ok", 0).Int32("code", code).Text("errmsg", "the pwd was 'S3cret'").Text("codeName", "S3cret");
        var failure = MongoErrors.FromAnswer(new BsonDocument(answer.Finish()), Address);
        failure.Cause.ShouldBe(cause);
        failure.NativeCode.ShouldBe($"{code}");
        failure.ToString().ShouldNotContain("S3cret");
        failure.Message.ShouldContain("db.example:27017");
    }

    /// <summary>The command ran, but is not safe against a failover: it is made again.</summary>
    [Fact]
    public void UnmetWriteConcern_IsTransient()
    {
        using var writer = new BsonWriter();
        writer.Int32("ok", 1).Document("writeConcernError", error => error.Int32("code", 64));
        var failure = MongoErrors.FromAnswer(new BsonDocument(writer.Finish()), Address);
        failure.IsTransient.ShouldBeTrue();
        failure.NativeCode.ShouldBe("64");
    }

    [Theory]
    [InlineData("8000", FailureCause.Auth)]
    [InlineData("11", FailureCause.Auth)]
    [InlineData("91", FailureCause.Unavailable)]
    public void RefusalByAnotherCode_IsAuthOnlyAtLogin(string code, FailureCause cause) =>
        MongoErrors.FromLogin(new RotatorException(FailureCause.Unavailable, "", nativeCode: code), Address).Cause.ShouldBe(cause);

    [Fact]
    public void Connection_HasItsClass()
    {
        MongoErrors.FromSocket(new SocketException((int)SocketError.ConnectionRefused), Address).Cause.ShouldBe(FailureCause.Network);
        MongoErrors.FromSocket(new SocketException((int)SocketError.HostNotFound), Address).Cause.ShouldBe(FailureCause.Network);
        MongoErrors.FromSocket(new EndOfStreamException(), Address).Cause.ShouldBe(FailureCause.Network);
        MongoErrors.FromSocket(new OperationCanceledException(), Address).Cause.ShouldBe(FailureCause.Timeout);
        MongoErrors.FromSocket(new InvalidDataException(), Address).Cause.ShouldBe(FailureCause.Other);
    }
}
