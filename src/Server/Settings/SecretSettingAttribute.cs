namespace Rekey.Server.Settings;

/// <summary>Marks a setting whose value must not be repeated when it is found faulty.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretSettingAttribute : Attribute;
