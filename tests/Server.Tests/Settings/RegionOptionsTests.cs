using System.Collections;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Settings;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Settings;

/// <summary>Which regions a server serves: the home region and those that are configured.</summary>
public sealed class RegionOptionsTests
{
    [Theory]
    [InlineData(null, "eu-west-1")]
    [InlineData("", "eu-west-1")]
    [InlineData("eu-west-1", "eu-west-1")]
    [InlineData("us-east-1", "eu-west-1 us-east-1")]
    [InlineData("us-east-1,eu-west-1,us-east-1", "eu-west-1 us-east-1")]
    [InlineData(" us-gov-east-1 , ap-southeast-22 ", "eu-west-1 us-gov-east-1 ap-southeast-22")]
    public void HomeRegion_IsAlwaysServedAndFirst(string? setting, string served)
    {
        var app = ServerHost.Build(ServerEnvironment.From(new Hashtable { ["REKEY_REGION"] = "eu-west-1", ["Rekey__Regions"] = setting }));

        var regions = app.Services.GetRequiredService<ServedRegions>();
        string.Join(' ', regions.All).ShouldBe(served);
        regions.All.ShouldAllBe(region => regions.Contains(region));
        regions.Contains("us-west-9").ShouldBeFalse();
    }

    [Theory]
    [InlineData("here")]
    [InlineData("us-east-1;eu-west-1")]
    [InlineData("us-east-1,")]
    [InlineData("us-east-1,,eu-west-1")]
    [InlineData("US-EAST-1")]
    public void BadList_IsAFaultBesideTheOthers(string setting)
    {
        var environment = new Hashtable { ["Rekey__Regions"] = setting, ["REKEY_ACCOUNT_ID"] = "1" };

        Should.Throw<SettingsException>(() => ServerHost.Build(ServerEnvironment.From(environment))).Faults.ShouldBe(
            [
                $"Rekey:Regions is '{setting}': it must be names of regions separated by commas, such as us-east-1,eu-west-1.",
                "Rekey:Server:AccountId (REKEY_ACCOUNT_ID) is '1': it must be 12 digits.",
            ],
            ignoreOrder: true);
    }
}
