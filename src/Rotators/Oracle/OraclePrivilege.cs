using Rekey.Rotators.Sql;

namespace Rekey.Rotators.Oracle;

/// <summary>A system privilege or a role.</summary>
/// <param name="Privilege">The privilege as the server writes it, or the role quoted.</param>
/// <param name="Option">What the account may do with it beyond using it: empty, ADMIN or DELEGATE.</param>
internal sealed record OraclePrivilege(string Privilege, string Option) : Right
{
    public override string Text => Option.Length == 0 ? Privilege : $"{Privilege} with {Option.ToLowerInvariant()} option";
    public override int Rank => 1;
    public override Right? Includes => Option.Length == 0 ? null : this with { Option = "" };

    /// <summary>The option goes with the privilege alone.</summary>
    public override string Bundle => Privilege;

    public override IReadOnlyList<string> Give(string username) =>
        [$"GRANT {Privilege} TO {OracleText.Name(username)}{(Option.Length == 0 ? "" : $" WITH {Option} OPTION")}"];

    public override IReadOnlyList<string> Take(string username) => [$"REVOKE {Privilege} FROM {OracleText.Name(username)}"];
}

/// <summary>A privilege on an object, or on one of its columns.</summary>
/// <param name="On">The object, quoted, after the word for its kind where it has one.</param>
/// <param name="Column">The only column it is for; null for all.</param>
/// <param name="Option">Empty, GRANT or HIERARCHY.</param>
internal sealed record OracleObjectPrivilege(string Privilege, string On, string? Column, string Option) : Right
{
    public override string Text => $"{Privilege} on {On}{(Column is null ? "" : $" column {Column}")}"
        + (Option.Length == 0 ? "" : $" with {Option.ToLowerInvariant()} option");

    public override int Rank => 1;
    public override Right? Includes => Option.Length == 0 ? null : this with { Option = "" };

    /// <summary>A column's privilege cannot be revoked but with the whole table's.</summary>
    public override string Bundle => $"{Privilege} on {On}";

    public override IReadOnlyList<string> Give(string username) =>
    [
        $"GRANT {Privilege}{(Column is null ? "" : $" ({OracleText.Name(Column)})")} ON {On} TO {OracleText.Name(username)}"
            + (Option.Length == 0 ? "" : $" WITH {Option} OPTION"),
    ];

    public override IReadOnlyList<string> Take(string username) =>
        [$"REVOKE {Privilege} ON {On} FROM {OracleText.Name(username)}{(Privilege == "REFERENCES" ? " CASCADE CONSTRAINTS" : "")}"];
}

/// <summary>A setting of ALTER USER: tablespaces, profile, a quota, the default roles.</summary>
/// <param name="Name">What there is one of.</param>
/// <param name="Clause">What sets it.</param>
/// <param name="Order">Its rank.</param>
/// <param name="Undo">The clause that takes it away; null for what every account has.</param>
internal sealed record OracleSetting(string Name, string Clause, int Order, string? Undo) : Right
{
    public override string Text => Clause;
    public override int Rank => Order;
    public override string Setting => Name;

    /// <summary>For what the clause does not show by itself: the roles that are not default roles.</summary>
    public string Basis { get; init; } = "";

    public override IReadOnlyList<string> Give(string username) => [$"ALTER USER {OracleText.Name(username)} {Clause}"];

    public override IReadOnlyList<string> Take(string username) =>
        Undo is null ? [] : [$"ALTER USER {OracleText.Name(username)} {Undo}"];
}

/// <summary>The leave to log in through another account (proxy), or to let another one in.</summary>
/// <param name="Other">The account at the other end.</param>
/// <param name="IsProxy">True when the account is the one through which the other logs in.</param>
/// <param name="Clause">Which roles come along and how the client proves itself; may be empty.</param>
internal sealed record OracleProxy(string Other, bool IsProxy, string Clause) : Right
{
    public override string Text => IsProxy ? $"proxy for {Other}{Clause}" : $"connect through {Other}{Clause}";
    public override int Rank => 3;
    public override string Setting => $"{IsProxy} {Other}";

    public override IReadOnlyList<string> Give(string username) =>
        [$"ALTER USER {Client(username)} GRANT CONNECT THROUGH {Proxy(username)}{Clause}"];

    public override IReadOnlyList<string> Take(string username) =>
        [$"ALTER USER {Client(username)} REVOKE CONNECT THROUGH {Proxy(username)}"];

    private string Client(string username) => OracleText.Name(IsProxy ? Other : username);

    private string Proxy(string username) => OracleText.Name(IsProxy ? username : Other);
}

/// <summary>A private synonym: without it the clone would find other objects under the names that applications use.</summary>
/// <param name="Target">Quoted, with owner and database link where it has them.</param>
internal sealed record OracleSynonym(string Name, string Target) : Right
{
    public override string Text => $"synonym {Name} for {Target}";
    public override int Rank => 4;
    public override string Setting => $"synonym {Name}";

    public override IReadOnlyList<string> Give(string username) =>
        [$"CREATE OR REPLACE SYNONYM {OracleText.Name(username)}.{OracleText.Name(Name)} FOR {Target}"];

    public override IReadOnlyList<string> Take(string username) => [$"DROP SYNONYM {OracleText.Name(username)}.{OracleText.Name(Name)}"];
}
