using Shouldly;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>A parser of what strangers send, with the inputs to start from and the properties that hold for every input.</summary>
internal abstract class FuzzTarget
{
    /// <summary>What the parser alone may allocate for an input: the work that can be counted without a clock.</summary>
    private const long WorkBase = 512 * 1024;

    /// <summary>And for each byte of it. A parser that looks at an input again and again from its start goes beyond.</summary>
    private const long WorkPerByte = 4096;

    public abstract string Name { get; }

    /// <summary>Small good and bad inputs, from which others are made.</summary>
    public abstract IReadOnlyList<byte[]> Corpus { get; }

    /// <summary>Pieces of the grammar, to be put anywhere.</summary>
    public abstract IReadOnlyList<string> Words { get; }

    /// <summary>An input made along the grammar, or null where there is nothing to add to the corpus.</summary>
    public virtual byte[]? Generate(Random random) => null;

    /// <summary>Throws when a property does not hold for the input.</summary>
    public abstract void Check(byte[] input);

    /// <summary>Runs the parser, and holds what it allocates against the length of its input.</summary>
    protected static T Measured<T>(byte[] input, Func<T> parse)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var parsed = parse();
        var work = GC.GetAllocatedBytesForCurrentThread() - before;
        work.ShouldBeLessThan(WorkBase + WorkPerByte * input.Length, "the work for the input");
        return parsed;
    }
}
