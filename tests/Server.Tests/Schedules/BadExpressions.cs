namespace Rekey.Server.Tests.Schedules;

/// <summary>Expressions outside AWS's grammar or limits: a hand-made list and generated families.</summary>
internal static class BadExpressions
{
    private static readonly string[] ByHand =
    [
        "", " ", "rate", "cron", "rate()", "cron()", "rate(", "cron(", "rate)", "()", "(4 hours)", "4 hours", "@daily", "0 0 * * ? *",
        "every day", "RATE(4 hours)", "Rate(4 hours)", "CRON(0 0 * * ? *)", " rate(4 hours)", "rate(4 hours) ", "rate (4 hours)",
        "rate(4 hours))", "rate((4 hours)", "rate(4)", "rate(hours)", "rate(hours 4)", "rate(4hours)", "rate(4 hours days)",
        "rate(4 hours 1 day)", "rate(four hours)", "rate(4,hours)", "rate(-4 hours)", "rate(+4 hours)", "rate(4.5 hours)",
        "rate(4e1 hours)", "rate(0x10 hours)", "rate(1/2 days)", "rate(٤ hours)", "rate(* hours)", "rate(0 days)", "rate(0 hours)",
        "rate(1 hour)", "rate(2 hours)", "rate(3 hours)", "rate(-1 day)", "rate(1000 days)", "rate(23977 hours)",
        "rate(2147483647 days)", "rate(2147483648 hours)", "rate(4294967300 hours)", "rate(9223372036854775807 days)",
        "rate(99999999999999999999 hours)", "rate(4 Hours)", "rate(4 HOURS)", "rate(1 Day)", "rate(4 h)", "rate(4 hrs)", "rate(1 d)",
        "rate(30 minutes)", "rate(300 seconds)", "rate(1 week)", "rate(1 month)", "rate(1 year)", "rate(4\thours)", "rate(4\nhours)",
        "rate(4\u00a0hours)", "rate(4 hours\0)", "cron(0)", "cron(0 0)", "cron(0 0 *)", "cron(0 0 * *)", "cron(0 0 * * ?)",
        "cron(0 0 0 * * ? *)", "cron(0 0 * * ? * *)", "cron(0,0,*,*,?,*)", "cron(0 0 * * * *)", "cron(0 0 ? * ? *)",
        "cron(0 0 1 * 1 *)", "cron(0 0 1,? * ? *)", "cron(0 0 ?/2 * * *)", "cron(0 0 ?? * 1 *)", "cron(? 0 * * ? *)",
        "cron(0 ? * * ? *)", "cron(0 0 * ? ? *)", "cron(0 0 * ? MON *)", "cron(0 0 * * ? ?)", "cron(0 * * * ? *)",
        "cron(0 */1 * * ? *)", "cron(0 0-23 * * ? *)", "cron(0 0,1 1 1 ? *)", "cron(0 0,23 * * ? *)", "cron(0 21/24 * * ? *)",
        "cron(0 0,21 * * ? *)", "cron(0 2/21 * * ? *)", "cron(0 0,22 1,L * ? *)", "cron(0 0,22 1,31 * ? *)",
        "cron(0 0,22 29,1 2,3 ? *)", "cron(0 2,23 ? * SAT,SUN *)", "cron(0 2,23 ? * SAT-SUN *)", "cron(0 20-2/3 * * ? *)",
        "cron(0 2/7 * * ? *)", "cron(0 0/9,23 5,6 7 ? *)", "cron(0 0 31 2 ? *)", "cron(0 0 30 2 ? *)", "cron(0 0 30,31 FEB ? *)",
        "cron(0 0 31 4 ? *)", "cron(0 0 31 4,6,9,11 ? *)", "cron(0 0 31 2-2 ? *)", "cron(0 0 1W * ? *)", "cron(0 0 LW * ? *)",
        "cron(0 0 L-3 * ? *)", "cron(0 0 3L * ? *)", "cron(0 0 L/2 * ? *)", "cron(0 0 L1 * ? *)", "cron(0 0 LL * ? *)",
        "cron(0 0 1#1 * ? *)", "cron(0 L * * ? *)", "cron(0 0 * L ? *)", "cron(L 0 * * ? *)", "cron(0 0 * * ? L)",
        "cron(0 0 ? * MON#6 *)", "cron(0 0 ? * MON#0 *)", "cron(0 0 ? * MON# *)", "cron(0 0 ? * #1 *)", "cron(0 0 ? * # *)",
        "cron(0 0 ? * MON#1#2 *)", "cron(0 0 ? * MON#1,TUE#1 *)", "cron(0 0 ? * MON,TUE#1 *)", "cron(0 0 ? * MON-FRI#1 *)",
        "cron(0 0 ? * *#1 *)", "cron(0 0 ? * MON#L *)", "cron(0 0 ? * MON#12 *)", "cron(0 0 ? * MON#+1 *)", "cron(0 0 ? * 8#1 *)",
        "cron(0 0 ? * MON#5/2 *)", "cron(0 0 ? * L#1 *)", "cron(0 0 ? * MON,SUNL *)", "cron(0 0 ? * SUNL,MON *)",
        "cron(0 0 ? * MON-SUNL *)", "cron(0 0 ? * 8L *)", "cron(0 0 ? * 0L *)", "cron(0 0 ? * *L *)", "cron(0 0 ? * LL *)",
        "cron(0 0 ? * MON,L *)", "cron(0 0 ? * L,MON *)", "cron(0 0 ? * LMON *)", "cron(0 0 ? * 1L/2 *)", "cron(0 0 ? * MONDAY *)",
        "cron(0 0 ? * MO *)", "cron(0 0 ? * MON-FRIDAY *)", "cron(0 0 1 JANUARY ? *)", "cron(0 0 1 JA ? *)", "cron(0 0 1 MON ? *)",
        "cron(0 0 ? * JAN *)", "cron(0 MON * * ? *)", "cron(0 0 JAN * ? *)", "cron(0 0 1 JAN/FEB ? *)", "cron(0 0 1-2-3 * ? *)",
        "cron(0 0 -1 * ? *)", "cron(0 0 1- * ? *)", "cron(0 0 - * ? *)", "cron(0 0 *-5 * ? *)", "cron(0 0 5-* * ? *)",
        "cron(0 0 1/2/3 * ? *)", "cron(0 0 1/ * ? *)", "cron(0 0 / * ? *)", "cron(0 0 */ * ? *)", "cron(0 0 */* * ? *)",
        "cron(0 0 1/-1 * ? *)", "cron(0 0 1/0 * ? *)", "cron(0 0 */0 * ? *)", "cron(0 /0 * * ? *)", "cron(0 0 1/32 * ? *)",
        "cron(0 0/24 * * ? *)", "cron(0 0 1 */13 ? *)", "cron(0 0 ? * 1/8 *)", "cron(0 0 ** * ? *)", "cron(0 0 *1 * ? *)",
        "cron(0 0 1* * ? *)", "cron(0 0 , * ? *)", "cron(0 0 1, * ? *)", "cron(0 0 ,1 * ? *)", "cron(0 0 1,,2 * ? *)",
        "cron(0 0 1, 15 * ? *)", "cron(0 0 001 * ? *)", "cron(0 000 * * ? *)", "cron(00 0 * * ? *)", "cron(0/60 0 * * ? *)",
        "cron(0-0 0 * * ? *)", "cron(0,0 0 * * ? *)", "cron(* 0 * * ? *)", "cron(*/60 0 * * ? *)", "cron(0 0 1 1 ? 2030)",
        "cron(0 0 1 1 ? */1)", "cron(0 0 1 1 ? *,*)", "cron(0 0 1 1 ? 1970-2199)", "cron(0 0 1 1 ? **)", "cron(0 ٤ * * ? *)",
        "cron(0 0 １ * ? *)", "cron(0 0 1\t* ? * *)", "cron(0 0 1+1 * ? *)", "cron(0 0 {1} * ? *)", "cron(0 0 $(id) * ? *)",
    ];

