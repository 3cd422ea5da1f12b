namespace Rekey.Quickstart;

/// <summary>Something that the proof claims does not hold.</summary>
internal sealed class ProofException(string message) : Exception(message);
