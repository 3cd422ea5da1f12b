using System.Globalization;

namespace Rekey.Rotators.MongoDb;

/// <summary>Where a member of a replica set listens.</summary>
internal sealed record MongoAddress(string Host, int Port)
{
    public static MongoAddress Of(DatabaseCredentials credentials) => new(HostName.Demand(credentials.Host), credentials.Port);

    /// <summary>
    /// Reads <c>host:port</c> or <c>[address]:port</c>, the form in which members name each other; null when it is neither.
    /// </summary>
    public static MongoAddress? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0) return null;
        var host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']')) host = host[1..^1];
        var isPort = int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port);
        if (!isPort || port is < 1 or > 65535) return null;
        try
        {
            return new MongoAddress(HostName.Demand(host), port);
        }
        catch (RotatorException)
        {
            return null;
        }
    }

    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
