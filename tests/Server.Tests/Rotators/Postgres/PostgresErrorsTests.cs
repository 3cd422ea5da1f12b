using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Postgres;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Postgres;

public sealed class PostgresErrorsTests
{
    private const string Password = "correct horse battery staple";

    private static readonly DatabaseCredentials Credentials = new()
    {
        Engine = "postgres",
        Host = "db.example",
        Port = 5432,
        Username = "app",
        Password = Sensitive.FromText(Password),
        Tls = TlsMode.Verified,
    };

    [Theory]
    [InlineData("28P01", "auth_failed", true, FailureCause.Auth)]
    [InlineData("28000", "ClientAuthentication", true, FailureCause.Precondition)]
    [InlineData("28000", "ClientAuthentication", false, FailureCause.Tls)]
    [InlineData("28000", "auth_failed", true, FailureCause.Precondition)]
    [InlineData("28000", "InitializeSessionUserId", true, FailureCause.Precondition)]
    [InlineData("28000", "another_function", true, FailureCause.Auth)]
    [InlineData("3D000", "InitPostgres", true, FailureCause.Precondition)]
    [InlineData("42501", "InitPostgres", true, FailureCause.Privilege)]
    [InlineData("53300", "InitPostgres", true, FailureCause.Unavailable)]
    [InlineData("57P03", "ProcessStartupPacket", true, FailureCause.Unavailable)]
    [InlineData("57P01", "ProcessInterrupts", true, FailureCause.Unavailable)]
    [InlineData("08P01", "ProcessStartupPacket", true, FailureCause.Network)]
    [InlineData("XX000", "anything", true, FailureCause.Other)]
    public void RefusedLogin_IsClassifiedByCodeAndPlace(string code, string routine, bool encrypted, FailureCause cause)
    {
        var failure = PostgresErrors.FromLogin(Refusal(code, routine), Credentials, encrypted, LoginProgress.TlsBegun);
        failure.Cause.ShouldBe(cause);
        failure.SqlState.ShouldBe(code);
    }

    /// <summary>PgBouncer 1.18: FATAL 08P01, SASL authentication failed.</summary>
    [Fact]
    public void ProtocolViolationAfterThePassword_IsARefusal() =>
        PostgresErrors.FromLogin(Refusal("08P01"), Credentials, encrypted: true, LoginProgress.PasswordAsked)
            .Cause.ShouldBe(FailureCause.Auth);

    [Theory]
    [InlineData("25006", FailureCause.Unavailable)]
    [InlineData("25P03", FailureCause.Timeout)]
    [InlineData("40001", FailureCause.Conflict)]
    [InlineData("40P01", FailureCause.Conflict)]
    [InlineData("42501", FailureCause.Privilege)]
    [InlineData("53100", FailureCause.Unavailable)]
    [InlineData("55P03", FailureCause.Conflict)]
    [InlineData("57014", FailureCause.Timeout)]
    [InlineData("42601", FailureCause.Other)]
    public void FailedStatement_IsClassifiedByCode(string code, FailureCause cause) =>
        PostgresErrors.FromStatement(Refusal(code), Credentials).Cause.ShouldBe(cause);

    /// <summary>Codes of passwordcheck, of credcheck in two generations, of rules in PL/pgSQL, of a collision, and others.</summary>
    [Theory]
    [InlineData("22023", "check_password", FailureCause.Policy)]
    [InlineData("28000", "check_password", FailureCause.Policy)]
    [InlineData("XX000", "check_password", FailureCause.Policy)]
    [InlineData("P0001", "exec_stmt_raise", FailureCause.Policy)]
    [InlineData("XX000", "simple_heap_update", FailureCause.Conflict)]
    [InlineData("42501", "AlterRole", FailureCause.Privilege)]
    [InlineData("25006", "PreventCommandIfReadOnly", FailureCause.Unavailable)]
    [InlineData("55P03", "ProcessInterrupts", FailureCause.Conflict)]
    public void RefusedChange_IsClassifiedByCodeAndPlace(string code, string routine, FailureCause cause) =>
        PostgresErrors.FromPasswordChange(Refusal(code, routine), Credentials, Sensitive.FromText("new")).Cause.ShouldBe(cause);

    [Fact]
    public void RefusalThatNamesTheNewPassword_IsNotPassedOn()
    {
        var refusal = new PostgresException("\"n3w-passw0rd\" is too simple", "ERROR", "ERROR", "22023");
        PostgresErrors.FromPasswordChange(refusal, Credentials, Sensitive.FromText("n3w-passw0rd")).ToString()
            .ShouldNotContain("n3w-passw0rd");
    }

    [Fact]
    public void BrokenConnection_IsClassifiedByWhatBrokeIt()
    {
        Login(new NpgsqlException("x", new SocketException((int)SocketError.HostNotFound))).Cause.ShouldBe(FailureCause.Network);
        Login(new NpgsqlException("x", new SocketException((int)SocketError.ConnectionRefused))).Cause.ShouldBe(FailureCause.Network);
        Login(new NpgsqlException("x", new EndOfStreamException())).Cause.ShouldBe(FailureCause.Network);
        Login(new NpgsqlException("x", new TimeoutException())).Cause.ShouldBe(FailureCause.Timeout);
        Login(new NpgsqlException("x", new AuthenticationException())).Cause.ShouldBe(FailureCause.Tls);
        Login(new NpgsqlException("x")).Cause.ShouldBe(FailureCause.Tls);
    }

    [Fact]
    public void ServersWords_AreMaskedBoundedAndOnOneLine()
    {
        var echo = $"rejected \"{Password}\"\nsecond line {new string('x', 5000)}";
        var failure = PostgresErrors.FromStatement(new PostgresException(echo, "ERROR", "ERROR", "42601"), Credentials);
        failure.ToString().ShouldNotContain(Password);
        failure.Message.ShouldContain(Sensitive.Mask);
        failure.Message.ShouldNotContain("\n");
        failure.Message.Length.ShouldBeLessThan(500);
        failure.InnerException.ShouldBeNull();
    }

    private static RotatorException Login(Exception failure) =>
        PostgresErrors.FromLogin(failure, Credentials, encrypted: true, LoginProgress.Begun);

    private static PostgresException Refusal(string code, string routine = "") =>
        new("in the server's language", "FEHLER", "ERROR", code, routine: routine);
}
