using System.Text;
using System.Text.Json;
using Rekey.Aws;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators;

public sealed class SecretJsonTests
{
    private const string Canary = "cAnArY-7d1f";

    private static DatabaseCredentials Read(string json, DatabaseEngine? engine = null, TlsMode whenSslAbsent = TlsMode.Verified)
    {
        using var secret = Sensitive.FromText(json);
        return SecretJson.ReadCredentials(secret, engine ?? DatabaseEngine.MySql, whenSslAbsent);
    }

    private static string With(string members) =>
        $$"""{"engine":"mysql","host":"db.example","username":"app","password":"{{Canary}}"{{Separator(members)}}{{members}}}""";

    private static string Separator(string members) => members.Length == 0 ? "" : ",";

    private static string Refusal(string json, DatabaseEngine? engine = null)
    {
        var e = Should.Throw<RotatorException>(() => Read(json, engine));
        e.Cause.ShouldBe(FailureCause.Precondition);
        e.ToString().ShouldNotContain(Canary);
        e.InnerException.ShouldBeNull();
        return e.Message;
    }

    [Fact]
    public void EveryKey_IsRead()
    {
        var read = Read("""
            {"dbname":"shop","port":3307,"engine":"aurora-mysql","host":"db.example",
             "ssl":false,"username":"ap\u0070","password":"p\"\u00e9"}
            """);

        read.Engine.ShouldBe("aurora-mysql");
        (read.Host, read.Port, read.Username, read.DatabaseName).ShouldBe(("db.example", 3307, "app", "shop"));
        read.Password.RevealText().ShouldBe("p\"é");
        read.Tls.ShouldBe(TlsMode.Plaintext);
        read.ToString().ShouldBe("aurora-mysql user at db.example:3307");
    }

    [Fact]
    public void OptionalKeysAbsent_TakeTheEngineDefaults()
    {
        var mysql = Read(With(""));
        (mysql.Port, mysql.DatabaseName, mysql.Tls).ShouldBe((3306, null, TlsMode.Verified));

        var postgres = Read(With("").Replace("mysql", "postgres", StringComparison.Ordinal), DatabaseEngine.Postgres);
        (postgres.Port, postgres.DatabaseName).ShouldBe((5432, "postgres"));
    }

    [Theory]
    [InlineData("true", TlsMode.Verified)]
    [InlineData("\"true\"", TlsMode.Verified)]
    [InlineData("\"TRUE\"", TlsMode.Verified)]
    [InlineData("false", TlsMode.Plaintext)]
    [InlineData("\"false\"", TlsMode.Plaintext)]
    [InlineData("\"False\"", TlsMode.Plaintext)]
    [InlineData("1", TlsMode.VerifiedOrPlaintext)]
    [InlineData("0", TlsMode.VerifiedOrPlaintext)]
    [InlineData("\"yes\"", TlsMode.VerifiedOrPlaintext)]
    [InlineData("\"\"", TlsMode.VerifiedOrPlaintext)]
    [InlineData("null", TlsMode.VerifiedOrPlaintext)]
    [InlineData("{\"ssl\":true}", TlsMode.VerifiedOrPlaintext)]
    [InlineData("[false]", TlsMode.VerifiedOrPlaintext)]
    public void Ssl_DecidesTls(string ssl, TlsMode expected) =>
        Read(With($"\"ssl\":{ssl}"), whenSslAbsent: TlsMode.VerifiedOrPlaintext).Tls.ShouldBe(expected);

    [Theory]
    [InlineData("1", 1)]
    [InlineData("65535", 65535)]
    [InlineData("\"3307\"", 3307)]
    [InlineData("\" 3307 \"", 3307)]
    [InlineData("null", 3306)]
    public void Port_IsNumberOrText(string port, int expected) => Read(With($"\"port\":{port}")).Port.ShouldBe(expected);

