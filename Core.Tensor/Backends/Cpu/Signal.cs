using System.Runtime.InteropServices;

namespace Vitrine.Tensors;

/// <summary>How one worker sleeps until a caller has work for it.</summary>
/// <remarks>
/// On Linux by its futex, for two reasons. The events and monitors of .NET take 40 µs to wake a thread, this 15. And a scheduler that
/// has just seen all processors busy looks for no idle one, but puts the woken thread where it ran last: if that is the caller's
/// processor, it waits for the caller until the next tick, 1 to 4 ms (measured, Linux 6.18, two processors). So the caller forbids its
/// own processor to the sleeper, and the sleeper allows it again once awake.
/// </remarks>
internal sealed partial class Signal
{
    private const int WaitPrivate = 128, WakePrivate = 129;
    private const int MaskBytes = 128, MaxProcessors = 8 * MaskBytes; // as many as the C library knows

    /// <summary>Numbers of system calls.</summary>
    private readonly record struct Calls(nint Futex, nint SetAffinity, nint GetAffinity, nint ThreadId);

    private static readonly Calls s_calls = !OperatingSystem.IsLinux() ? default : RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => new(202, 203, 204, 186),
        Architecture.Arm64 => new(98, 122, 123, 178),
        _ => default,
    };

    private readonly AutoResetEvent? _event = s_calls == default ? new(false) : null;
    private readonly int[] _flag = GC.AllocateArray<int>(1, pinned: true);
    private readonly byte[] _allowed = GC.AllocateArray<byte>(MaskBytes, pinned: true); // processors, one bit each
    private readonly byte[] _elsewhere = GC.AllocateArray<byte>(MaskBytes, pinned: true);
    private nint _thread; // the sleeper's, once _allowed is known

    /// <summary>Sleeps until the signal is set, and takes it back. Returns at once when it is set already.</summary>
    public void Wait()
    {
        if (_event is not null)
        {
            _event.WaitOne();
            return;
        }
        if (_thread == 0 && SystemCall(s_calls.GetAffinity, 0, MaskBytes, Address(_allowed), 0) > 0)
        {
            Volatile.Write(ref _thread, SystemCall(s_calls.ThreadId, 0, 0, 0, 0));
        }
        while (Interlocked.Exchange(ref _flag[0], 0) == 0)
        {
            _ = SystemCall(s_calls.Futex, Address(_flag), WaitPrivate, 0, 0); // returns at once when the flag is not 0
        }
        if (_thread != 0)
        {
            _ = SystemCall(s_calls.SetAffinity, 0, MaskBytes, Address(_allowed), 0);
        }
    }

    /// <summary>Sets the signal and wakes the thread that sleeps on it, if any.</summary>
    public void Set()
    {
        if (_event is not null)
        {
            _event.Set();
            return;
        }
        int here = Thread.GetCurrentProcessorId();
        nint thread = Volatile.Read(ref _thread);
        if (thread != 0 && (uint)here < MaxProcessors)
        {
            _allowed.CopyTo(_elsewhere, 0);
            _elsewhere[here / 8] &= (byte)~(1 << (here % 8));
            _ = SystemCall(s_calls.SetAffinity, thread, MaskBytes, Address(_elsewhere), 0); // refused when none is left
        }
        Interlocked.Exchange(ref _flag[0], 1);
        _ = SystemCall(s_calls.Futex, Address(_flag), WakePrivate, 1, 0);
    }

    private static nint Address(Array pinned) => Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, nint a, nint b, nint c, nint d);
}
