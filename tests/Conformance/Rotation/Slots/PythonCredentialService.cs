using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Rekey.Conformance.Engines;

namespace Rekey.Conformance.Rotation.Slots;

/// <summary>A credential service in a process of its own, over TLS, that shares no code with the product; and a client of it.</summary>
internal sealed class PythonCredentialService : IAsyncDisposable
{
    public const string Host = "localhost";
    public const string Principal = "orders eu";
    public const string Administrator = "admin";
    public const string AdministratorPassword = "Administrator-password:0";
    public const string FirstId = "key-0";
    public const string FirstValue = "First-value-0";

    private readonly Process _process;
    private readonly TestAuthority _authority;
    private readonly DirectoryInfo _folder;
    private readonly HttpClient _client;

    private PythonCredentialService(Process process, TestAuthority authority, DirectoryInfo folder, int port)
    {
        (_process, _authority, _folder, Port) = (process, authority, folder, port);
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.ImportFromPemFile(authority.CaFile);
        var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } };
        _client = new HttpClient(handler) { BaseAddress = new Uri($"https://{Host}:{port}") };
    }

    public int Port { get; }

    public string CaFile => _authority.CaFile;

    public static async Task<PythonCredentialService> StartAsync(CancellationToken cancellationToken)
    {
        var authority = new TestAuthority();
        var folder = Directory.CreateTempSubdirectory("rekey-credential-service-");
        var (certificate, key) = authority.Issue(Host);
        string[] files = [Path.Combine(folder.FullName, "certificate.pem"), Path.Combine(folder.FullName, "key.pem")];
        await File.WriteAllTextAsync(files[0], certificate, cancellationToken);
        await File.WriteAllTextAsync(files[1], key, cancellationToken);
        var script = Path.Combine(AppContext.BaseDirectory, "Rotation", "Slots", "credential_service.py");
        var process = Process.Start(new ProcessStartInfo("python3", [script, .. files]) { RedirectStandardOutput = true })!;
        var port = await process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The credential service did not start.");
        return new PythonCredentialService(process, authority, folder, int.Parse(port, CultureInfo.InvariantCulture));
    }

    /// <summary>The ids of all credentials.</summary>
    public async Task<IReadOnlyList<string>> IdsAsync(CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(
            $"/v1/principals/{Uri.EscapeDataString(Principal)}/credentials", Administrator, AdministratorPassword, cancellationToken);
        answer.EnsureSuccessStatusCode();
        var list = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))!;
        return [.. list["credentials"]!.AsArray().Select(row => row!["id"]!.GetValue<string>()).Order(StringComparer.Ordinal)];
    }

    /// <summary>Whether the credential of a secret's value is let in.</summary>
    public async Task<bool> LetsInAsync(string secretString, CancellationToken cancellationToken)
    {
        var value = JsonNode.Parse(secretString)!;
        using var answer = await SendAsync(
            "/v1/self", value["credentialid"]!.GetValue<string>(), value["password"]!.GetValue<string>(), cancellationToken);
        if (answer.StatusCode == HttpStatusCode.Unauthorized) return false;
        answer.EnsureSuccessStatusCode();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string name, string password, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        return await _client.SendAsync(request, cancellationToken);
    }
}
