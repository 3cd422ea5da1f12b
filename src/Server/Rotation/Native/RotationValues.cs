using Rekey.Rotators;

namespace Rekey.Server.Rotation.Native;

/// <summary>Opened values; zeroes the passwords when the step is over.</summary>
internal sealed class RotationValues<TSubject>(TSubject subject) : IDisposable
    where TSubject : RotationSubject
{
    public TSubject Subject { get; } = subject;

    public void Dispose()
    {
        Subject.Current.Password.Dispose();
        Subject.Superuser?.Password.Dispose();
        if (Subject is not RotationRequest request) return;
        request.Pending.Password.Dispose();
        request.Previous?.Password.Dispose();
    }
}
