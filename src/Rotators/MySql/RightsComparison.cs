using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MySql;

/// <summary>
/// In what one account differs from another, as statements that make it equal. Rights are given before others are taken away, so that a
/// right which only changes its level is never missing.
/// </summary>
internal sealed class RightsComparison
{
    private static readonly Privilege Option = new(Privilege.GrantOption, null);

    private readonly MySqlServer _server;
    private readonly AccountRights _model;
    private readonly AccountRights _actual;
    private readonly string _account;
    private readonly Func<RightsObject, string?, bool> _exists;
    private readonly List<RightsChange> _given = [];
    private readonly List<RightsChange> _taken = [];
    private readonly List<RightsChange> _last = [];
    private readonly List<RightsChange> _afterOption = [];

    private RightsComparison(
        MySqlServer server, AccountRights model, AccountRights actual, string account, Func<RightsObject, string?, bool> exists)
    {
        _server = server;
        _model = model;
        _actual = actual;
        _account = account;
        _exists = exists;
    }

    /// <param name="server">Whose syntax it is to be.</param>
    /// <param name="model">What the account is to be like.</param>
    /// <param name="actual">What it is.</param>
    /// <param name="account">Its quoted name.</param>
    /// <param name="exists">Whether a table, a column of it or a routine is there: rights to what is not cannot be granted.</param>
    public static IReadOnlyList<RightsChange> Compare(
        MySqlServer server, AccountRights model, AccountRights actual, string account, Func<RightsObject, string?, bool> exists)
    {
        var comparison = new RightsComparison(server, model, actual, account, exists);
        comparison.ComparePrivileges();
        comparison.CompareRestrictions();
        var mustSetDefaults = comparison.CompareMemberships();
        comparison.CompareDefaultRoles(mustSetDefaults);
        comparison.CompareSettings();
        comparison.CompareAttributes();
        return [.. comparison._given, .. comparison._taken, .. comparison._last, .. comparison._afterOption];
    }

    /// <summary>The tables and routines whose existence the comparison will ask for.</summary>
    public static List<RightsObject> Questions(AccountRights model, AccountRights actual) =>
        [.. model.Privileges.Where(pair => pair.Key.Level is RightsLevel.Table or RightsLevel.Routine)
            .Where(pair => !pair.Value.SetEquals(Held(actual, pair.Key))).Select(pair => pair.Key)];

    private static HashSet<Privilege> Held(AccountRights rights, RightsObject on) => rights.Privileges.GetValueOrDefault(on) ?? [];

    private void ComparePrivileges()
    {
        foreach (var on in Ordered(_model.Privileges.Keys.Union(_actual.Privileges.Keys).Append(RightsObject.Global).Distinct()))
        {
            var (wanted, held) = (Held(_model, on), Held(_actual, on));
            var lacking = Grantable(on, wanted, [.. wanted.Except(held)]);
            List<Privilege> excess = [.. held.Except(wanted)];
            if (on.Level == RightsLevel.Dynamic)
            {
                CompareDynamic(on, wanted, lacking, excess);
                continue;
            }
            if (on.Level == RightsLevel.Global) CompareGlobal(lacking, excess);
            if (lacking.Count > 0) Give(Describe(lacking, on), $"GRANT {List(lacking)} ON {on.Quoted} TO {_account}");
            if (excess.Count == 0) continue;
            Take(Describe(excess, on), $"REVOKE {List(excess)} ON {on.Quoted} FROM {_account}");
            // Revoked on the whole table, a privilege goes from its columns too.
            var lost = wanted.Where(right => right.Column is not null && excess.Contains(new Privilege(right.Name, null))).ToList();
            lost = Grantable(on, wanted, lost);
            if (lost.Count > 0)
                _last.Add(new(RightsChangeKind.Add, Describe(lost, on), $"GRANT {List(lost)} ON {on.Quoted} TO {_account}"));
        }
    }

    /// <summary>A table that is not there can be granted only together with the right to create it.</summary>
    private List<Privilege> Grantable(RightsObject on, HashSet<Privilege> wanted, List<Privilege> lacking)
    {
        if (lacking.Count == 0 || on.Level is not (RightsLevel.Table or RightsLevel.Routine)) return lacking;
        if (_exists(on, null)) return [.. lacking.Where(right => right.Column is null || _exists(on, right.Column))];
        if (on.Level != RightsLevel.Table || !wanted.Contains(new Privilege("CREATE", null))) return [];
        List<Privilege> whole = [.. wanted.Where(right => right.Column is null)];
        return lacking.Exists(right => right.Column is null) ? whole : [];
    }

