using System.Runtime.Intrinsics;

namespace Vitrine.Tensors;

/// <summary>
/// Measures what the machine can do, again and again and briefly: the memory is shared with other users, so an op is compared with a copy
/// of the same moment.
/// The rate of the vector units is a property of the machine: the best seen counts.
/// </summary>
internal sealed unsafe class Limits
{
    private const int Elements = 2048 * 3072; // 25 MB
    private const int Block = 1024; // elements; every range of a copy begins at a cache line
    // a chain of additions waits 4 cycles for itself: 12 keep two units busy
    private const int Rounds = 50_000, DivisionRounds = 20_000, Chains = 12;
    private const int DeviceItems = 1 << 18, DeviceRounds = 500, DeviceChains = 32; // chains of an item in peak.kernel.c

    private readonly Tensor _x = Tensor.Full([Elements], 1), _y = Tensor.Full([Elements], 0);
    private readonly Action _copy;
    private readonly Func<double> _fma, _division; // G/s
    private readonly List<double> _rates = []; // of copies
    private double _bestFma, _bestDivision;

    /// <summary>
    /// Chooses the copy, 25 MB to 25 MB: on the CPU the fastest of the runtime's own, a plain vector loop and one that fetches ahead, each
    /// on all threads and
    /// with ordinary stores; on another device its kernel of <c>scale</c>.
    /// </summary>
    public Limits(CancellationToken cancellation)
    {
        Action[] copies = Device.Current == Device.Cpu ? [Copy(Library), Copy(Loop), Copy(Ahead)] : [DeviceCopy];
        _copy = copies.MinBy(copy => Timing.Of(copy, 50, cancellation).Median)!;
        Func<double> wide = () => Rate(Fma<Simd512, Vector512<float>>, Rounds * Chains, 16), narrow = () =>
            Rate(Fma<Simd256, Vector256<float>>, Rounds * Chains, 8);
        _fma = Device.Current != Device.Cpu ? DeviceFma : Vector512.IsHardwareAccelerated && wide() > narrow() ? wide : narrow;
        _division = Device.Current != Device.Cpu ? () => 0 : Vector512.IsHardwareAccelerated ? () =>
            Rate(Divide512, 3 * DivisionRounds, 16) : () => Rate(Divide256, 3 * DivisionRounds, 8);
        Timing.Warm(() => Measure(), cancellation);
    }

    /// <summary>What was measured so far: of the copies the median.</summary>
    public Peaks Peaks => new(Timing.Middle(_rates), 2 * _bestFma, _bestDivision);

    /// <summary>What the machine can do at this moment; divisions are measured on the CPU only.</summary>
    public Peaks Measure()
    {
        _rates.Add(8.0 * Elements / Timing.Middle(Timing.Slice(_copy)) / 1e6);
        (_bestFma, _bestDivision) = (Math.Max(_bestFma, _fma()), Math.Max(_bestDivision, _division()));
        return new(_rates[^1], 2 * _bestFma, _bestDivision);
    }

    private Action Copy(Action<IntPtr, IntPtr, int> range) => () => Workers.For(Elements / Block, (from, to) =>
        range((IntPtr)(_x.CpuPointer + (from * Block * sizeof(float))), (IntPtr)(_y.CpuPointer + (from * Block * sizeof(float))),
            (to - from) * Block), 16);

    private static void Library(IntPtr x, IntPtr y, int n) => new ReadOnlySpan<float>((void*)x, n).CopyTo(new Span<float>((void*)y, n));

    private static void Loop(IntPtr x, IntPtr y, int n) => Simd.Shift((float*)x, 0, (float*)y, n);

    private static void Ahead(IntPtr x, IntPtr y, int n)
    {
        float* from = (float*)x, to = (float*)y;
        for (int i = 0; i < n; i += 16)
        {
            Simd.Prefetch(from + i + (4 * Block));
            Simd.Prefetch(to + i + (4 * Block));
            Vector512.Load(from + i).Store(to + i);
        }
    }

    private void DeviceCopy()
    {
        _ = _x.Scale(1, 0);
        Device.Current.Synchronize();
    }

    /// <summary>Multiply–adds per second of a device, in G/s.</summary>
    private double DeviceFma()
    {
        Tensor sums = Tensor.Empty([DeviceItems], Device.Current);
        void Run()
        {
            Op.Launch("peak_multiply_add", DeviceItems, [sums], DeviceRounds);
            Device.Current.Synchronize();
        }
        return (double)DeviceItems * DeviceRounds * DeviceChains / Timing.Slice(Run, 2).Min() / 1e6;
    }

    /// <summary>Lane operations per second of a loop of vector operations on every thread, in G/s.</summary>
    private static double Rate(Func<float> loop, int operations, int lanes)
    {
        float[] sinks = new float[Workers.Count];
        void Run() => Workers.For(sinks.Length, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                sinks[i] = loop();
            }
        });
        return (double)sinks.Length * operations * lanes / Timing.Slice(Run, 2).Min() / 1e6;
    }

    private static float Fma<S, V>()
        where S : struct, ISimd<V>
        where V : struct
    {
        V m = S.Splat(0.999f), a = S.Splat(0.001f);
        V c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a, c10 = a, c11 = a;
        for (int i = 0; i < Rounds; i++)
        {
            c0 = S.MulAdd(c0, m, a);
            c1 = S.MulAdd(c1, m, a);
            c2 = S.MulAdd(c2, m, a);
            c3 = S.MulAdd(c3, m, a);
            c4 = S.MulAdd(c4, m, a);
            c5 = S.MulAdd(c5, m, a);
            c6 = S.MulAdd(c6, m, a);
            c7 = S.MulAdd(c7, m, a);
            c8 = S.MulAdd(c8, m, a);
            c9 = S.MulAdd(c9, m, a);
            c10 = S.MulAdd(c10, m, a);
            c11 = S.MulAdd(c11, m, a);
        }
        return S.Sum(S.Add(S.Add(S.Add(S.Add(c0, c1), S.Add(c2, c3)), S.Add(S.Add(c4, c5), S.Add(c6, c7))),
            S.Add(S.Add(c8, c9), S.Add(c10, c11))));
    }

    private static float Divide512()
    {
        Vector512<float> d = Vector512.Create(1.0001f), c0 = d, c1 = d, c2 = d;
        for (int i = 0; i < DivisionRounds; i++)
        {
            (c0, c1, c2) = (c0 / d, c1 / d, c2 / d);
        }
        return Vector512.Sum(c0 + c1 + c2);
    }

    private static float Divide256()
    {
        Vector256<float> d = Vector256.Create(1.0001f), c0 = d, c1 = d, c2 = d;
        for (int i = 0; i < DivisionRounds; i++)
        {
            (c0, c1, c2) = (c0 / d, c1 / d, c2 / d);
        }
        return Vector256.Sum(c0 + c1 + c2);
    }
}