    [Theory]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("3306.5")]
    [InlineData("99999999999999999999")]
    [InlineData("\"\"")]
    [InlineData("\"0x10\"")]
    [InlineData("\"3306;SERVER=evil\"")]
    [InlineData("true")]
    [InlineData("[3306]")]
    public void OtherPort_IsRefused(string port) =>
        Refusal(With($"\"port\":{port}")).ShouldBe("port must be a number from 1 to 65535 in secret JSON");

    [Theory]
    [InlineData("host")]
    [InlineData("username")]
    [InlineData("password")]
    public void MissingKey_IsNamedInTheTemplatesWords(string key)
    {
        var members = new[] { "host", "username", "password" }.Where(k => k != key).Select(k => $"\"{k}\":\"{Canary}\"");
        Refusal($$"""{"engine":"mysql",{{string.Join(',', members)}}}""").ShouldBe($"{key} key is missing from secret JSON");
    }

    [Theory]
    [InlineData("\"engine\":\"postgres\",")]
    [InlineData("\"engine\":\"MySQL\",")]
    [InlineData("")]
    public void OtherEngine_IsRefusedInTheTemplatesWords(string engine) =>
        Refusal($$"""{{{engine}}"host":"h","username":"u","password":"{{Canary}}"}""")
            .ShouldBe("Database engine must be set to 'mysql' in order to use this rotation lambda");

    [Theory]
    [InlineData("username", "7")]
    [InlineData("username", "\"\"")]
    [InlineData("username", "\"a\\u0000b\"")]
    [InlineData("password", "\"\"")]
    [InlineData("password", "\"a\\u0000b\"")]
    [InlineData("password", "{}")]
    [InlineData("dbname", "7")]
    [InlineData("dbname", "\"a\\u0000b\"")]
    [InlineData("host", "[]")]
    [InlineData("host", "\"\"")]
    public void UnusableValue_IsNamed(string key, string value) => Refusal(With($"\"{key}\":{value}")).ShouldStartWith(key);

    [Theory]
    [InlineData("a;SERVER=evil")]
    [InlineData("one,two")]
    [InlineData("/run/mysqld/mysqld.sock")]
    [InlineData("host:3306")]
    [InlineData("h{}")]
    [InlineData("h h")]
    [InlineData("h\\n")]
    [InlineData("-h")]
    [InlineData("[::1]")]
    [InlineData("höst")]
    public void HostThatIsNoName_IsRefused(string host) =>
        Refusal(With($"\"host\":\"{host}\"")).ShouldBe("host is not a host name or address in secret JSON");

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("db_1.internal.example.")]
    public void HostNameOrAddress_IsTaken(string host) => Read(With($"\"host\":\"{host}\"")).Host.ShouldBe(host);

    [Theory]
    [InlineData("")]
    [InlineData(Canary)]
    [InlineData($"\"{Canary}\"")]
    [InlineData($"[\"{Canary}\"]")]
    [InlineData($"{{\"password\":\"{Canary}")]
    [InlineData($"{{\"password\":{Canary}}}")]
    [InlineData($"{{\"password\":\"{Canary}\"}}{Canary}")]
    [InlineData($"{{\"password\":\"\\ud800{Canary}\"}}")]
    [InlineData($"{{\"host\":\"\\ud800{Canary}\"}}")]
    public void NoJsonObject_IsRefusedWithoutQuotingIt(string text) => Refusal(text);

    [Fact]
    public void DeepNesting_IsRefused() => Refusal(With($"\"x\":{new string('[', 5000)}{new string(']', 5000)}"));

    [Fact]
    public void KeyGivenTwice_TheLastCounts() => Read(With("\"username\":\"second\"")).Username.ShouldBe("second");

    [Fact]
    public void Replace_KeepsEveryOtherByte()
    {
        const string Before = """
            { "engine" : "mysql",  "big":12345678901234567890123, "nested":{"password":"inner","x":[1, 2]},
              "e\u0301":"\u00e9é\/", "password" : "old\"\\" ,"float":1.0e+2,"host":"h"}
            """;
        using var secret = Sensitive.FromText(Before);
        using var password = Sensitive.FromText("n\"e\\w\tö{};");

        using var after = SecretJson.Replace(secret, "app", password);

        after.RevealText().ShouldBe(Before.Replace("\"old\\\"\\\\\"", "\"n\\\"e\\\\w\\u0009ö{};\"", StringComparison.Ordinal));
        JsonDocument.Parse(after.RevealText()).RootElement.GetProperty("password").GetString().ShouldBe("n\"e\\w\tö{};");
    }

    [Fact]
    public void Replace_KeyEscapedOrGivenTwice_IsReplacedEachTime()
    {
        using var secret = Sensitive.FromText("""{"password":"a","p\u0061ssword":{"password":7},"Password":"kept"}""");
        using var password = Sensitive.FromText("new");

        using var after = SecretJson.Replace(secret, "app", password);

        after.RevealText().ShouldBe("""{"password":"new","p\u0061ssword":"new","Password":"kept"}""");
    }

    [Fact]
    public void Replace_CredentialId_IsReplacedWithThePassword()
    {
        using var secret = Sensitive.FromText("""{"credentialid":"k1", "x":1, "password":"a"}""");
        using var password = Sensitive.FromText("new");
        using var after = SecretJson.Replace(secret, "app", password, credentialId: "k2");
        after.RevealText().ShouldBe("""{"credentialid":"k2", "x":1, "password":"new"}""");

        using var without = Sensitive.FromText("""{"password":"a"}""");
        Should.Throw<RotatorException>(() => SecretJson.Replace(without, "app", password, credentialId: "k2")).SecretKey
            .ShouldBe("credentialid");
    }

    [Fact]
    public void Replace_NoPassword_IsRefused()
    {
        using var secret = Sensitive.FromText("""{"nested":{"password":"x"}}""");
        using var password = Sensitive.FromText("new");
        Should.Throw<RotatorException>(() => SecretJson.Replace(secret, "app", password)).Message
            .ShouldBe("password key is missing from secret JSON");
    }

    [Fact]
    public void ReplacedPassword_ReadsBackForEveryCharacter()
    {
        var everything = new string([.. Enumerable.Range(1, 126).Select(c => (char)c), 'é', '中']) + "😀";
        using var secret = Sensitive.FromText(With(""));
        using var password = Sensitive.FromText(everything);

        using var after = SecretJson.Replace(secret, "app", password);

        Read(Encoding.UTF8.GetString(after.Reveal())).Password.RevealText().ShouldBe(everything);
    }

    [Theory]
    [InlineData("", "admin")]
    [InlineData(",\"dbname\":\"shop\"", "shop")]
    [InlineData(",\"authSource\":\"users\",\"dbname\":\"shop\"", "users")]
    [InlineData(",\"authSource\":\"\",\"dbname\":\"shop\"", "shop")]
    [InlineData(",\"authSource\":{\"a\":[1]},\"dbname\":\"shop\"", "shop")]
    [InlineData(",\"authSource\":null", "admin")]
    public void MongoDbUser_BelongsToAuthSource_ElseDbname_ElseAdmin(string more, string database)
    {
        using var secret = Sensitive.FromText(
            $$"""{"engine":"mongo","host":"h","username":"u","password":"p"{{more}}}""");
        SecretJson.ReadCredentials(secret, DatabaseEngine.MongoDb).DatabaseName.ShouldBe(database);
    }

    [Fact]
    public void AuthSource_IsNothingToOtherEngines()
    {
        using var secret = Sensitive.FromText(
            """{"engine":"postgres","host":"h","username":"u","password":"p","dbname":"shop","authSource":"users"}""");
        SecretJson.ReadCredentials(secret, DatabaseEngine.Postgres).DatabaseName.ShouldBe("shop");
    }
}
