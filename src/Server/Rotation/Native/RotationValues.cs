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
        switch (Subject)
        {
            case RotationRequest request:
                request.Pending.Password.Dispose();
                request.Previous?.Password.Dispose();
                foreach (var suspect in request.Suspects) suspect.Password.Dispose();
                break;
            case HealingSubject healing:
                foreach (var candidate in healing.Candidates) candidate.Password.Dispose();
                break;
        }
    }
}
