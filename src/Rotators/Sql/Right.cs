namespace Rekey.Rotators.Sql;

/// <summary>
/// One right or setting of an account in canonical form: accounts with equal sets of them have equal rights. Two are equal when they say
/// the same, whoever granted them. Names in it are as the catalogue has them; the statements quote them.
/// </summary>
internal abstract record Right
{
    /// <summary>For people: <c>SELECT on shop.orders</c>.</summary>
    public abstract string Text { get; }

    /// <summary>What rights depend on comes first: users of databases, then roles, then what is granted.</summary>
    public virtual int Rank => 0;

    /// <summary>
    /// Names what an account has exactly one value of (its default schema): setting one removes the other. Null for what adds up.
    /// </summary>
    public virtual string? Setting => null;

    /// <summary>A right that comes with this one and needs no statement of its own: SELECT comes with SELECT WITH GRANT OPTION.</summary>
    public virtual Right? Includes => null;

    /// <summary>
    /// Names rights that the engine can take only all at once: the grant option with its privilege, a column's with the table's. Those of
    /// them that are to stay are given again. Null for a right that goes alone.
    /// </summary>
    public virtual string? Bundle => null;

    /// <summary>Statements that give it to an account that has it not.</summary>
    public abstract IReadOnlyList<string> Give(string username);

    /// <summary>Statements that take it from an account that has it.</summary>
    public abstract IReadOnlyList<string> Take(string username);
}
