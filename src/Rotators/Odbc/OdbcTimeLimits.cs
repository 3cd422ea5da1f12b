namespace Rekey.Rotators.Odbc;

/// <summary>Time limits given through the interface, for drivers that take none, or not all, in their connection string.</summary>
/// <param name="Login">Bound on reaching the server and logging in.</param>
/// <param name="Statement">Bound on one statement; the driver asks the server to stop it then.</param>
internal sealed record OdbcTimeLimits(TimeSpan Login, TimeSpan Statement)
{
    public static nint Seconds(TimeSpan time) => Math.Max(1, (nint)Math.Ceiling(time.TotalSeconds));
}
