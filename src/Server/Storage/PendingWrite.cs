namespace Rekey.Server.Storage;

/// <summary>One caller's write on its way: run inside a transaction, answered when the transaction has ended.</summary>
internal abstract class PendingWrite(CancellationToken cancellationToken)
{
    /// <summary>False when the caller gave up before the work began.</summary>
    public bool IsWanted => !CancellationToken.IsCancellationRequested;

    /// <summary>What the work threw in its last run, or null.</summary>
    public Exception? Failure { get; protected set; }

    protected CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Runs the work and keeps its result or its exception.</summary>
    public abstract void Run(Session session);

    /// <summary>Answers the caller: the transaction's failure, else the work's, else its result.</summary>
    public abstract void Complete(Exception? transactionFailure);

    /// <summary>Answers a caller that gave up before the work began.</summary>
    public abstract void Cancel();
}

internal sealed class PendingWrite<T>(Func<Session, T> work, CancellationToken cancellationToken) : PendingWrite(cancellationToken)
{
    // Continuations must not run on the thread that commits: they would hold up every other writer.
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Answer => _answer.Task;

    public override void Run(Session session)
    {
        Failure = null;
        session.BeginWork();
        try
        {
            _result = work(session);
            // PostgreSQL has given up the transaction and would "commit" nothing; SQLite would commit the rest. Neither was meant.
            if (session.StatementFailure is { } ignored)
                throw new InvalidOperationException("A write went on after one of its statements had failed.", ignored);
            session.EndWork();
        }
        catch (Exception failure)
        {
            Failure = failure;
        }
    }

    public override void Complete(Exception? transactionFailure)
    {
        if ((transactionFailure ?? Failure) is { } failure) _answer.TrySetException(failure);
        else _answer.TrySetResult(_result!);
    }

    public override void Cancel() => _answer.TrySetCanceled(CancellationToken);
}
