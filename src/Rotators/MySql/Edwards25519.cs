using System.Numerics;

namespace Rekey.Rotators.MySql;

/// <summary>
/// Multiplication of the base point of edwards25519 (RFC 8032, 5.1), which .NET does not offer. Its time depends on the scalar: use it
/// where nobody can measure it many times over, as in the one hash of a rotation.
/// </summary>
internal static class Edwards25519
{
    private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;
    private static readonly BigInteger D = Modulo(-121665 * Inverse(121666));
    private static readonly BigInteger BaseY = Modulo(4 * Inverse(5));
    private static readonly BigInteger BaseX = BigInteger.Parse(
        "15112221349535400772501151409588531511454012693041857206046113283949847762202", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The point in its 32-byte encoding: y little-endian, the lowest bit of x on top.</summary>
    public static byte[] MultiplyBase(BigInteger scalar)
    {
        var sum = new Point(BigInteger.Zero, BigInteger.One, BigInteger.One, BigInteger.Zero);
        var doubled = new Point(BaseX, BaseY, BigInteger.One, Modulo(BaseX * BaseY));
        for (; !scalar.IsZero; scalar >>= 1)
        {
            if (!scalar.IsEven) sum = Add(sum, doubled);
            doubled = Add(doubled, doubled);
        }
        var inverse = Inverse(sum.Z);
        var encoded = new byte[32];
        Modulo(sum.Y * inverse).TryWriteBytes(encoded, out _, isUnsigned: true);
        if (!Modulo(sum.X * inverse).IsEven) encoded[31] |= 0x80;
        return encoded;
    }

    /// <summary>Extended coordinates: x = X/Z, y = Y/Z, x·y = T/Z.</summary>
    private readonly record struct Point(BigInteger X, BigInteger Y, BigInteger Z, BigInteger T);

    /// <summary>The complete addition of RFC 8032, 5.1.4, which also doubles.</summary>
    private static Point Add(Point p, Point q)
    {
        var a = Modulo((p.Y - p.X) * (q.Y - q.X));
        var b = Modulo((p.Y + p.X) * (q.Y + q.X));
        var c = Modulo(2 * D * p.T * q.T);
        var d = Modulo(2 * p.Z * q.Z);
        var (e, f, g, h) = (b - a, d - c, d + c, b + a);
        return new Point(Modulo(e * f), Modulo(g * h), Modulo(f * g), Modulo(e * h));
    }

    private static BigInteger Inverse(BigInteger value) => BigInteger.ModPow(value, P - 2, P);

    private static BigInteger Modulo(BigInteger value)
    {
        var rest = value % P;
        return rest.Sign < 0 ? rest + P : rest;
    }
}
