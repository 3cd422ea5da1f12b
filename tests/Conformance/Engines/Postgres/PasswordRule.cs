using System.Diagnostics;

namespace Rekey.Conformance.Engines.Postgres;

/// <summary>
/// A password rule for PostgreSQL 15 such as banks run: it refuses verifiers, as it wants to see the password, and passwords that hold
/// the word "weak". Compiled for the test, since no such extension is packaged; the few declarations it needs are the server's ABI.
/// </summary>
internal static class PasswordRule
{
    public const string FileName = "password_rule.so";

    private const string Source =
        """
        #include <stdbool.h>
        #include <stdint.h>
        #include <string.h>
        typedef struct { int len, version, funcmaxargs, indexmaxkeys, namedatalen, float8byval; char abi_extra[32]; } Magic;
        const Magic *Pg_magic_func(void) { static const Magic magic = {sizeof(Magic), 1500, 100, 32, 64, 1, "PostgreSQL"}; return &magic; }
        extern bool errstart(int level, const char *domain);
        extern int errcode(int code);
        extern int errmsg(const char *format, ...);
        extern void errfinish(const char *file, int line, const char *function);
        extern void (*check_password_hook)(const char *, const char *, int, uintptr_t, bool);
        static void refuse(int code, const char *text, const char *detail) {
          if (errstart(21, 0)) { errcode(code); errmsg(text, detail); errfinish("password_rule.c", 1, "check_password"); }
        }
        static void check(const char *user, const char *password, int type, uintptr_t until, bool endless) {
          if (type != 0) refuse(514 /* 28000 */, "password type is not a plain text", "");
          if (strstr(password, "weak")) refuse(50856066 /* 22023 */, "password is too weak: %s", password);
        }
        void _PG_init(void) { check_password_hook = check; }
        """;

    /// <summary>Why it cannot be built here, or null.</summary>
    public static string? Missing() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "gcc")))
            ? null
            : "gcc, which builds a password rule for the server, is not installed";

    /// <summary>Builds the library into <paramref name="folder"/> and returns its path.</summary>
    public static async Task<string> BuildAsync(string folder, CancellationToken cancellationToken)
    {
        var library = Path.Combine(folder, FileName);
        var start = new ProcessStartInfo("gcc", ["-shared", "-fPIC", "-w", "-o", library, "-x", "c", "-"]) { RedirectStandardInput = true };
        using var compiler = Process.Start(start)!;
        await compiler.StandardInput.WriteAsync(Source.AsMemory(), cancellationToken);
        compiler.StandardInput.Close();
        await compiler.WaitForExitAsync(cancellationToken);
        return compiler.ExitCode == 0 ? library : throw new InvalidOperationException("gcc could not build the password rule.");
    }
}
