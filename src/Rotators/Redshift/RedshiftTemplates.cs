using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redshift;

/// <summary>AWS's templates for Amazon Redshift.</summary>
internal static class RedshiftTemplates
{
    public static IReadOnlyList<RotatorTemplate> All { get; } =
    [
        new("SecretsManagerRedshiftRotationSingleUser", DatabaseEngine.Redshift, SingleUser),
        new("SecretsManagerRedshiftRotationMultiUser", DatabaseEngine.Redshift, MultiUser),
    ];

    private static SingleUser SingleUser(RotatorOptions options, TimeProvider time) =>
        new(new RedshiftLogin(options), new RedshiftAdministration(options), time);

    private static AlternatingUsers MultiUser(RotatorOptions options, TimeProvider time) =>
        new(DatabaseEngine.Redshift, new RedshiftLogin(options), new RedshiftAdministration(options), time);
}
