using Rekey.Rotators.Sql;

namespace Rekey.Rotators.Db2;

/// <summary>Reads a user's rights from the catalogue views. Names come back as values, and are quoted when a statement is made.</summary>
internal sealed class Db2Catalogue(SqlSession session)
{
    /// <summary>Authorities of the database, by the column that tells of each. Those of administrators are in none of it.</summary>
    private static readonly (string Column, string Authority)[] DatabaseAuthorities =
    [
        ("BINDADDAUTH", "BINDADD"), ("CONNECTAUTH", "CONNECT"), ("CREATETABAUTH", "CREATETAB"), ("IMPLSCHEMAAUTH", "IMPLICIT_SCHEMA"),
        ("EXTERNALROUTINEAUTH", "CREATE_EXTERNAL_ROUTINE"), ("NOFENCEAUTH", "CREATE_NOT_FENCED_ROUTINE"), ("LOADAUTH", "LOAD"),
        ("QUIESCECONNECTAUTH", "QUIESCE_CONNECT"), ("SQLADMAUTH", "SQLADM"), ("WLMADMAUTH", "WLMADM"), ("EXPLAINAUTH", "EXPLAIN"),
        ("DATAACCESSAUTH", "DATAACCESS"), ("CREATESECUREAUTH", "CREATE_SECURE_OBJECT"),
    ];

    /// <summary>Views whose rows have an object's name in one or two columns, and one for each privilege, Y or G (grantable).</summary>
    private static readonly (string View, string[] Name, string On, (string Column, string Privilege)[] Privileges)[] Views =
    [
        ("TABAUTH", ["TABSCHEMA", "TABNAME"], "ON TABLE",
        [
            ("CONTROLAUTH", "CONTROL"), ("ALTERAUTH", "ALTER"), ("DELETEAUTH", "DELETE"), ("INDEXAUTH", "INDEX"), ("INSERTAUTH", "INSERT"),
            ("REFAUTH", "REFERENCES"), ("SELECTAUTH", "SELECT"), ("UPDATEAUTH", "UPDATE"),
        ]),
        ("SCHEMAAUTH", ["SCHEMANAME"], "ON SCHEMA",
        [
            ("ALTERINAUTH", "ALTERIN"), ("CREATEINAUTH", "CREATEIN"), ("DROPINAUTH", "DROPIN"), ("SELECTINAUTH", "SELECTIN"),
            ("INSERTINAUTH", "INSERTIN"), ("UPDATEINAUTH", "UPDATEIN"), ("DELETEINAUTH", "DELETEIN"), ("EXECUTEINAUTH", "EXECUTEIN"),
            ("SCHEMAADMAUTH", "SCHEMAADM"), ("ACCESSCTRLAUTH", "ACCESSCTRL"), ("DATAACCESSAUTH", "DATAACCESS"), ("LOADAUTH", "LOAD"),
        ]),
        ("PACKAGEAUTH", ["PKGSCHEMA", "PKGNAME"], "ON PACKAGE",
            [("CONTROLAUTH", "CONTROL"), ("BINDAUTH", "BIND"), ("EXECUTEAUTH", "EXECUTE")]),
        ("TBSPACEAUTH", ["TBSPACE"], "OF TABLESPACE", [("USEAUTH", "USE")]),
        ("INDEXAUTH", ["INDSCHEMA", "INDNAME"], "ON INDEX", [("CONTROLAUTH", "CONTROL")]),
        ("SEQUENCEAUTH", ["SEQSCHEMA", "SEQNAME"], "ON SEQUENCE", [("USAGEAUTH", "USAGE"), ("ALTERAUTH", "ALTER")]),
        ("VARIABLEAUTH", ["VARSCHEMA", "VARNAME"], "ON VARIABLE", [("READAUTH", "READ"), ("WRITEAUTH", "WRITE")]),
        ("MODULEAUTH", ["MODULESCHEMA", "MODULENAME"], "ON MODULE", [("EXECUTEAUTH", "EXECUTE")]),
        ("XSROBJECTAUTH", ["OBJECTSCHEMA", "OBJECTNAME"], "ON XSROBJECT", [("USAGEAUTH", "USAGE")]),
        ("WORKLOADAUTH", ["WORKLOADNAME"], "ON WORKLOAD", [("USAGEAUTH", "USAGE")]),
    ];

