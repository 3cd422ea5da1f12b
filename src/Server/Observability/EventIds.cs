namespace Rekey.Server.Observability;

/// <summary>
/// Where each folder's block of log event ids begins. A block has 100 ids; the comment in a folder's Log class names its next free one.
/// </summary>
internal static class EventIds
{
    public const int Server = 1000;
    public const int Protocols = 1100;
    public const int Identity = 1200;
    public const int Authorization = 1300;
    public const int SecretsManager = 1400;
    public const int Kms = 1500;
    public const int Storage = 1600;
    public const int Rotation = 1700;
    public const int Schedules = 1800;
    public const int Audit = 1900;
    public const int Sts = 2000;
    public const int Replication = 2100;
    public const int Webhooks = 2200;
}
