using System.Globalization;

namespace Rekey.Rotators.MySql;

/// <summary>Which server answers. Decides the statements, whatever the secret's engine says: both speak one protocol.</summary>
/// <param name="IsMariaDb">MariaDB; else MySQL or what calls itself so (Aurora, Percona).</param>
internal sealed record MySqlServer(bool IsMariaDb, Version Version)
{
    /// <summary>Reads the driver's description, with versions like 10.11.000019 or 09.07.0004.</summary>
    public static MySqlServer Parse((string Name, string Version) described)
    {
        Span<int> parts = stackalloc int[3];
        var count = 0;
        foreach (var part in described.Version.Split('.', '-'))
        {
            if (count == parts.Length || !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out parts[count])) break;
            count++;
        }
        return new MySqlServer(
            described.Name.Contains("MariaDB", StringComparison.OrdinalIgnoreCase), new Version(parts[0], parts[1], parts[2]));
    }

    public override string ToString() => $"{(IsMariaDb ? "MariaDB" : "MySQL")} {Version}";
}