    public async Task<List<Right>> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var where = $"WHERE grantee = {Db2Text.Literal(name)} AND granteetype = 'U'";
        List<Right> rights = [];
        await AddDatabaseAsync(rights, where, cancellationToken);
        foreach (var view in Views) await AddViewAsync(rights, view.View, view.Name, view.On, view.Privileges, where, cancellationToken);
        foreach (var row in await session.QueryAsync(
            $"SELECT tabschema, tabname, colname, privtype, grantable FROM syscat.colauth {where}", cancellationToken))
        {
            var privilege = row[3]?.Trim() == "U" ? "UPDATE" : "REFERENCES";
            Add(rights, privilege, $"ON TABLE {Qualified(row[0], row[1])}", row[2], row[4]?.Trim() == "G");
        }
        await AddRoutinesAsync(rights, where, cancellationToken);
        foreach (var row in await session.QueryAsync($"SELECT rolename, admin FROM syscat.roleauth {where}", cancellationToken))
        {
            rights.Add(new Db2Role(row[0]!.TrimEnd(), IsAdmin: false));
            if (row[1]?.Trim() == "Y") rights.Add(new Db2Role(row[0]!.TrimEnd(), IsAdmin: true));
        }
        foreach (var row in await session.QueryAsync($"SELECT servername FROM syscat.passthruauth {where}", cancellationToken))
            Add(rights, "PASSTHRU", $"ON SERVER {Db2Text.Name(row[0]!.TrimEnd())}", null, hasOption: false);
        return rights;
    }

    /// <summary>The groups whose rights the user has too.</summary>
    public async Task<IEnumerable<Db2Group>> ReadGroupsAsync(string name, CancellationToken cancellationToken) =>
        from row in await session.QueryAsync(
            $"SELECT t.group FROM TABLE(sysproc.auth_list_groups_for_authid({Db2Text.Literal(name)})) AS t", cancellationToken)
        select new Db2Group(row[0]!.TrimEnd());

    private async Task AddDatabaseAsync(List<Right> rights, string where, CancellationToken cancellationToken)
    {
        var known = await ColumnsAsync("DBAUTH", cancellationToken);
        var authorities = DatabaseAuthorities.Where(authority => known.Contains(authority.Column)).ToArray();
        var columns = string.Join(", ", authorities.Select(authority => authority.Column));
        foreach (var row in await session.QueryAsync($"SELECT {columns} FROM syscat.dbauth {where}", cancellationToken))
        {
            for (var i = 0; i < authorities.Length; i++)
                if (row[i]?.Trim() == "Y") Add(rights, authorities[i].Authority, "ON DATABASE", null, hasOption: false);
        }
    }

    private async Task AddViewAsync(
        List<Right> rights, string view, string[] name, string on, (string Column, string Privilege)[] privileges, string where,
        CancellationToken cancellationToken)
    {
        // Later versions of Db2 have more columns, and more views.
        var known = await ColumnsAsync(view, cancellationToken);
        var present = privileges.Where(privilege => known.Contains(privilege.Column)).ToArray();
        if (present.Length == 0) return;
        var columns = string.Join(", ", name.Concat(present.Select(privilege => privilege.Column)));
        foreach (var row in await session.QueryAsync($"SELECT {columns} FROM syscat.{view} {where}", cancellationToken))
        {
            var target = $"{on} {(name.Length == 2 ? Qualified(row[0], row[1]) : Db2Text.Name(row[0]!.TrimEnd()))}";
            for (var i = 0; i < present.Length; i++)
            {
                var value = row[name.Length + i]?.Trim();
                if (value is "Y" or "G") Add(rights, present[i].Privilege, target, null, value == "G");
            }
        }
    }

    private async Task AddRoutinesAsync(List<Right> rights, string where, CancellationToken cancellationToken)
    {
        foreach (var row in await session.QueryAsync(
            $"SELECT schema, specificname, routinetype, executeauth FROM syscat.routineauth {where}", cancellationToken))
        {
            var kind = row[2]?.Trim() switch
            {
                "F" => "FUNCTION",
                "P" => "PROCEDURE",
                _ => throw new RotatorException(
                    FailureCause.Precondition, $"An account may execute a method of schema {row[0]}, a right that cannot be copied"),
            };
            // A row without a name is for all routines of the schema.
            var on = row[1] is { } specific
                ? $"ON SPECIFIC {kind} {Qualified(row[0], specific)}"
                : $"ON {kind} {Db2Text.Name(row[0]!.TrimEnd())}.*";
            if (row[3]?.Trim() is "Y" or "G") Add(rights, "EXECUTE", on, null, row[3]!.Trim() == "G");
        }
    }

    private async Task<HashSet<string>> ColumnsAsync(string view, CancellationToken cancellationToken) =>
    [
        .. (await session.QueryAsync(
            $"SELECT colname FROM syscat.columns WHERE tabschema = 'SYSCAT' AND tabname = {Db2Text.Literal(view)}", cancellationToken))
        .Select(row => row[0]!.TrimEnd()),
    ];

    private static void Add(List<Right> rights, string privilege, string on, string? column, bool hasOption)
    {
        rights.Add(new Db2Privilege(privilege, on, column, HasOption: false));
        if (hasOption) rights.Add(new Db2Privilege(privilege, on, column, HasOption: true));
    }

    /// <summary>The catalogue pads schema names of old with blanks, which are no part of a name.</summary>
    private static string Qualified(string? schema, string? name) => $"{Db2Text.Name(schema!.TrimEnd())}.{Db2Text.Name(name!)}";
}
