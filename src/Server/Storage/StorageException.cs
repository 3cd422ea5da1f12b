namespace Rekey.Server.Storage;

/// <summary>
/// The store or its keys cannot be opened, or could not do its work. The message is a sentence for the operator and holds no secret.
/// Callers of the API see only InternalServiceError.
/// </summary>
public sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner);