    /// <summary>
    /// The grant option of a dynamic privilege can be given but not taken away alone: the privilege is revoked and granted anew. The same
    /// where the option of the static ones goes: the server then forgets in its tables, not in its memory, those of the dynamic ones.
    /// </summary>
    private void CompareDynamic(RightsObject on, HashSet<Privilege> wanted, List<Privilege> lacking, List<Privilege> excess)
    {
        var wantsOption = wanted.Contains(Option);
        var isAnew = excess.Count > 0 || (LosesGrantOption && Held(_actual, on).Contains(Option));
        if (isAnew) Take(Describe(excess.Count > 0 ? excess : [Option], on), $"REVOKE {on.Name} ON *.* FROM {_account}");
        if (wanted.Count == 0 || (lacking.Count == 0 && !isAnew)) return;
        var list = isAnew || (LosesGrantOption && wantsOption) ? _afterOption : _given;
        list.Add(new RightsChange(
            RightsChangeKind.Add, Describe(lacking.Count > 0 ? lacking : [.. wanted], on),
            $"GRANT {on.Name} ON *.* TO {_account}{(wantsOption ? " WITH GRANT OPTION" : "")}"));
    }

    /// <summary>
    /// GRANT GRANT OPTION ON *.* would give the option of every dynamic privilege too, and a proxy right with the option gives this one
    /// on MySQL.
    /// </summary>
    private void CompareGlobal(List<Privilege> lacking, List<Privilege> excess)
    {
        if (lacking.Remove(Option))
        {
            var with = lacking.Count > 0 ? List(lacking) : "USAGE";
            Give(Describe([.. lacking, Option], RightsObject.Global), $"GRANT {with} ON *.* TO {_account} WITH GRANT OPTION");
            lacking.Clear();
        }
        excess.Remove(Option);
        if (!LosesGrantOption) return;
        _afterOption.Insert(0, new RightsChange(
            RightsChangeKind.Remove, Describe([Option], RightsObject.Global), $"REVOKE GRANT OPTION ON *.* FROM {_account}"));
    }

    /// <summary>Whether the grant option of static privileges is there, or comes with a proxy right, and is not wanted.</summary>
    private bool LosesGrantOption => !Held(_model, RightsObject.Global).Contains(Option)
        && (Held(_actual, RightsObject.Global).Contains(Option) || (!_server.IsMariaDb && _model.Memberships.Any(
            pair => pair is { Key.IsProxy: true, Value: true } && !_actual.Memberships.GetValueOrDefault(pair.Key))));

    private void CompareRestrictions()
    {
        foreach (var on in Ordered(_model.Restrictions.Keys.Union(_actual.Restrictions.Keys)))
        {
            var wanted = _model.Restrictions.GetValueOrDefault(on) ?? [];
            var held = _actual.Restrictions.GetValueOrDefault(on) ?? [];
            List<Privilege> lifted = [.. held.Except(wanted)];
            List<Privilege> imposed = [.. wanted.Except(held)];
            if (lifted.Count > 0) Give(Describe(lifted, on), $"GRANT {List(lifted)} ON {on.Quoted} TO {_account}");
            if (imposed.Count > 0) Take(Describe(imposed, on), $"REVOKE {List(imposed)} ON {on.Quoted} FROM {_account}");
        }
    }

    /// <returns>Whether a role is granted anew, which forgets that it was a default role.</returns>
    private bool CompareMemberships()
    {
        var isRegranted = false;
        var all = _model.Memberships.Keys.Union(_actual.Memberships.Keys).OrderBy(membership => membership.Granted, StringComparer.Ordinal);
        foreach (var membership in all)
        {
            var isWanted = _model.Memberships.TryGetValue(membership, out var wantsOption);
            var isHeld = _actual.Memberships.TryGetValue(membership, out var hasOption);
            var (what, option) = membership.IsProxy
                ? ($"PROXY ON {membership.Granted}", "GRANT OPTION")
                : (membership.Granted, "ADMIN OPTION");
            var name = membership.IsProxy ? what : $"role {membership.Granted}";
            var grant = $"GRANT {what} TO {_account}{(wantsOption ? $" WITH {option}" : "")}";
            // MariaDB does not add the option to a proxy right that is there.
            var addsOption = isWanted && isHeld && wantsOption && !hasOption;
            if (addsOption && membership.IsProxy)
            {
                Take($"{name} without {option}", $"REVOKE {what} FROM {_account}");
                _last.Add(new RightsChange(RightsChangeKind.Add, $"{name} with {option}", grant));
                continue;
            }
            if (isWanted && (!isHeld || addsOption)) Give(wantsOption ? $"{name} with {option}" : name, grant);
            if (!isHeld || (isWanted && (wantsOption || !hasOption))) continue;
            if (!isWanted)
            {
                Take(name, $"REVOKE {what} FROM {_account}");
            }
            else if (_server.IsMariaDb && !membership.IsProxy)
            {
                Take($"{option} of {name}", $"REVOKE ADMIN OPTION FOR {what} FROM {_account}");
            }
            else
            {
                Take($"{option} of {name}", $"REVOKE {what} FROM {_account}");
                _last.Add(new RightsChange(RightsChangeKind.Add, name, grant));
                isRegranted |= !membership.IsProxy;
            }
        }
        return isRegranted;
    }

