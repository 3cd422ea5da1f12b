using System.Text.Json.Serialization;

namespace Rekey.Server.SecretsManager;

/// <summary>Tags as they are stored: an array of [key, value].</summary>
[JsonSerializable(typeof(string[][]))]
internal sealed partial class SecretRowJson : JsonSerializerContext;
