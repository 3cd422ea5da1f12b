namespace Rekey.Cli;

/// <summary>
/// A command cannot go on. Shown to the operator as it is: what happened, then why and what to do about it. No part may hold a secret.
/// </summary>
internal class CommandException(int exitCode, string message, string? advice = null) : Exception(message)
{
    public int Status { get; } = exitCode;

    /// <summary>Why it happened and what to do; null when the message says it all.</summary>
    public string? Advice { get; } = advice;
}
