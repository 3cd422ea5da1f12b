using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators;

public sealed class RotatorCatalogueTests
{
    [Theory]
    [InlineData("SecretsManagerRDSMySQLRotationSingleUser", "mysql")]
    [InlineData("SecretsManagerRDSMariaDBRotationSingleUser", "mariadb")]
    [InlineData("SecretsManagerRDSPostgreSQLRotationSingleUser", "postgres")]
    [InlineData("SecretsManagerRDSSQLServerRotationSingleUser", "sqlserver")]
    [InlineData("SecretsManagerRDSSQLServerRotationMultiUser", "sqlserver")]
    [InlineData("SecretsManagerRDSOracleRotationSingleUser", "oracle")]
    [InlineData("SecretsManagerRDSOracleRotationMultiUser", "oracle")]
    [InlineData("SecretsManagerRDSDb2RotationSingleUser", "db2")]
    [InlineData("SecretsManagerRDSDb2RotationMultiUser", "db2")]
    [InlineData("SecretsManagerRedisRotationSingleUser", "redis")]
    [InlineData("SecretsManagerRedisRotationMultiUser", "redis")]
    [InlineData("SecretsManagerElasticacheUserRotation", "elasticache")]
    [InlineData("SecretsManagerMongoDBRotationSingleUser", "mongo")]
    [InlineData("SecretsManagerMongoDBRotationMultiUser", "mongo")]
    public void TemplateName_LeadsToItsEngine(string name, string engine) => RotatorCatalogue.Find(name)!.Engine.Name.ShouldBe(engine);

    [Theory]
    [InlineData("SecretsManagerRDSMySQLRotationSingleUser")]
    [InlineData("SecretsManagerRDSMariaDBRotationSingleUser")]
    public void MissingOdbcDriver_IsToldBeforeAnyRotation(string name)
    {
        var missing = RotatorCatalogue.Find(name)!.MissingDriver;
        missing(new RotatorOptions { OdbcMariaDbFile = "/nowhere/libmaodbc.so" })!.ShouldContain("/nowhere/libmaodbc.so");
        missing(new RotatorOptions()).ShouldBeNull();
    }

    [Fact]
    public void ManagedDriver_IsNeverMissing() =>
        RotatorCatalogue.Find("SecretsManagerRDSPostgreSQLRotationSingleUser")!.MissingDriver(new RotatorOptions()).ShouldBeNull();

    [Theory]
    [InlineData("secretsmanagerrdsmysqlrotationsingleuser")]
    [InlineData("SecretsManagerRDSMySQLRotationSingleUser ")]
    [InlineData("MyFunction")]
    [InlineData("")]
    public void AnyOtherName_LeadsToNothing(string name) => RotatorCatalogue.Find(name).ShouldBeNull();
}
