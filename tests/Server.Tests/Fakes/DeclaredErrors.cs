using Rekey.Server.Protocols.Shapes;
using Shouldly;

namespace Rekey.Server.Tests.Fakes;

/// <summary>Every answer in a test is held against the model: a modelled error must be one that AWS declares for its operation.</summary>
internal static class DeclaredErrors
{
    /// <summary>Seen on AWS without being declared: "marked for deletion" of a secret whose versions are listed.</summary>
    private static readonly (string Operation, string? Code)[] s_undeclared = [("ListSecretVersionIds", "InvalidRequestException")];

    public static void Demand(string operation, Answer answer)
    {
        if (answer.IsSuccess || answer.Json["Message"] is null || s_undeclared.Contains((operation, answer.ErrorCode))) return;
        ServiceModel.Get("secretsmanager").Operation(operation).Errors.ShouldContain(answer.ErrorCode, $"{operation} may not answer this");
    }
}
