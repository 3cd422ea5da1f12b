using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Rekey.Aws;

namespace Rekey.Server.Identity;

/// <summary>
/// The account root's access key. Set by the operator, or generated once and kept in the data directory in the AWS credentials file format,
/// readable by the owner only, so that <c>AWS_SHARED_CREDENTIALS_FILE</c> can point at it.
/// </summary>
internal sealed record RootAccessKey(string Id, Sensitive Secret, bool IsNew)
{
    public const string FileName = "root-credentials";

    private const string IdName = "aws_access_key_id";
    private const string SecretName = "aws_secret_access_key";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>What is wrong with a key set by the operator, one sentence per fault; empty when it may be used or none was set.</summary>
    public static IEnumerable<string> FaultsOf(string? id, string? secret)
    {
        if (string.IsNullOrEmpty(id) != string.IsNullOrEmpty(secret))
            yield return "REKEY_ROOT_ACCESS_KEY_ID and REKEY_ROOT_SECRET_ACCESS_KEY must be set together.";
        if (!string.IsNullOrEmpty(id) && (id.Length > 128 || !id.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')))
            yield return "REKEY_ROOT_ACCESS_KEY_ID must have 1 to 128 characters of A-Z, a-z, 0-9 and underscore.";
    }

    /// <summary>
    /// The key in the data directory; generated on the first call, when <see cref="IsNew"/> is true. A file that others may read is refused.
    /// </summary>
    /// <exception cref="InvalidOperationException">The file is readable by others, or is not a credentials file.</exception>
    public static RootAccessKey OpenOrCreate(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, FileName);
        return File.Exists(path) ? Read(path) : Create(path);
    }

    private static RootAccessKey Create(string path)
    {
        var id = "AKIA" + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16);
        var secret = new byte[40];
        var random = RandomNumberGenerator.GetBytes(30);
        Base64.EncodeToUtf8(random, secret, out _, out _);
        CryptographicOperations.ZeroMemory(random);

        // Written whole under another name, then renamed: a crash leaves either no key or all of it. A leftover was never anybody's key.
        var unfinished = path + ".new";
        File.Delete(unfinished);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using (var file = new FileStream(unfinished, options))
        {
            file.Write(Encoding.ASCII.GetBytes($"[default]\n{IdName} = {id}\n{SecretName} = "));
            file.Write(secret);
            file.WriteByte((byte)'\n');
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path);
        return new RootAccessKey(id, new Sensitive(secret), IsNew: true);
    }

    private static RootAccessKey Read(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
            throw new InvalidOperationException($"{path} can be read by others: set its mode to 0600, or delete it to get a new root key.");
        var content = File.ReadAllBytes(path);
        try
        {
            var id = Find(content, IdName);
            var secret = Find(content, SecretName);
            if (id.Length == 0 || secret.Length == 0)
                throw new InvalidOperationException($"{path} has no {IdName} or no {SecretName}.");
            return new RootAccessKey(Encoding.ASCII.GetString(id), Sensitive.CopyOf(secret), IsNew: false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>The value in the first line <c>name = value</c>.</summary>
    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> content, string name)
    {
        foreach (var range in content.Split((byte)'\n'))
        {
            var line = content[range];
            var equals = line.IndexOf((byte)'=');
            if (equals >= 0 && Ascii.Equals(line[..equals].Trim(" \r"u8), name)) return line[(equals + 1)..].Trim(" \r"u8);
        }

        return default;
    }
}
