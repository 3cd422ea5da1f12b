using System.Text.Json;
using Rekey.Server.Tests.Fakes;

namespace Rekey.Server.Tests.Extensions;

/// <summary>Calls of Rekey's own operations.</summary>
internal static class RekeyServer
{
    public static async Task<Answer> CallRekeyAsync(
        this TestServer server, string operation, object request, CancellationToken cancellationToken)
    {
        using var client = server.Client("rekey");
        using var message = server.JsonRequest($"rekey.{operation}", JsonSerializer.SerializeToUtf8Bytes(request));
        return await TestServer.SendAsync(client, message, cancellationToken);
    }
}
