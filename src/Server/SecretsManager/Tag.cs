namespace Rekey.Server.SecretsManager;

/// <summary>A key of 1 to 128 characters and a value of 0 to 256; keys are unique within a secret.</summary>
public sealed record Tag(string Key, string Value);
