using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Rekey.Server.Tests.Fakes;
using Shouldly;

namespace Rekey.Conformance.Storage;

/// <summary>Reads a secret as a client sees it into a <see cref="SecretModel"/>.</summary>
internal sealed class SecretReader(Func<string, object, Task<Answer>> call)
{
    /// <summary>The secret with all its versions, or null when it does not exist. Fails when a label rule is broken.</summary>
    public async Task<SecretModel?> ReadAsync(string name)
    {
        var described = await call("DescribeSecret", new { SecretId = name });
        if (described.ErrorCode == "ResourceNotFoundException") return null;
        described.IsSuccess.ShouldBeTrue(described.ErrorMessage);
        var model = new SecretModel(name)
        {
            Description = described.Json["Description"]?.GetValue<string>(),
            IsDeleted = described.Json["DeletedDate"] is not null,
        };
        foreach (var tag in described.Json["Tags"]?.AsArray() ?? [])
            model = model with { Tags = model.Tags.Add(tag!["Key"]!.GetValue<string>(), tag["Value"]!.GetValue<string>()) };
        var shown = described.Json["VersionIdsToStages"]?.AsObject() ?? [];
        // A secret marked for deletion shows its labelled versions and nothing else.
        if (model.IsDeleted) model = AddShown(model, shown);
        else model = await AddListedAsync(model);
        DemandLabelRules(model, shown);
        return model;
    }

    private static SecretModel AddShown(SecretModel model, JsonObject shown) => shown.Aggregate(model, (model, pair) => model with
    {
        Versions = model.Versions.Add(pair.Key, ""),
        Labels = model.Labels.AddRange(pair.Value!.AsArray().Select(label => KeyValuePair.Create(label!.GetValue<string>(), pair.Key))),
    });

    private async Task<SecretModel> AddListedAsync(SecretModel model)
    {
        var listed = await call("ListSecretVersionIds", new { SecretId = model.Name, IncludeDeprecated = true });
        listed.IsSuccess.ShouldBeTrue(listed.ErrorMessage);
        foreach (var version in listed.Json["Versions"]!.AsArray()) model = await AddVersionAsync(model, version!);
        return model;
    }

    private async Task<SecretModel> AddVersionAsync(SecretModel model, JsonNode version)
    {
        var id = version["VersionId"]!.GetValue<string>();
        var answer = await call("GetSecretValue", new { SecretId = model.Name, VersionId = id });
        answer.IsSuccess.ShouldBeTrue($"{model.Name} {id}: {answer.ErrorMessage}");
        model = model with { Versions = model.Versions.Add(id, answer.Text("SecretString")) };
        // Add throws when a label sits on two versions.
        foreach (var label in version["VersionStages"]?.AsArray() ?? [])
            model = model with { Labels = model.Labels.Add(label!.GetValue<string>(), id) };
        return model;
    }

    private static void DemandLabelRules(SecretModel model, JsonObject versionsToStages)
    {
        if (model.Versions.Count > 0) model.Labels.ShouldContainKey("AWSCURRENT", model.Describe());
        if (model.Labels.TryGetValue("AWSPREVIOUS", out var previous)) previous.ShouldNotBe(model.Labels["AWSCURRENT"], model.Describe());
        var pairs = versionsToStages.SelectMany(pair => pair.Value!.AsArray().Select(label => (label!.GetValue<string>(), pair.Key)));
        pairs.ShouldBe(model.Labels.Select(label => (label.Key, label.Value)), ignoreOrder: true);
    }
}
