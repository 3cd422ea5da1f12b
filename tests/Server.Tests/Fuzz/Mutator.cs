using System.Text;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>Makes an input out of others: bits, bytes and pieces changed, words of the grammar put in, two inputs joined.</summary>
internal sealed class Mutator(FuzzTarget target, Random random)
{
    private const int ChangesMax = 6;
    private const int InputBytesMax = 8 * 1024;
    private const int RepeatsMax = 2000;

    /// <summary>One in so many inputs repeats a piece very often.</summary>
    private const int Rarely = 400;

    private static readonly string[] Numbers =
        ["0", "-1", "1", "00", "127", "255", "65536", "2147483647", "2147483648", "-2147483649", "9223372036854775808", "1e9", "1.0", "٣"];

    private readonly byte[][] _words = [.. target.Words.Concat(Numbers).Select(Encoding.UTF8.GetBytes)];

    public byte[] Next()
    {
        var input = random.Next(3) == 0 ? target.Generate(random) ?? Seed() : Seed();
        if (random.Next(8) == 0) return input;
        for (var change = random.Next(1, ChangesMax + 1); change > 0; change--) input = Changed(input);
        if (random.Next(Rarely) == 0) input = Repeated(input);
        return input.Length <= InputBytesMax ? input : input[..InputBytesMax];
    }

    private byte[] Seed() => target.Corpus[random.Next(target.Corpus.Count)];

    private byte[] Changed(byte[] input)
    {
        var at = random.Next(input.Length + 1);
        var end = Math.Min(input.Length, at + random.Next(1, 9));
        switch (random.Next(9))
        {
            case 0 when at < input.Length: return With(input, at, (byte)(input[at] ^ (1 << random.Next(8))));
            case 1 when at < input.Length: return With(input, at, (byte)random.Next(256));
            case 2: return [.. input[..at], (byte)random.Next(256), .. input[at..]];
            case 3: return [.. input[..at], .. input[end..]];
            case 4: return [.. input[..end], .. input[at..end], .. input[end..]];
            case 5: return [.. input[..at], .. _words[random.Next(_words.Length)], .. input[at..]];
            case 6: return [.. input[..at], .. _words[random.Next(_words.Length)], .. input[end..]];
            case 7: return Joined(input, at);
            default: return at < end ? With(input, at, (byte)(input[at] ^ 0x20)) : input;
        }
    }

    private byte[] Joined(byte[] input, int at)
    {
        var other = Seed();
        return [.. input[..at], .. other[random.Next(other.Length + 1)..]];
    }

    private byte[] Repeated(byte[] input)
    {
        var at = random.Next(input.Length + 1);
        var piece = input[at..Math.Min(input.Length, at + random.Next(1, 9))];
        return [.. input[..at], .. Enumerable.Repeat(piece, random.Next(RepeatsMax)).SelectMany(bytes => bytes), .. input[at..]];
    }

    private static byte[] With(byte[] input, int at, byte value)
    {
        var changed = input.ToArray();
        changed[at] = value;
        return changed;
    }
}