    private void CompareDefaultRoles(bool isRegranted)
    {
        if (!_server.HasRoles || (_model.DefaultRoles.SetEquals(_actual.DefaultRoles) && !isRegranted)) return;
        var roles = _model.DefaultRoles.Count == 0 ? "NONE" : string.Join(", ", _model.DefaultRoles);
        _last.Add(new RightsChange(
            RightsChangeKind.Add, $"default role {roles}",
            $"SET DEFAULT ROLE {roles} {(_server.IsMariaDb ? "FOR" : "TO")} {_account}"));
    }

    private void CompareSettings()
    {
        foreach (var (name, wanted) in _model.Settings.OrderBy(pair => pair.Value.Kind).ThenBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (_actual.Settings.TryGetValue(name, out var held) && held.Value == wanted.Value) continue;
            var clause = wanted.Kind == AccountClause.Limits ? $"WITH {wanted.Clause}" : wanted.Clause;
            var statement = _server.LacksAlterUser
                ? $"GRANT USAGE ON *.* TO {_account} {clause}"
                : $"ALTER USER {_account} {clause}";
            _last.Add(new RightsChange(RightsChangeKind.Add, wanted.Clause, statement));
        }
    }

    /// <summary>The server merges attributes into those that are there: what differs is removed first.</summary>
    private void CompareAttributes()
    {
        List<string> different =
            [.. _actual.Attributes.Where(pair => _model.Attributes.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => pair.Key)];
        List<string> lacking =
            [.. _model.Attributes.Where(pair => _actual.Attributes.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => pair.Key)];
        if (different.Count > 0) Change("other attributes", different.Select(key => $"{Key(key)}:null"));
        if (lacking.Count > 0)
            Change($"attributes {string.Join(", ", lacking)}", lacking.Select(key => $"{Key(key)}:{_model.Attributes[key]}"));

        static string Key(string key) => System.Text.Json.JsonSerializer.Serialize(key, AttributeJson.Default.String);
        void Change(string what, IEnumerable<string> members) => _last.Add(new RightsChange(
            RightsChangeKind.Add, what, $"ALTER USER {_account} ATTRIBUTE {MySqlText.Literal($"{{{string.Join(',', members)}}}")}"));
    }

    private void Give(string right, string statement) => _given.Add(new RightsChange(RightsChangeKind.Add, right, statement));

    private void Take(string right, string statement) => _taken.Add(new RightsChange(RightsChangeKind.Remove, right, statement));

    private static IOrderedEnumerable<RightsObject> Ordered(IEnumerable<RightsObject> objects) => objects
        .OrderBy(on => on.Level).ThenBy(on => on.Database, StringComparer.Ordinal)
        .ThenBy(on => on.Name, StringComparer.Ordinal).ThenBy(on => on.Type, StringComparer.Ordinal);

    private static string Describe(List<Privilege> rights, RightsObject on) =>
        $"{(on.Level == RightsLevel.Dynamic && !rights.Exists(right => right.Name == on.Name) ? $"{on.Name} with " : "")}{List(rights)} on "
            + on.Quoted;

    private static string List(IEnumerable<Privilege> rights) => string.Join(", ", rights
        .GroupBy(right => (right.Name, IsOnColumns: right.Column is not null))
        .OrderBy(group => group.Key.Name, StringComparer.Ordinal).ThenBy(group => group.Key.IsOnColumns)
        .Select(group => group.Key.IsOnColumns
            ? $"{group.Key.Name} ({string.Join(", ", group.Select(right => MySqlText.Name(right.Column!)).Order(StringComparer.Ordinal))})"
            : group.Key.Name));
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class AttributeJson : System.Text.Json.Serialization.JsonSerializerContext;
