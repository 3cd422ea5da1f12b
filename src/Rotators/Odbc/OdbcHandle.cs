using System.Runtime.InteropServices;

namespace Rekey.Rotators.Odbc;

/// <summary>An environment, connection or statement of the driver manager. A child keeps its parent open.</summary>
internal sealed class OdbcHandle : SafeHandle
{
    private readonly OdbcHandle? _parent;

    private OdbcHandle(short type, OdbcHandle? parent)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        Type = type;
        _parent = parent;
    }

    public short Type { get; }

    /// <summary>Set once a connection is established: it must be ended before its handle is freed.</summary>
    public bool IsConnected { get; set; }

    public override bool IsInvalid => handle == 0;

    public static OdbcHandle Allocate(short type, OdbcHandle? parent)
    {
        var allocated = new OdbcHandle(type, parent);
        var parentIsHeld = false;
        parent?.DangerousAddRef(ref parentIsHeld);
        var status = OdbcNative.SQLAllocHandle(type, parent?.handle ?? 0, out var native);
        if (status is not (OdbcNative.Success or OdbcNative.SuccessWithInfo))
        {
            parent?.DangerousRelease();
            throw new InvalidOperationException("The ODBC driver manager could not allocate a handle.");
        }
        allocated.SetHandle(native);
        return allocated;
    }

    protected override bool ReleaseHandle()
    {
        if (IsConnected) _ = OdbcNative.SQLDisconnect(handle);
        var status = OdbcNative.SQLFreeHandle(Type, handle);
        _parent?.DangerousRelease();
        return status == OdbcNative.Success;
    }
}
