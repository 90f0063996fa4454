using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vitrine.Tensors;

/// <summary>
/// Which vectors the CPU computes with, and a way to fix them. Sums are taken in an order that follows from the width, so the same
/// computation gives the same bits on machines of one width, and others on machines of another; with the width fixed at 256 bits it gives
/// the same on every x64 machine.
/// </summary>
public static class CpuVectors
{
    private static bool s_fixed, s_used;

    /// <summary>For results: architecture and width, e.g. <c>x64, 512-bit</c>, <c>x64, 256-bit fixed</c>.</summary>
    public static string Description =>
        $"{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}, {Width}-bit{(s_fixed ? " fixed" : "")}";

    /// <summary>Bits of the vectors of products: 512, 256 or 128.</summary>
    internal static int Width => Vector512.IsHardwareAccelerated && !s_fixed ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>Whether products use 512 bits. The compiler sees a constant.</summary>
    internal static bool Uses512 => Chosen.Wide;

    /// <summary>
    /// Fixes the width at 256 bits for the life of the process; to be asked for before the first op. What is asked for twice is fixed once.
    /// </summary>
    /// <exception cref="DeviceException">
    /// The processor has no 256-bit vectors with fused multiply-add, the runtime is told to use others, or something was computed already.
    /// </exception>
    public static void Fix()
    {
        if (!Avx2.IsSupported || !Fma.IsSupported || System.Numerics.Vector<float>.Count != 8)
        {
            throw new DeviceException(
                $"deterministic: the fixed path needs 256-bit vectors; got {RuntimeInformation.ProcessArchitecture} with "
                + $"AVX2 {Avx2.IsSupported}, FMA {Fma.IsSupported}, vectors of {System.Numerics.Vector<float>.Count} floats; "
                + "expected an x64 processor with AVX2 and FMA, and no setting of the runtime that hides them.");
        }
        if (s_used && !s_fixed)
        {
            throw new DeviceException("deterministic: too late; got a process that computed already; expected the first thing it does. "
                + "Start another process.");
        }
        s_fixed = true;
    }

    private static class Chosen
    {
        public static readonly bool Wide = Decide();

        private static bool Decide()
        {
            s_used = true;
            return Vector512.IsHardwareAccelerated && !s_fixed;
        }
    }
}
