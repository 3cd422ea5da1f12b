using System.Diagnostics;
using System.Text.Json;

namespace Rekey.Conformance.Engines.MongoDb;

/// <param name="Database">The database that knows the user.</param>
internal sealed record PyMongoLogin(int Port, string Database, string User, string Pwd);

/// <summary>Logins by Debian's PyMongo, which shares nothing with the rotator: the driver of AWS's own template.</summary>
internal static class PyMongo
{
    private const string Script =
        """
        import json, sys, pymongo
        answers = []
        for login in json.load(sys.stdin):
            client = pymongo.MongoClient(
                "localhost", login["Port"], username=login["User"], password=login["Pwd"], authSource=login["Database"],
                directConnection=True, serverSelectionTimeoutMS=20000)
            try:
                users = client.admin.command("connectionStatus")["authInfo"]["authenticatedUsers"]
                answers.append("true" if users == [{"user": login["User"], "db": login["Database"]}] else repr(users))
            except pymongo.errors.OperationFailure as failure:
                answers.append("false" if failure.code == 18 else repr(failure))
            finally:
                client.close()
        json.dump(answers, sys.stdout)
        """;

    /// <summary>For each login <c>true</c>, <c>false</c> when it was refused, and otherwise what happened.</summary>
    public static async Task<IReadOnlyList<string>> LogInAsync(params PyMongoLogin[] logins)
    {
        var start = UnprivilegedUser.StartInfo("/", "/usr/bin/python3", "-c", Script);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var python = Process.Start(start)!;
        var answers = python.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var complaints = python.StandardError.ReadToEndAsync(CancellationToken.None);
        await python.StandardInput.WriteAsync(JsonSerializer.Serialize(logins));
        python.StandardInput.Close();
        await python.WaitForExitAsync(CancellationToken.None);
        if (python.ExitCode != 0) throw new InvalidOperationException($"PyMongo failed: {await complaints}");
        return JsonSerializer.Deserialize<string[]>(await answers)!;
    }
}
