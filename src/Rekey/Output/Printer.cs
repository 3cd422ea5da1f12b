using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace Rekey.Cli.Output;

/// <summary>
/// Standard output of one command: a JSON document, lines with colours and moving parts on a terminal, or plain lines everywhere else.
/// </summary>
internal sealed class Printer
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TextWriter _writer;

    public Printer(TextWriter writer, bool isJson, bool isPlain)
    {
        (_writer, IsJson, IsPlain) = (writer, isJson, isPlain);
        Terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isPlain ? AnsiSupport.No : AnsiSupport.Yes,
            ColorSystem = isPlain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = isPlain ? InteractionSupport.No : InteractionSupport.Yes,
        });
    }

    public bool IsJson { get; }

    /// <summary>True for a pipe, a file, a terminal without cursor movement, and whoever asks for it.</summary>
    public bool IsPlain { get; }

    public IAnsiConsole Terminal { get; }

    /// <summary>Plain when asked for by option or NO_COLOR, or when nobody would see the difference.</summary>
    public static Printer For(TextWriter writer, Func<string, string?> environment, bool isJson, bool noColor) => new(
        writer, isJson,
        isPlain: noColor
            || !new AnsiConsoleOutput(writer).IsTerminal
            || environment("NO_COLOR") is { Length: > 0 }
            || environment("TERM") == "dumb");

    /// <summary>A line that may have markup in it; its parameters are taken literally.</summary>
    public void Line(FormattableString text)
    {
        var escaped = string.Format(
            CultureInfo.InvariantCulture, text.Format, [.. text.GetArguments().Select(argument => Markup.Escape(Printable(argument)))]);
        if (IsPlain) _writer.WriteLine(Markup.Remove(escaped));
        else Terminal.MarkupLine(escaped);
    }

    /// <summary>Something a person should know and a program would have to skip.</summary>
    public void Note(string text)
    {
        if (!IsJson) Line($"{text}");
    }

    public void Json<T>(T document, JsonTypeInfo<T> type)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Indented)) JsonSerializer.Serialize(json, document, type);
        _writer.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    public RotationView RotationView(string secretName, string versionId) =>
        IsJson ? new JsonRotationView(this, versionId)
        : IsPlain ? new PlainRotationView(this, secretName, versionId)
        : new LiveRotationView(this, secretName, versionId);

    /// <summary>What a database server says must not move the cursor, colour the screen or start a line of its own.</summary>
    internal static string Printable(object? argument)
    {
        var text = Convert.ToString(argument, CultureInfo.InvariantCulture) ?? "";
        return string.Create(text.Length, text, static (target, source) =>
        {
            for (var index = 0; index < source.Length; index++) target[index] = char.IsControl(source[index]) ? ' ' : source[index];
        });
    }
}
