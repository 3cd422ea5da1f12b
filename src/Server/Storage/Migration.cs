using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Rekey.Server.Storage;

/// <summary>One numbered step of the schema, an SQL file in this assembly: <c>0001_initial.sql</c>.</summary>
/// <param name="Version">From 1, without gaps.</param>
/// <param name="Checksum">SHA-256 of the file in hex: a step that has been applied must not be edited.</param>
internal sealed record Migration(long Version, string Name, string Sql, string Checksum)
{
    private const string Prefix = "Migrations/";

    /// <summary>All steps of this program in order.</summary>
    public static IReadOnlyList<Migration> All { get; } = Load();

    /// <param name="fileName">Four digits, underscore, words.</param>
    public static Migration Parse(string fileName, string sql)
    {
        var checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)));
        return new Migration(long.Parse(fileName.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), fileName, sql, checksum);
    }

    private static List<Migration> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var names = assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal));
        return names.Order(StringComparer.Ordinal).Select(name => Parse(name[Prefix.Length..], ReadText(assembly, name))).ToList();
    }

    private static string ReadText(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
