using System.Diagnostics;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MySql;

/// <summary>The driver manager can be told to write every call to a file, connection strings and statements included.</summary>
public sealed class OdbcTracingTests
{
    /// <summary>
    /// The manager reads its settings once for a process, so each case is a process of its own: one test of this program.
    /// </summary>
    [Theory]
    [InlineData("Trace = Yes")]
    [InlineData("Trace = Yes\nForceTrace = Yes")]
    public async Task TraceFile_HoldsNoPassword(string settings)
    {
        var stop = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("rekey-odbc-");
        var trace = Path.Combine(folder.FullName, "trace.log");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "odbcinst.ini"), $"[ODBC]\n{settings}\nTraceFile = {trace}\n", stop);
        var test = $"{typeof(MySqlRogueServerTests).FullName}.{nameof(MySqlRogueServerTests.ServerThatAsksForAFile_DoesNotGetIt)}";
        var start = UnprivilegedUser.StartInfo("/", Environment.ProcessPath!, "-method", test);
        start.Environment["ODBCSYSINI"] = folder.FullName;
        start.RedirectStandardOutput = true;
        using var child = Process.Start(start)!;
        (await child.StandardOutput.ReadToEndAsync(stop)).ShouldContain("Total: 1");
        await child.WaitForExitAsync(stop);

        var traced = await File.ReadAllTextAsync(trace, stop);
        traced.ShouldContain("SQLAllocHandle");
        traced.ShouldNotContain("cAnArY");
        traced.ShouldNotContain("PWD=");
        folder.Delete(recursive: true);
    }
}
