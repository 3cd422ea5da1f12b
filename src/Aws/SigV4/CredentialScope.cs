namespace Rekey.Aws.SigV4;

/// <summary>What a signature is good for: one day (<c>yyyyMMdd</c>, UTC), one region, one service.</summary>
public readonly record struct CredentialScope(string Date, string Region, string Service)
{
    public override string ToString() => $"{Date}/{Region}/{Service}/{SignatureNames.Terminator}";
}
