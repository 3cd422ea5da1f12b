using Rekey.Cli.Client;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Cli;

public sealed class SharedConfigFileTests
{
    private static readonly SharedConfigFile File = SharedConfigFile.Parse("""
        ignored = before any section
        # a comment
        ; another = comment
        [default]
        region = eu-west-1
        empty =
        with_equals = a=b=c
        [ profile   spaced ]
        region=eu-west-2
        [services local]
        secrets_manager =
          endpoint_url = http://127.0.0.1:1
          other = x
        after = y
        [default]
        added = later
        """.Split('\n'));

    [Theory]
    [InlineData("default", "region", "eu-west-1")]
    [InlineData("default", "with_equals", "a=b=c")]
    [InlineData("default", "added", "later")]
    [InlineData("profile spaced", "region", "eu-west-2")]
    [InlineData("services local", "secrets_manager.endpoint_url", "http://127.0.0.1:1")]
    [InlineData("services local", "secrets_manager.other", "x")]
    [InlineData("services local", "after", "y")]
    public void Key_IsFound(string section, string key, string value) => File.Find(section, key).ShouldBe(value);

    [Theory]
    [InlineData("default", "empty")]
    [InlineData("default", "ignored")]
    [InlineData("default", "; another")]
    [InlineData("absent", "region")]
    [InlineData("services local", "endpoint_url")]
    public void Key_IsNotFound(string section, string key) => File.Find(section, key).ShouldBeNull();

    [Fact]
    public void MissingFile_HasNoSections() =>
        SharedConfigFile.Load(Path.Combine(AppContext.BaseDirectory, "absent")).Has("default").ShouldBeFalse();
}
