using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace Vitrine.Tensors;

/// <summary>
/// d + a b, [16, 8] + [16, 8] [8, 8], by the 32 items of a warp together, a and b in TF32. Item 4 g + t has of a the rows g (X, Z) and
/// g + 8 (Y, W) in columns t (X, Y) and t + 4 (Z, W), of b the column g in rows t (low) and t + 4 (high), of d the rows g (X, Y) and
/// g + 8 (Z, W) in columns 2 t (X, Z) and 2 t + 1 (Y, W).
/// </summary>
internal interface ITensorCore
{
    Floats4 MultiplyAdd(Floats4 d, Floats4 a, float low, float high, ArrayView<float> lanes);
}

/// <summary>The instruction, on devices of compute capability 8.0 and later.</summary>
internal readonly struct TensorCore : ITensorCore
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Floats4 MultiplyAdd(Floats4 d, Floats4 a, float low, float high, ArrayView<float> lanes)
    {
        Ref<float> d0 = d.X.Value, d1 = d.Y.Value, d2 = d.Z.Value, d3 = d.W.Value;
        Input<uint> a0 = Interop.FloatAsInt(a.X.Value), a1 = Interop.FloatAsInt(a.Y.Value), a2 = Interop.FloatAsInt(a.Z.Value),
            a3 = Interop.FloatAsInt(a.W.Value), b0 = Interop.FloatAsInt(low), b1 = Interop.FloatAsInt(high);
        CudaAsm.EmitRef(
            "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};",
            ref d0, ref d1, ref d2, ref d3, ref a0, ref a1, ref a2, ref a3, ref b0, ref b1);
        return Floats4.Of(d0.Value, d1.Value, d2.Value, d3.Value);
    }
}

/// <summary>
/// The same in memory of the group, with the rounding that was measured on such devices (MMA-Sim): never for work, but so that everything
/// around the instruction is tested. Four products and the sum so far are cut to 24 bits below the exponent of the largest, and their sum
/// to a float32.
/// </summary>
internal readonly struct EmulatedCore : ITensorCore
{
    private const int Warp = 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Floats4 MultiplyAdd(Floats4 d, Floats4 a, float low, float high, ArrayView<float> lanes)
    {
        int lane = Group.IdxX % Warp, g = lane / 4, t = lane % 4, ofA = Group.IdxX / Warp * 6 * Warp, ofB = ofA + (4 * Warp);
        lanes[ofA + lane] = Cut(a.X.Value);
        lanes[ofA + Warp + lane] = Cut(a.Y.Value);
        lanes[ofA + (2 * Warp) + lane] = Cut(a.Z.Value);
        lanes[ofA + (3 * Warp) + lane] = Cut(a.W.Value);
        lanes[ofB + lane] = Cut(low);
        lanes[ofB + Warp + lane] = Cut(high);
        Group.Barrier();
        int left = ofA + (4 * g), right = ofB + (8 * t);
        var sum = Floats4.Of(Dot(lanes, left, right, d.X.Value), Dot(lanes, left, right + 4, d.Y.Value),
            Dot(lanes, left + Warp, right, d.Z.Value), Dot(lanes, left + Warp, right + 4, d.W.Value));
        Group.Barrier();
        return sum;
    }

    // Row g or g + 8 of a by one column of b: columns 0 to 3 of a, then 4 to 7.
    private static float Dot(ArrayView<float> lanes, int left, int right, float sum)
    {
        for (int part = 0; part < 2; part++)
        {
            int a = left + (2 * part * Warp), b = right + (part * Warp);
            sum = CutSum(Floats4.Of(lanes[a] * lanes[b], lanes[a + 1] * lanes[b + 1], lanes[a + 2] * lanes[b + 2],
                lanes[a + 3] * lanes[b + 3]), sum);
        }
        return sum;
    }

    private static float CutSum(Floats4 x, float last)
    {
        int top = Math.Max(Math.Max(Math.Max(Exponent(x.X.Value), Exponent(x.Y.Value)), Math.Max(Exponent(x.Z.Value), Exponent(x.W.Value))),
            Math.Max(25, Exponent(last)));
        if (top == 255)
        {
            return Floats4.Sum(x) + last;
        }
        float scale = Interop.IntAsFloat((uint)(278 - top) << 23);
        int sum = (int)(x.X.Value * scale) + (int)(x.Y.Value * scale) + (int)(x.Z.Value * scale) + (int)(x.W.Value * scale)
            + (int)(last * scale);
        int size = sum < 0 ? -sum : sum, unit = 1;
        while (size / unit >= 1 << 24)
        {
            unit *= 2;
        }
        return (float)(sum / unit * unit) * Interop.IntAsFloat((uint)(top - 24) << 23);
    }

    private static int Exponent(float x) => (int)(Interop.FloatAsInt(x) >> 23) & 255;

    private static float Cut(float x) => Interop.IntAsFloat(Interop.FloatAsInt(x) & 0xffffe000);
}
