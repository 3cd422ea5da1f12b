using Rekey.Conformance.Engines.Redis;
using Shouldly;

namespace Rekey.Conformance.Rotation.Campaign;

/// <summary>The rules of two users as ACL LIST tells them: what the rotator does not read.</summary>
internal sealed class RedisRights(PrivateRedis server)
{
    public async Task DemandEqualAsync(string one, string other, CancellationToken cancellationToken)
    {
        var expected = await ReadAsync(one, cancellationToken);
        expected.ShouldContain("~shop:*");
        (await ReadAsync(other, cancellationToken)).ShouldBe(expected);
    }

    /// <summary>Words without the user's name and the passwords' hashes.</summary>
    private async Task<string> ReadAsync(string user, CancellationToken cancellationToken)
    {
        var lines = await server.ExecuteAsync(cancellationToken, "ACL", "LIST");
        var words = lines.Items.Select(line => line.Text.Split(' ')).Single(words => words[1] == user);
        return string.Join(' ', words.Skip(2).Where(word => !word.StartsWith('#')));
    }
}
