using System.Runtime.InteropServices;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Weights;

public sealed class WeightConversionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadFloats_EveryHalf_EqualsTheRuntimesOwnConversion()
    {
        Half[] all = [.. Enumerable.Range(0, 65536).Select(bits => BitConverter.UInt16BitsToHalf((ushort)bits))];

        float[] read = Read("F16", all);

        for (int bits = 0; bits < all.Length; bits++)
        {
            Assert.True(Same((float)all[bits], read[bits]), $"half 0x{bits:x4}: got {read[bits]:R}");
        }
    }

    [Fact]
    public void ReadFloats_EveryBFloat16_IsTheUpperHalfOfAFloat()
    {
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits)];

        float[] read = Read("BF16", all);

        for (int bits = 0; bits < all.Length; bits++)
        {
            Assert.True(Same(BitConverter.UInt32BitsToSingle((uint)bits << 16), read[bits]), $"bfloat16 0x{bits:x4}: got {read[bits]:R}");
        }
    }

    [Fact]
    public void ReadFloats_EveryByte_IsItsNumber()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

        Assert.Equal(all.Select(value => (float)value), Read("U8", all));
        Assert.Equal(all.Select(value => (float)(sbyte)value), Read("I8", all));
        Assert.Equal([0f, 1f, 1f], Read<byte>("BOOL", [0, 1, 255]));
    }

    [Fact]
    public void ReadFloats_WiderTypes_RoundToNearestEven()
    {
        Assert.Equal([16777216f, 16777220f, -1f, 9.2233720368547758e18f], Read("I64", [16777217L, 16777219, -1, long.MaxValue]));
        Assert.Equal([16777216f, 16777220f, -2147483648f], Read("I32", [16777217, 16777219, int.MinValue]));
        Assert.Equal([-32768f, 32767f], Read("I16", [short.MinValue, short.MaxValue]));
        Assert.Equal([0.1f, float.PositiveInfinity, float.NaN, 0f], Read("F64", [0.1, 1e300, double.NaN, 1e-300]));
    }

    [Theory]
    [InlineData(WeightType.F64)]
    [InlineData(WeightType.F32)]
    [InlineData(WeightType.F16)]
    [InlineData(WeightType.BF16)]
    [InlineData(WeightType.I64)]
    [InlineData(WeightType.I32)]
    [InlineData(WeightType.I16)]
    [InlineData(WeightType.I8)]
    [InlineData(WeightType.U8)]
    [InlineData(WeightType.BOOL)]
    public void FromFloats_ValuesTheTypeHolds_ComeBackUnchanged(WeightType type)
    {
        float[] values = type == WeightType.BOOL ? [0, 1, 1, 0] : type <= WeightType.BF16
            ? [0, -0f, 1.5f, -65504, 6.103515625e-05f, float.NaN, float.NegativeInfinity]
            : type == WeightType.U8 ? [0, 1, 255] : [0, 1, -128, 127];
        values = type == WeightType.BF16 ? [.. values.Where(value => value != -65504)] : values;

        float[] back = RoundTrip(type, values);

        Assert.All(values.Zip(back), pair => Assert.True(Same(pair.First, pair.Second), $"{pair.First:R} came back as {pair.Second:R}"));
    }

    [Fact]
    public void FromFloats_Ties_RoundToEven()
    {
        Assert.Equal([2048f, 2052f], RoundTrip(WeightType.F16, [2049, 2051]));
        Assert.Equal([256f, 260f, -256f], RoundTrip(WeightType.BF16, [257, 259, -257]));
        Assert.Equal([0f, 2f, 2f, -2f], RoundTrip(WeightType.I8, [0.5f, 1.5f, 2.5f, -2.5f]));
    }

    [Theory]
    [InlineData(WeightType.F16, 65520f)]
    [InlineData(WeightType.F16, -1e9f)]
    [InlineData(WeightType.BF16, float.MaxValue)]
    [InlineData(WeightType.I64, 9.2233720368547758e18f)]
    [InlineData(WeightType.I32, 2147483648f)]
    [InlineData(WeightType.I16, -32769f)]
    [InlineData(WeightType.I8, 127.5f)]
    [InlineData(WeightType.U8, -1f)]
    [InlineData(WeightType.BOOL, 2f)]
    [InlineData(WeightType.I8, float.NaN)]
    [InlineData(WeightType.I32, float.PositiveInfinity)]
    public void FromFloats_ValueOutOfRange_GivesItsIndex(WeightType type, float value)
    {
        byte[] target = new byte[3 * type.Size()];

        Assert.Equal(1, WeightConversion.FromFloats(type, [0, value, 0], target));
    }

    [Fact]
    public void FromFloats_NaNWithLowPayload_StaysNaN()
    {
        float nan = BitConverter.UInt32BitsToSingle(0x7f800001);

        Assert.True(float.IsNaN(RoundTrip(WeightType.BF16, [nan])[0]));
        Assert.True(float.IsNaN(RoundTrip(WeightType.F16, [nan])[0]));
    }

    // One byte of header padding more or less moves the data to every alignment.
    private float[] Read<T>(string dtype, T[] values) where T : unmanaged
    {
        byte[] data = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        float[]? first = null;
        for (int padding = 0; padding < 8; padding++)
        {
            string header = $$$"""{"x":{"dtype":"{{{dtype}}}","shape":[{{{values.Length}}}],"data_offsets":[0,{{{data.Length}}}]}}"""
                + new string(' ', padding);
            using SafetensorsFile file = SafetensorsFile.Open(_folder.Write("model.safetensors", SafetensorsBytes.File(header, data)));
            float[] read = file.ReadFloats("x");
            Assert.Equal(first ??= read, read);
        }
        return first!;
    }

    private static unsafe float[] RoundTrip(WeightType type, float[] values)
    {
        byte[] stored = new byte[values.Length * type.Size()];
        Assert.Equal(-1, WeightConversion.FromFloats(type, values, stored));
        float[] back = new float[values.Length];
        fixed (byte* source = stored)
        {
            WeightConversion.ToFloats(type, source, back);
        }
        return back;
    }

    private static bool Same(float a, float b) =>
        float.IsNaN(a) ? float.IsNaN(b) : BitConverter.SingleToUInt32Bits(a) == BitConverter.SingleToUInt32Bits(b);
}
