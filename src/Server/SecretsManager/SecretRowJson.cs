using System.Text.Json.Serialization;

namespace Rekey.Server.SecretsManager;

/// <summary>JSON inside the store: tags as an array of [key, value], details of events.</summary>
[JsonSerializable(typeof(string[][]))]
[JsonSerializable(typeof(SecretVersionEventDetail))]
internal sealed partial class SecretRowJson : JsonSerializerContext;
