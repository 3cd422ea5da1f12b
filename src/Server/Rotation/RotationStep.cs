namespace Rekey.Server.Rotation;

/// <summary>The four steps of AWS's rotation contract.</summary>
internal enum RotationStep
{
    CreateSecret,
    SetSecret,
    TestSecret,
    FinishSecret,
}

internal static class RotationSteps
{
    /// <summary>The step as the rotation event, the journal and the documents spell it.</summary>
    public static string WireName(this RotationStep step) => step switch
    {
        RotationStep.CreateSecret => "createSecret",
        RotationStep.SetSecret => "setSecret",
        RotationStep.TestSecret => "testSecret",
        RotationStep.FinishSecret => "finishSecret",
        _ => throw new ArgumentOutOfRangeException(nameof(step)),
    };
}
