using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Rekey.Benchmarks.Load;

/// <summary>The few system calls of the load generator: one thread in epoll costs less per request than the runtime's sockets.</summary>
internal static partial class Linux
{
    private const int AddToInterestList = 1;
    private const uint Readable = 1;

    /// <summary>Keeps the calling thread on one core.</summary>
    public static void PinThread(int core)
    {
        var mask = 1UL << core;
        Demand(SetAffinity(0, sizeof(ulong), in mask), "sched_setaffinity");
    }

    public static int CreateEpoll() => (int)Demand(EpollCreate(0), "epoll_create1");

    public static void Watch(int epoll, int socket, int tag)
    {
        var interest = new EpollEvent { Events = Readable, Tag = tag };
        Demand(EpollControl(epoll, AddToInterestList, socket, ref interest), "epoll_ctl");
    }

    /// <summary>Waits for readable sockets; returns how many entries were filled, 0 after the timeout.</summary>
    public static int Wait(int epoll, Span<EpollEvent> ready, int timeoutMilliseconds) =>
        (int)Demand(EpollWait(epoll, ref MemoryMarshal.GetReference(ready), ready.Length, timeoutMilliseconds), "epoll_wait");

    public static int Receive(int socket, Span<byte> buffer) =>
        (int)Demand(ReceiveFrom(socket, ref MemoryMarshal.GetReference(buffer), (nuint)buffer.Length, 0), "recv");

    public static int Send(int socket, ReadOnlySpan<byte> bytes) =>
        (int)Demand(SendTo(socket, in MemoryMarshal.GetReference(bytes), (nuint)bytes.Length, 0), "send");

    public static void CloseEpoll(int epoll) => Demand(Close(epoll), "close");

    private static nint Demand(nint result, string call) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{call} failed");

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint length, in ulong mask);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(int epoll, int operation, int socket, ref EpollEvent interest);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWait(int epoll, ref EpollEvent ready, int count, int timeout);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint ReceiveFrom(int socket, ref byte buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint SendTo(int socket, in byte buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    /// <summary>The kernel packs this structure on x86-64.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct EpollEvent
    {
        public uint Events;
        public int Tag;
        private readonly int _tagHigh;
    }
}
