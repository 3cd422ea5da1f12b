namespace Rekey.Rotators.MongoDb;

/// <summary>
/// Whether a user is more powerful than an application needs to be. The line is drawn where a user could give itself or others any right,
/// or stop or rebuild the cluster. Reading and writing all databases lies below it, since reports and backups need that; so does
/// administering the users of one's own database.
/// </summary>
/// <param name="Reason">What makes it too powerful; null when nothing does.</param>
internal sealed record MongoPower(string? Reason)
{
    private const string Admin = "admin";

    /// <summary>Built-in roles of the database admin that stand above applications.</summary>
    private static readonly string[] MightyRoles =
    [
        "root", "__system", "userAdminAnyDatabase", "userAdmin", "dbOwner", "clusterAdmin", "clusterManager", "hostManager", "restore",
        // Amazon DocumentDB's and Atlas's own.
        "rootDB", "atlasAdmin",
    ];

    private static readonly string[] MightyActions =
    [
        "anyAction", "internal", "grantRole", "revokeRole", "createRole", "createUser", "changePassword", "replSetConfigure", "shutdown",
    ];

    private static readonly string[] WritingActions = ["insert", "update", "remove"];

    /// <summary>From the roles alone, where a server tells no more.</summary>
    public static MongoPower Of(IEnumerable<MongoRole> roles) =>
        new(roles.FirstOrDefault(role => role.Database == Admin && MightyRoles.Contains(role.Name)) is { } mighty
            ? $"role {mighty.Name}"
            : null);

    /// <param name="user">A user with its inherited roles and privileges.</param>
    public static MongoPower Read(BsonDocument user)
    {
        var byRole = Of(MongoUser.ReadRoles(user, "roles").Concat(MongoUser.ReadRoles(user, "inheritedRoles")));
        if (byRole.Reason is not null) return byRole;
        var reason = user.FindDocuments("inheritedPrivileges").Select(Exceeds).FirstOrDefault(found => found is not null);
        return new MongoPower(reason);
    }

    private static string? Exceeds(BsonDocument privilege)
    {
        var resource = privilege.FindDocument("resource");
        var actions = privilege.FindTexts("actions") ?? [];
        if (resource is not { } where) return null;
        var isEverywhere = where.FindBoolean("anyResource") || where.FindBoolean("cluster") || where.FindText("db") is "" or Admin;
        if (isEverywhere && actions.FirstOrDefault(MightyActions.Contains) is { } action) return $"action {action}";
        var isOfUsers = where.FindText("collection") is "system.users" or "system.roles";
        return isOfUsers && actions.FirstOrDefault(WritingActions.Contains) is { } write
            ? $"action {write} on system collections"
            : null;
    }
}
