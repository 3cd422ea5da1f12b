using Rekey.Rotators.MongoDb;

namespace Rekey.Conformance.Engines.MongoDb;

/// <summary>Fields of createUser, drawn at random: roles of several databases, mechanisms, restrictions, custom data.</summary>
internal static class RandomMongoUser
{
    /// <summary>Roles that must have been made in the database shop.</summary>
    public static readonly string[] OwnRoles = ["clerk", "role with \"quotes\" and $", "名前"];

    private static readonly string[] BuiltIn = ["read", "readWrite", "dbAdmin", "dbOwner", "userAdmin", "enableSharding"];
    private static readonly string[] Databases = ["shop", "stock", "o'b-{z}"];
    private static readonly string[] Addresses = ["127.0.0.1", "10.0.0.0/8", "::1", "fe80::/10", "192.168.1.7"];

    public static void Write(BsonWriter command, Random random)
    {
        MongoAccount.Roles(command, Roles(random));
        if (random.Next(2) == 0) command.Texts("mechanisms", Mechanisms(random));
        if (random.Next(2) == 0) command.Array("authenticationRestrictions", Enumerable.Range(0, random.Next(3)), (all, index, _) =>
            all.Document(index, one => Restriction(one, random)));
        if (random.Next(2) == 0) command.Document("customData", data => CustomData(data, random, depth: 0));
    }

    private static IEnumerable<MongoRole> Roles(Random random)
    {
        foreach (var role in OwnRoles)
            if (random.Next(3) == 0) yield return new MongoRole(role, "shop");
        foreach (var database in Databases)
            foreach (var role in BuiltIn)
                if (random.Next(6) == 0 && (role != "enableSharding" || database == "shop")) yield return new MongoRole(role, database);
    }

    private static string[] Mechanisms(Random random) => random.Next(3) switch
    {
        0 => [MongoScram.Sha1],
        1 => [MongoScram.Sha256],
        _ => [MongoScram.Sha1, MongoScram.Sha256],
    };

    private static void Restriction(BsonWriter one, Random random)
    {
        var sides = random.Next(1, 4);
        if ((sides & 1) != 0) one.Texts("clientSource", Some(random));
        if ((sides & 2) != 0) one.Texts("serverAddress", Some(random));
    }

    private static IEnumerable<string> Some(Random random) =>
        random.GetItems(Addresses, random.Next(1, Addresses.Length)).Distinct(StringComparer.Ordinal);

    private static void CustomData(BsonWriter data, Random random, int depth)
    {
        for (var field = random.Next(5); field > 0; field--)
        {
            var name = $"f{field}{(random.Next(3) == 0 ? ".$名" : "")}";
            switch (random.Next(depth < 3 ? 6 : 4))
            {
                case 0: data.Text(name, new string((char)random.Next(1, 0xD7FF), random.Next(20))); break;
                case 1: data.Int32(name, random.Next()); break;
                case 2: data.Boolean(name, random.Next(2) == 0); break;
                case 3: data.Binary(name, RandomBytes(random)); break;
                case 4: data.Document(name, inner => CustomData(inner, random, depth + 1)); break;
                default: data.Texts(name, ["a", $"{random.Next()}"]); break;
            }
        }
    }

    private static byte[] RandomBytes(Random random)
    {
        var bytes = new byte[random.Next(40)];
        random.NextBytes(bytes);
        return bytes;
    }
}
