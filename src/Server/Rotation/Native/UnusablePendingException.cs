namespace Rekey.Server.Rotation.Native;

/// <summary>
/// The version labelled AWSPENDING holds no credentials that its rotation could make current: it was not made for this rotation. The text
/// holds no secret.
/// </summary>
internal sealed class UnusablePendingException(string message) : Exception(message);
