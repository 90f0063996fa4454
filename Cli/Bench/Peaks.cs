using System.Runtime.Intrinsics;
using Vitrine.Tensors;

namespace Vitrine.Cli;

/// <summary>What the machine can do at best, measured in the same run as what is compared with it.</summary>
/// <param name="Copy">Bytes read plus bytes written per second by a copy of the benchmarks' size, in GB/s.</param>
/// <param name="Fma">Floating-point operations per second of fused multiply–adds on registers, in GFLOP/s; 0 where it was not measured.</param>
/// <param name="Division">Divisions per second, in G/s.</param>
internal readonly record struct Peaks(double Copy, double Fma, double Division)
{
    private const int Elements = 2048 * 3072; // 25 MB
    private const int Rounds = 50_000, Reps = 20, Chains = 12; // a chain of additions waits 4 cycles for itself: 12 keep two units busy

    /// <summary>Measures the current device; of one that is not the CPU only the copy, by the kernel of <c>scale</c>.</summary>
    public static Peaks Measure(CancellationToken cancellation) => Device.Current == Device.Cpu
        ? new(MeasureCopy(cancellation), MeasureFma(cancellation), MeasureDivision(cancellation))
        : new(MeasureDeviceCopy(cancellation), 0, 0);

    /// <summary>The time in which the vector units can issue an op's operations, ms.</summary>
    public double Milliseconds(OpCost cost)
    {
        if (Fma == 0)
        {
            return 0;
        }
        double issued = Fma / 2; // G/s; of the two units a division occupies one
        return (cost.Operations + (cost.Divisions * issued / Division / 2)) / issued / 1e6;
    }

    /// <summary>Which limit is the nearer one for so many bytes and so much arithmetic, and the time at that limit, ms.</summary>
    public (string Binds, double Ms) Limit(double bytes, OpCost cost)
    {
        double copy = bytes / Copy / 1e6, units = Milliseconds(cost);
        return units > copy ? ("units", units) : ("copy", copy);
    }

    /// <summary>The better of two measurements: a machine that others use too has slow moments.</summary>
    public Peaks Best(Peaks other) => new(Math.Max(Copy, other.Copy), Math.Max(Fma, other.Fma), Math.Max(Division, other.Division));

    /// <summary>The better of the runtime's own copy and a plain vector loop, all threads, 25 MB to 25 MB.</summary>
    private static unsafe double MeasureCopy(CancellationToken cancellation)
    {
        const int Grain = 1 << 14;
        Tensor x = Tensor.Full([Elements], 1), y = Tensor.Full([Elements], 0);
        float* from = (float*)x.CpuPointer, to = (float*)y.CpuPointer;
        Timing library = Timing.Of(() => Workers.For(Elements, (a, b) => new ReadOnlySpan<float>(from + a, b - a).CopyTo(new Span<float>(to + a, b - a)), Grain), Reps, cancellation);
        Timing loop = Timing.Of(() => Workers.For(Elements, (a, b) => Simd.Shift(from + a, 0, to + a, b - a), Grain), Reps, cancellation);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        return 8.0 * Elements / Math.Min(library.Median, loop.Median) / 1e6;
    }

    private static double MeasureDeviceCopy(CancellationToken cancellation)
    {
        Tensor x = Tensor.Full([Elements], 1);
        return 8.0 * Elements / Timing.Of(() =>
        {
            _ = x.Scale(1, 0);
            Device.Current.Synchronize();
        }, Reps, cancellation).Median / 1e6;
    }

    private static double MeasureFma(CancellationToken cancellation)
    {
        double wide = Vector512.IsHardwareAccelerated ? Rate(Fma512, 16, cancellation) : 0;
        return 2 * Math.Max(wide, Rate(Fma256, 8, cancellation));
    }

    private static double MeasureDivision(CancellationToken cancellation) => Vector512.IsHardwareAccelerated ? Rate(Divide512, 16, cancellation) : Rate(Divide256, 8, cancellation);

    /// <summary>Lane operations per second of a loop of Rounds × Chains vector operations on every thread, in G/s.</summary>
    private static double Rate(Func<float> loop, int lanes, CancellationToken cancellation)
    {
        float[] sinks = new float[Workers.Count];
        Timing timing = Timing.Of(() => Workers.For(sinks.Length, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                sinks[i] = loop();
            }
        }), Reps, cancellation);
        return (double)sinks.Length * Rounds * Chains * lanes / timing.Median / 1e6;
    }

    private static float Fma512()
    {
        Vector512<float> m = Vector512.Create(0.999f), a = Vector512.Create(0.001f);
        Vector512<float> c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a, c10 = a, c11 = a;
        for (int i = 0; i < Rounds; i++)
        {
            c0 = Vector512.MultiplyAddEstimate(c0, m, a);
            c1 = Vector512.MultiplyAddEstimate(c1, m, a);
            c2 = Vector512.MultiplyAddEstimate(c2, m, a);
            c3 = Vector512.MultiplyAddEstimate(c3, m, a);
            c4 = Vector512.MultiplyAddEstimate(c4, m, a);
            c5 = Vector512.MultiplyAddEstimate(c5, m, a);
            c6 = Vector512.MultiplyAddEstimate(c6, m, a);
            c7 = Vector512.MultiplyAddEstimate(c7, m, a);
            c8 = Vector512.MultiplyAddEstimate(c8, m, a);
            c9 = Vector512.MultiplyAddEstimate(c9, m, a);
            c10 = Vector512.MultiplyAddEstimate(c10, m, a);
            c11 = Vector512.MultiplyAddEstimate(c11, m, a);
        }
        return Vector512.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }

    private static float Fma256()
    {
        Vector256<float> m = Vector256.Create(0.999f), a = Vector256.Create(0.001f);
        Vector256<float> c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a, c10 = a, c11 = a;
        for (int i = 0; i < Rounds; i++)
        {
            c0 = Vector256.MultiplyAddEstimate(c0, m, a);
            c1 = Vector256.MultiplyAddEstimate(c1, m, a);
            c2 = Vector256.MultiplyAddEstimate(c2, m, a);
            c3 = Vector256.MultiplyAddEstimate(c3, m, a);
            c4 = Vector256.MultiplyAddEstimate(c4, m, a);
            c5 = Vector256.MultiplyAddEstimate(c5, m, a);
            c6 = Vector256.MultiplyAddEstimate(c6, m, a);
            c7 = Vector256.MultiplyAddEstimate(c7, m, a);
            c8 = Vector256.MultiplyAddEstimate(c8, m, a);
            c9 = Vector256.MultiplyAddEstimate(c9, m, a);
            c10 = Vector256.MultiplyAddEstimate(c10, m, a);
            c11 = Vector256.MultiplyAddEstimate(c11, m, a);
        }
        return Vector256.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }

    private static float Divide512()
    {
        Vector512<float> d = Vector512.Create(1.0001f), c0 = d, c1 = d, c2 = d;
        for (int i = 0; i < Rounds * Chains / 3; i++)
        {
            (c0, c1, c2) = (c0 / d, c1 / d, c2 / d);
        }
        return Vector512.Sum(c0 + c1 + c2);
    }

    private static float Divide256()
    {
        Vector256<float> d = Vector256.Create(1.0001f), c0 = d, c1 = d, c2 = d;
        for (int i = 0; i < Rounds * Chains / 3; i++)
        {
            (c0, c1, c2) = (c0 / d, c1 / d, c2 / d);
        }
        return Vector256.Sum(c0 + c1 + c2);
    }
}
