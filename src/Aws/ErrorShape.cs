namespace Rekey.Aws;

/// <summary>
/// An error as AWS puts it on the wire. <paramref name="Code"/> is the bare shape name, <paramref name="Status"/> the HTTP status.
/// A <paramref name="Modelled"/> error is declared in the service model and carries its text under <c>Message</c>;
/// a framework error (signature, parsing, constraints, authorisation) carries it under <c>message</c>.
/// </summary>
public sealed record ErrorShape(string Code, int Status, bool Modelled)
{
    public static ErrorShape Client(string code) => new(code, 400, Modelled: true);

    public static ErrorShape Framework(string code, int status = 400) => new(code, status, Modelled: false);

    /// <summary>True when the fault is the server's: the caller may try again.</summary>
    public bool IsServerFault => Status >= 500;
}

/// <summary>A broken request: the one exception type a protocol renders for the caller. Its message must never hold a secret.</summary>
public sealed class ServiceException(ErrorShape shape, string message) : Exception(message)
{
    public ErrorShape Shape { get; } = shape;
}
