using System.Text;
using Rekey.Rotators.Redis;
using Rekey.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Redis;

public sealed class AclComparisonTests
{
    private static readonly AclRules Base = new(
        SkipsSanitizing: false, "-@all +get +set", ["%R~b*", "~a*"], ["&news"], ["(~x* -@all +ping)"]);

    [Fact]
    public void EqualRules_DifferInNothing() => AclComparison.Of(Base, Base with { Keys = ["%R~b*", "~a*"] }).ShouldBeEmpty();

    [Fact]
    public void WhatTheCloneLacks_IsAdded()
    {
        var changes = AclComparison.Of(Base, AclRules.None);
        changes.ShouldAllBe(change => change.Kind == RightsChangeKind.Add);
        changes.SelectMany(change => change.Words).ShouldBe(
            ["%R~b*", "~a*", "&news", "-@all", "-@all", "+get", "+set", "(~x* -@all +ping)"]);
    }

    /// <summary>A pattern has no word that takes it away: all go, and those that stay are given again in the same command.</summary>
    [Fact]
    public void WhatTheCloneHasTooMuch_GoesByOneReset()
    {
        var changes = AclComparison.Of(Base, Base with { Keys = ["%R~b*", "~a*", "~more", "~much"] });
        changes.Select(change => change.Kind).ShouldBe([RightsChangeKind.Remove, RightsChangeKind.Remove]);
        changes.SelectMany(change => change.Words).ShouldBe(["resetkeys", "%R~b*", "~a*"]);
        changes.Select(change => change.Right).ShouldBe(["key pattern ~more", "key pattern ~much"]);
    }

    [Fact]
    public void RemovalsComeBeforeAdditions()
    {
        var changes = AclComparison.Of(Base, Base with { Channels = ["&other"] });
        changes.SelectMany(change => change.Words).ShouldBe(["resetchannels", "&news"]);
    }

    [Fact]
    public void CommandRules_AreOneWhole()
    {
        var change = AclComparison.Of(Base, Base with { Commands = "-@all +set +get" }).ShouldHaveSingleItem();
        change.Words.ShouldBe(["-@all", "-@all", "+get", "+set"]);
    }

    [Theory]
    [InlineData(true, false, RightsChangeKind.Add)]
    [InlineData(false, true, RightsChangeKind.Remove)]
    public void UncheckedPayloads_AreARight(bool wanted, bool found, object kind) =>
        AclComparison.Of(Base with { SkipsSanitizing = wanted }, Base with { SkipsSanitizing = found }).ShouldHaveSingleItem()
            .Kind.ShouldBe((RightsChangeKind)kind);

    /// <summary>The answers of versions 6 and 7 say the same in different forms.</summary>
    [Fact]
    public void Version6And7_DescribeTheSameUser()
    {
        var seven = Array(
            Text("flags"), Array(Text("on"), Text("nopass")), Text("passwords"), Array(Text("bb"), Text("aa")),
            Text("commands"), Text("-@all +get"), Text("keys"), Text("~b ~a"), Text("channels"), Text("&*"), Text("selectors"), Array());
        var six = Array(
            Text("flags"), Array(Text("on"), Text("nopass")), Text("passwords"), Array(Text("bb"), Text("aa")),
            Text("commands"), Text("-@all +get"), Text("keys"), Array(Text("a"), Text("b")), Text("channels"), Array(Text("*")));
        var (one, other) = (AclUser.Parse(seven)!, AclUser.Parse(six)!);
        AclComparison.Of(one.Rules, other.Rules).ShouldBeEmpty();
        one.Rules.Keys.ShouldBe(["~a", "~b"]);
        one.Hashes.ShouldBe(["aa", "bb"]);
        (one.IsOn, one.AnyPassword).ShouldBe((true, true));
    }

    [Fact]
    public void UnknownUser_IsNone() => AclUser.Parse(new RespReply { Kind = RespKind.Null }).ShouldBeNull();

    [Fact]
    public void ReplyThatDescribesNobody_IsRefused()
    {
        Should.Throw<InvalidDataException>(() => AclUser.Parse(Text("on")));
        Should.Throw<InvalidDataException>(() => AclUser.Parse(Array(Text("flags"))));
        Should.Throw<InvalidDataException>(() => AclUser.Parse(Array(Text("flags"), Array())));
    }

    private static RespReply Text(string text) => new() { Kind = RespKind.Text, Bytes = Encoding.UTF8.GetBytes(text) };

    private static RespReply Array(params RespReply[] items) => new() { Kind = RespKind.Array, Items = items };
}
