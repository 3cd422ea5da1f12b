using System.Collections;
using Rekey.Server.Settings;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Settings;

/// <summary>All faults at once, each with key, value and what is allowed; never the value of a secret.</summary>
public sealed class SettingsCheckTests
{
    [Fact]
    public void NoSettings_AreNoFaults() => ServerHost.Build(ServerEnvironment.From(new Hashtable())).ShouldNotBeNull();

    [Fact]
    public void EveryFault_IsReportedAtOnce() => Faults(new Hashtable
    {
        ["REKEY_ACCOUNT_ID"] = "12ab",
        ["REKEY_REGION"] = "here",
        ["Rekey__Server__Urls"] = "ftp://x",
        ["Rekey__Server__LogLevel"] = "loud",
        ["Rekey__Rotation__MaxAttempts"] = "21",
        ["Rekey__Rotation__LeaseSeconds"] = "soon",
        ["Rekey__Rotation__AllowPlaintextWhenSslIsAbsent"] = "maybe",
    }).ShouldBe(
        [
            "Rekey:Server:Urls is 'ftp://x': it must be addresses like http://127.0.0.1:7353, separated by semicolons.",
            "Rekey:Server:AccountId (REKEY_ACCOUNT_ID) is '12ab': it must be 12 digits.",
            "Rekey:Server:Region (REKEY_REGION) is 'here': it must be the name of a region, such as us-east-1.",
            "Rekey:Server:LogLevel is 'loud': it must be one of Trace, Debug, Information, Warning, Error, Critical, None.",
            "Rekey:Rotation:MaxAttempts is '21': it must be a whole number from 1 to 20.",
            "Rekey:Rotation:LeaseSeconds is 'soon': it must be a number from 2 to 3600.",
            "Rekey:Rotation:AllowPlaintextWhenSslIsAbsent is 'maybe': it must be true or false.",
        ],
        ignoreOrder: true);

    [Theory]
    [InlineData("Rekey__Rotation__MaxAtempts", "Rekey:Rotation:MaxAtempts is not a setting. Did you mean Rekey:Rotation:MaxAttempts?")]
    [InlineData("REKEY__ROTATION__NOTHINGLIKEIT", "Rekey:ROTATION:NOTHINGLIKEIT is not a setting.")]
    [InlineData("Rekey__Extra", "Rekey:Extra is not a setting.")]
    [InlineData("Rekey__Rotation__CaFile__CaFile", "Rekey:Rotation:CaFile:CaFile is not a setting.")]
    [InlineData("REKEY_ACOUNT_ID", "REKEY_ACOUNT_ID is not a setting. Did you mean REKEY_ACCOUNT_ID?")]
    [InlineData("REKEY_REGIONS", "REKEY_REGIONS is not a setting. Did you mean Rekey__Regions?")]
    [InlineData("Rekey_Throttling_Enabled", "Rekey_Throttling_Enabled is not a setting. Did you mean Rekey__Throttling__Enabled?")]
    [InlineData("REKEY_QUOTAS_TAGSPERSECRET", "REKEY_QUOTAS_TAGSPERSECRET is not a setting. Did you mean Rekey__Quotas__TagsPerSecret?")]
    public void UnknownKey_IsAFault(string name, string expected) => Faults(new Hashtable { [name] = "1" }).ShouldBe([expected]);

    /// <summary>An empty variable is no default: a server for the account "" would serve nobody.</summary>
    [Theory]
    [InlineData("REKEY_ACCOUNT_ID", "Rekey:Server:AccountId (REKEY_ACCOUNT_ID) must not be empty.")]
    [InlineData("REKEY_REGION", "Rekey:Server:Region (REKEY_REGION) must not be empty.")]
    [InlineData("Rekey__Server__Urls", "Rekey:Server:Urls must not be empty.")]
    [InlineData("Rekey__Server__LogLevel", "Rekey:Server:LogLevel must not be empty.")]
    [InlineData("Rekey__Rotation__MaxAttempts", "Rekey:Rotation:MaxAttempts must not be empty.")]
    public void EmptyValue_IsAFault(string name, string expected) => Faults(new Hashtable { [name] = "" }).ShouldBe([expected]);

    [Theory]
    [InlineData("REKEY_SOMETHING_OF_A_CLIENT")]
    [InlineData("PATH")]
    public void VariablesOfOthers_AreLetBe(string name) =>
        ServerHost.Build(ServerEnvironment.From(new Hashtable { [name] = "1" })).ShouldNotBeNull();

    [Fact]
    public void HalfARootKey_IsAFault()
    {
        Faults(new Hashtable { ["REKEY_ROOT_ACCESS_KEY_ID"] = "AKIA" }).Single().ShouldContain("REKEY_ROOT_SECRET_ACCESS_KEY");
        Faults(new Hashtable { ["REKEY_ROOT_SECRET_ACCESS_KEY"] = "hush" }).Single().ShouldNotContain("hush");
    }

    [Fact]
    public void SecretFile_IsReadWithoutItsLineEnd()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "the secret\n");
            var configuration = ServerEnvironment.From(new Hashtable { ["REKEY_ROOT_SECRET_ACCESS_KEY_FILE"] = path });

            configuration["Rekey:Server:RootSecretAccessKey"].ShouldBe("the secret");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void SecretFileThatIsMissing_IsAFault() => Should.Throw<SettingsException>(
        () => ServerEnvironment.From(new Hashtable { ["REKEY_DATABASE_FILE"] = "/nowhere/at-all" }))
        .Faults.ShouldBe(["REKEY_DATABASE_FILE names a file that cannot be read: /nowhere/at-all."]);

    private static IReadOnlyList<string> Faults(Hashtable environment) =>
        Should.Throw<SettingsException>(() => ServerHost.Build(ServerEnvironment.From(environment))).Faults;
}
