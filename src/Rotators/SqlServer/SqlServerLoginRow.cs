namespace Rekey.Rotators.SqlServer;

/// <summary>A login as the catalogue has it.</summary>
/// <param name="Sid">What its users in databases are found by, in hexadecimal.</param>
/// <param name="IsPolicyChecked">The system's password policy applies.</param>
/// <param name="IsExpirationChecked">Its password expires.</param>
internal sealed record SqlServerLoginRow(
    string Sid, string DefaultDatabase, string? DefaultLanguage, bool IsPolicyChecked, bool IsExpirationChecked)
{
    public IEnumerable<LoginSetting> Settings
    {
        get
        {
            yield return Setting("default database", $"DEFAULT_DATABASE = {SqlServerText.Name(DefaultDatabase)}");
            if (DefaultLanguage is not null)
                yield return Setting("default language", $"DEFAULT_LANGUAGE = {SqlServerText.Name(DefaultLanguage)}");
            yield return Setting(
                "password policy",
                $"CHECK_POLICY = {(IsPolicyChecked ? "ON" : "OFF")}, CHECK_EXPIRATION = {(IsExpirationChecked ? "ON" : "OFF")}");
        }
    }

    private static LoginSetting Setting(string name, string clause) => new(name, clause) { Database = null };
}
