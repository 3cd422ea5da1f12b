using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.Sql;

/// <summary>A session whose failures have been given their meaning by the engine: each is a <see cref="RotatorException"/>.</summary>
internal sealed class ClassifiedSession(SqlSession session, Func<OdbcException, RotatorException> classify) : SqlSession
{
    public override async Task ExecuteAsync(SensitiveText statement, CancellationToken cancellationToken)
    {
        try
        {
            await session.ExecuteAsync(statement, cancellationToken);
        }
        catch (OdbcException e)
        {
            throw classify(e);
        }
    }

    public override async Task<IReadOnlyList<IReadOnlyList<string?>>> QueryAsync(string statement, CancellationToken cancellationToken)
    {
        try
        {
            return await session.QueryAsync(statement, cancellationToken);
        }
        catch (OdbcException e)
        {
            throw classify(e);
        }
    }

    public override ValueTask DisposeAsync() => session.DisposeAsync();
}
