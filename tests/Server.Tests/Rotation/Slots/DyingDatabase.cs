using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Rotators.Slots;

namespace Rekey.Server.Tests.Rotation.Slots;

/// <summary>
/// A database whose process ends at one of the writes that change something of a rotation, before or after it is durable: from then on
/// nothing of that kind is written.
/// </summary>
internal sealed class DyingDatabase(IDatabase inner) : IDatabase
{
    private readonly Lock _lock = new();
    private int _writes;
    private int _last = int.MaxValue;
    private Fault _fault;

    public bool IsDead { get; private set; }

    /// <summary>Such writes since <see cref="DieAt"/> was called, or since the start.</summary>
    public int Writes => _writes;

    public bool IsExclusive => inner.IsExclusive;

    public WriteStamps? Stamps => inner.Stamps;

    public CommitBell Bell => inner.Bell;

    /// <summary>Puts one around the server's own.</summary>
    public static void Use(IServiceCollection services)
    {
        var own = services.Last(service => service.ServiceType == typeof(IDatabase)).ImplementationFactory!;
        services.AddSingleton<IDatabase>(provider => new DyingDatabase((IDatabase)own(provider)));
    }

    /// <param name="write">Counted from 1.</param>
    public void DieAt(int write, Fault fault)
    {
        lock (_lock) (_writes, _last, _fault) = (0, write, fault);
    }

    public T Read<T>(Func<Session, T> work) => inner.Read(work);

    public async Task<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellationToken)
    {
        var isLast = false;
        var result = await inner.WriteAsync(
            session =>
            {
                var before = Rotations(session);
                var result = work(session);
                if (Rotations(session) == before) return result;
                lock (_lock)
                {
                    if (IsDead) throw Gone();
                    isLast = ++_writes == _last;
                    IsDead = isLast;
                }
                return isLast && _fault == Fault.Before ? throw Gone() : result;
            },
            cancellationToken);
        return isLast ? throw Gone() : result;
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private static IOException Gone() => new("The process is gone.");

    private static string Rotations(Session session) => string.Join('\n',
    [
        .. session.Query("SELECT state FROM rotation_slots", row => row.Text(0)),
        .. session.Query(
            "SELECT version_id FROM secret_versions WHERE ciphertext IS NOT NULL ORDER BY version_id", row => row.Text(0)),
        .. session.Query("SELECT label, version_id FROM secret_labels ORDER BY arn, label", row => row.Text(0) + row.Text(1)),
        .. session.Query("SELECT state, fence FROM rotations", row => row.Text(0) + row.Number(1)),
        .. session.Query(
            "SELECT kind, fence, due_at FROM rotation_upkeep ORDER BY arn, kind",
            row => $"{row.Text(0)} {row.Number(1)} {row.TimeOrNull(2)}"),
    ]);
}
