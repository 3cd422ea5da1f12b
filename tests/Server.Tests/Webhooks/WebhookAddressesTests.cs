using System.Net;
using Rekey.Server.Webhooks;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Webhooks;

public sealed class WebhookAddressesTests
{
    /// <summary>Address, allowed at all, allowed without the setting.</summary>
    [Theory]
    [InlineData("93.184.216.34", true, true)]
    [InlineData("2606:2800:220:1::1", true, true)]
    [InlineData("127.0.0.1", true, false)]
    [InlineData("::1", true, false)]
    [InlineData("10.1.2.3", true, false)]
    [InlineData("172.16.0.1", true, false)]
    [InlineData("172.32.0.1", true, true)]
    [InlineData("192.168.1.1", true, false)]
    [InlineData("100.64.0.1", true, false)]
    [InlineData("fd12::1", true, false)]
    [InlineData("169.254.169.254", false, false)]
    [InlineData("169.254.170.2", false, false)]
    [InlineData("fe80::1", false, false)]
    [InlineData("fd00:ec2::254", false, false)]
    [InlineData("fd20:ce::254", false, false)]
    [InlineData("168.63.129.16", false, false)]
    [InlineData("100.100.100.200", false, false)]
    [InlineData("0.0.0.0", false, false)]
    [InlineData("::", false, false)]
    [InlineData("224.0.0.1", false, false)]
    [InlineData("255.255.255.255", false, false)]
    [InlineData("ff02::1", false, false)]
    [InlineData("::ffff:169.254.169.254", false, false)]
    [InlineData("::ffff:127.0.0.1", true, false)]
    [InlineData("::169.254.169.254", false, false)]
    [InlineData("64:ff9b::169.254.169.254", false, false)]
    [InlineData("64:ff9b::10.0.0.1", true, false)]
    [InlineData("64:ff9b::93.184.216.34", true, true)]
    [InlineData("2002:a9fe:a9fe::1", false, false)]
    [InlineData("2002:7f00:1::1", true, false)]
    public void Address_IsAllowedOrNot(string text, bool withSetting, bool withoutSetting)
    {
        var address = IPAddress.Parse(text);
        WebhookAddresses.IsAllowed(address, allowPrivate: true).ShouldBe(withSetting);
        WebhookAddresses.IsAllowed(address, allowPrivate: false).ShouldBe(withoutSetting);
    }
}
