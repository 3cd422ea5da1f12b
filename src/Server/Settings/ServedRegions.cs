using System.Collections.Frozen;
using Microsoft.Extensions.Options;

namespace Rekey.Server.Settings;

/// <summary>
/// The regions that this server serves, each a name space of its own: the region of a request's credential scope chooses it.
/// </summary>
internal sealed class ServedRegions
{
    private readonly FrozenSet<string> _names;

    public ServedRegions(IOptions<ServerOptions> server, IOptions<RegionOptions> regions)
    {
        var given = (regions.Value.Regions ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        All = [.. given.Prepend(server.Value.Region).Distinct(StringComparer.Ordinal)];
        _names = All.ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>The home region first, then the others in the order in which they are configured.</summary>
    public IReadOnlyList<string> All { get; }

    public bool Contains(string region) => _names.Contains(region);
}
