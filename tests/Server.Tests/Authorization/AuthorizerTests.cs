using Rekey.Aws;
using Rekey.Server.Authorization;
using Rekey.Server.Identity;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Authorization;

public sealed class AuthorizerTests
{
    private const string Account = "123456789012";
    private const string Own = $"arn:aws:secretsmanager:us-east-1:{Account}:secret:a-AbCdEf";
    private const string Other = $"arn:aws:secretsmanager:us-east-1:{Account}:secret:b-AbCdEf";
    private const string Foreign = "arn:aws:secretsmanager:us-east-1:999999999999:secret:a-AbCdEf";

    [Fact]
    public void Root_MayDoEverythingInItsAccount()
    {
        Authorizer.Demand(Root());
        Authorizer.Demand(Root(), Own, "a");
        Authorizer.Demand(Root(), resourceArn: null, "missing");
    }

    [Theory]
    [InlineData(Foreign)]
    [InlineData("arn:aws:secretsmanager:us-east-1::secret:a")]
    [InlineData("not an arn")]
    public void Root_MayDoNothingElsewhere(string arn) => Denied(() => Authorizer.Demand(Root(), arn, "as/written")).ShouldBe(
        $"User: arn:aws:iam::{Account}:root is not authorized to perform: secretsmanager:GetSecretValue on resource: as/written "
        + "because no identity-based policy allows the secretsmanager:GetSecretValue action");

    [Fact]
    public void Rotation_MayWorkOnTheSecretOfItsLeaseOnly()
    {
        var lease = new RotationLease(Own, "v", 1);
        Authorizer.Demand(Service(lease), Own, Own);
        Authorizer.Demand(Service(lease));
        Denied(() => Authorizer.Demand(Service(lease), Other, Other));
        Denied(() => Authorizer.Demand(Service(lease), Foreign, Foreign));
    }

    [Fact]
    public void RotationWithoutLease_MayDoNothing()
    {
        Denied(() => Authorizer.Demand(Service(lease: null), Own, Own));
        Denied(() => Authorizer.Demand(Service(lease: null), resourceArn: null, "missing"));
        Denied(() => Authorizer.Demand(Service(lease: null))).ShouldBe(
            "User: secretsmanager.amazonaws.com is not authorized to perform: secretsmanager:GetSecretValue "
            + "because no identity-based policy allows the secretsmanager:GetSecretValue action");
    }

    [Fact]
    public void Target_IsNotedForTheAuditEvenWhenDenied()
    {
        var context = Root();
        Denied(() => Authorizer.Demand(context, Foreign, "a"));

        context.Audit.ResourceArn.ShouldBe(Foreign);
    }

    private static string Denied(Action demand)
    {
        var refusal = Should.Throw<ServiceException>(demand);
        refusal.Shape.ShouldBe(new ErrorShape("AccessDeniedException", 400, Modelled: false));
        return refusal.Message;
    }

    private static RequestContext Root() => Context(Principal.Root(Account, "AKIA"), lease: null);

    private static RequestContext Service(RotationLease? lease) => Context(Principal.Rotation(Account), lease);

    private static RequestContext Context(Principal principal, RotationLease? lease) => new()
    {
        Principal = principal,
        Region = "us-east-1",
        RequestId = "id",
        Time = DateTimeOffset.UnixEpoch,
        Action = "secretsmanager:GetSecretValue",
        Lease = lease,
    };
}