    public static IEnumerable<string> All => ByHand.Concat(Families()).Distinct();

    private static IEnumerable<string> Families()
    {
        for (var minute = 1; minute <= 60; minute++) yield return $"cron({minute} 0 * * ? *)";
        for (var hour = 24; hour <= 40; hour++) yield return $"cron(0 {hour} * * ? *)";
        for (var step = 1; step <= 3; step++) yield return $"cron(0 0/{step} * * ? *)";
        for (var step = 24; step <= 40; step++) yield return $"cron(0 /{step} * * ? *)";
        for (var day = 32; day <= 45; day++) yield return $"cron(0 0 {day} * ? *)";
        for (var month = 13; month <= 20; month++) yield return $"cron(0 0 1 {month} ? *)";
        for (var weekday = 8; weekday <= 15; weekday++) yield return $"cron(0 0 ? * {weekday} *)";
        foreach (var zero in new[] { "cron(0 0 0 * ? *)", "cron(0 0 1 0 ? *)", "cron(0 0 ? * 0 *)" }) yield return zero;
        for (var year = 2025; year <= 2040; year++) yield return $"cron(0 0 1 1 ? {year})";
        for (var hour = 1; hour <= 3; hour++) yield return $"cron(0 0,{hour} 1 * ? *)";
        for (var length = 257; length <= 260; length++) yield return $"cron(0 0 1{new string(' ', length - 17)} * ? *)";
    }
}
