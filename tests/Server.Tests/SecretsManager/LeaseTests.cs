using Microsoft.Extensions.DependencyInjection;
using Rekey.Aws;
using Rekey.Server.Identity;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>Operations called by a rotation, in its own name and under its lease.</summary>
public sealed class LeaseTests(SecretsManagerServer server) : OperationTests(server)
{
    [Fact]
    public async Task HeldLease_WritesThePendingVersionAndAbandonsNothing()
    {
        var (arn, rotation) = await ReservedAsync();
        await PutAsync(rotation.Lease, arn, "pending", "AWSPENDING");
        using (var value = await GetAsync(rotation.Lease, arn, rotation.VersionId)) value.VersionStages!.Value.ShouldBe(["AWSPENDING"]);
        var current = (await LabelsAsync(arn)).Split(':')[0];
        await MoveCurrentAsync(rotation.Lease, arn, current);
        (await LabelsAsync(arn)).ShouldBe($"{current}:AWSPREVIOUS {rotation.VersionId}:AWSPENDING,AWSCURRENT");
        Database.Read(session => RotationQueue.Holds(session, rotation.Lease)).ShouldBeTrue();
    }

    [Fact]
    public async Task V5_LostLease_WritesNothing()
    {
        var (arn, rotation) = await ReservedAsync();
        var lost = rotation.Lease with { Fence = rotation.Fence - 1 };
        var before = await LabelsAsync(arn);
        foreach (var call in new Func<Task>[]
        {
            () => PutAsync(lost, arn, "late", "AWSPENDING"),
            () => PutAsync(lost, arn, "late", "AWSCURRENT"),
            () => MoveCurrentAsync(lost, arn, before.Split(':')[0]),
        }) (await Should.ThrowAsync<ServiceException>(call)).Shape.Code.ShouldBe("InvalidRequestException");
        (await LabelsAsync(arn)).ShouldBe(before);
        (await ValueAsync(arn)).ShouldBe("first");
    }

    [Fact]
    public async Task LeaseOfAnotherSecret_IsDenied()
    {
        var (_, rotation) = await ReservedAsync();
        var other = await CreateAsync(NewName());
        (await Should.ThrowAsync<ServiceException>(PutAsync(rotation.Lease, other, "s", "AWSPENDING"))).Shape.Code
            .ShouldBe("AccessDeniedException");
        (await Should.ThrowAsync<ServiceException>(GetAsync(rotation.Lease, other, null))).Shape.Code.ShouldBe("AccessDeniedException");
    }

    [Fact]
    public async Task ScheduledForDeletion_StopsNoRotationThatReachedItsTarget()
    {
        var (arn, rotation) = await ReservedAsync(pendingMayBeLive: true);
        await OkAsync("DeleteSecret", new { SecretId = arn });
        await PutAsync(rotation.Lease, arn, "pending", "AWSPENDING");
        using (await GetAsync(rotation.Lease, arn, rotation.VersionId))
        {
            // What the rotation may read, others still may not: nothing was kept for them.
        }
        await FailAsync("GetSecretValue", new { SecretId = arn, VersionId = rotation.VersionId },
            "InvalidRequestException", MarkedForDeletion);
    }

    private IDatabase Database => Server.Services.GetRequiredService<IDatabase>();

    private async Task<(string Arn, RotationInProgress Rotation)> ReservedAsync(bool pendingMayBeLive = false)
    {
        var arn = await CreateAsync(NewName());
        var rotation = new RotationInProgress
        {
            SecretArn = arn,
            VersionId = NewToken(),
            Kind = RotationKind.Rotate,
            // Parked, and not to be tried for long, so that the scheduler does not run it.
            State = RotationState.Parked,
            NotBefore = Server.Clock.GetUtcNow().AddDays(30),
            StartedAt = Server.Clock.GetUtcNow(),
            PendingMayBeLive = pendingMayBeLive,
            Fence = 7,
        };
        await Database.WriteAsync(session =>
        {
            RotationRows.Insert(session, rotation);
            return 0;
        }, Stop);
        return (arn, rotation);
    }

    private async Task PutAsync(RotationLease lease, string arn, string value, string stage)
    {
        using var request = new PutSecretValueRequest
        {
            SecretId = arn,
            ClientRequestToken = lease.VersionId,
            SecretString = Sensitive.FromText(value),
            VersionStages = [stage],
        };
        await Server.Services.GetRequiredService<PutSecretValue>().InvokeAsync(request, Context(lease, "PutSecretValue"), Stop);
    }

    private async Task<GetSecretValueResponse> GetAsync(RotationLease lease, string arn, string? versionId) =>
        await Server.Services.GetRequiredService<GetSecretValue>().InvokeAsync(
            new GetSecretValueRequest { SecretId = arn, VersionId = versionId }, Context(lease, "GetSecretValue"), Stop);

    private async Task MoveCurrentAsync(RotationLease lease, string arn, string from) =>
        await Server.Services.GetRequiredService<UpdateSecretVersionStage>().InvokeAsync(
            new UpdateSecretVersionStageRequest
            {
                SecretId = arn,
                VersionStage = "AWSCURRENT",
                RemoveFromVersionId = from,
                MoveToVersionId = lease.VersionId,
            },
            Context(lease, "UpdateSecretVersionStage"), Stop);

    private RequestContext Context(RotationLease lease, string operation) => new()
    {
        Principal = Principal.Rotation("123456789012"),
        Region = "us-east-1",
        RequestId = "r",
        Time = Server.Clock.GetUtcNow(),
        Action = $"secretsmanager:{operation}",
        Lease = lease,
    };
}
