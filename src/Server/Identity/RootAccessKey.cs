using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Rekey.Aws;
using Rekey.Server.Storage;

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

    /// <summary>The key in the data directory; generated on the first call, when <see cref="IsNew"/> is true.</summary>
    /// <exception cref="StorageException">The file is readable by others, is not a credentials file, or cannot be read or made.</exception>
    public static RootAccessKey OpenOrCreate(DataDirectory directory)
    {
        var path = directory.File(FileName);
        try
        {
            return File.Exists(path) ? Read(path) : Create(directory, path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The root's credentials file {path} cannot be used: {error.Message}", error);
        }
    }

    private static RootAccessKey Create(DataDirectory directory, string path)
    {
        var id = "AKIA" + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16);
        var secret = new byte[40];
        Span<byte> random = stackalloc byte[30];
        RandomNumberGenerator.Fill(random);
        Base64.EncodeToUtf8(random, secret, out _, out _);
        CryptographicOperations.ZeroMemory(random);

        // Written whole under another name, then renamed: a crash leaves either no key or all of it. A leftover was never anybody's key.
        var beside = path + ".new";
        File.Delete(beside);
        var creation = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            UnixCreateMode = DataDirectory.OwnerOnlyFile,
            BufferSize = 0,
        };
        using (var file = new FileStream(beside, creation))
        {
            file.Write(Encoding.ASCII.GetBytes($"[default]\n{IdName} = {id}\n{SecretName} = "));
            file.Write(secret);
            file.WriteByte((byte)'\n');
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: false);
        Posix.SyncDirectory(directory.Path);
        return new RootAccessKey(id, new Sensitive(secret), IsNew: true);
    }

    private static RootAccessKey Read(string path)
    {
        using var file = File.OpenHandle(path);
        if ((File.GetUnixFileMode(file) & ~DataDirectory.OwnerOnlyDirectory) != 0)
            throw new StorageException($"The root's credentials file {path} can be used by others. Run: chmod 600 {path}");
        Span<byte> content = stackalloc byte[Limits.RootCredentialsFileBytesMax];
        try
        {
            content = content[..RandomAccess.Read(file, content, 0)];
            var id = Find(content, IdName);
            var secret = Find(content, SecretName);
            if (id.Length == 0 || secret.Length == 0)
                throw new StorageException($"The root's credentials file {path} has no {IdName} or no {SecretName}.");
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
