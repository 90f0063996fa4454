namespace Vitrine.Attributions;

/// <summary>
/// Eight-bit numbers e4m3fn: a sign, four bits of exponent with bias 7, three of fraction; no infinity, and NaN where all seven bits are 1.
/// </summary>
internal static class Float8
{
    private const float Largest = 448;

    private static readonly float s_nan = BitConverter.Int32BitsToSingle(0x7FC00000); // .NET's own has the sign bit set

    /// <summary>The number of eight bits.</summary>
    public static float Read(byte bits)
    {
        int exponent = (bits >> 3) & 15, fraction = bits & 7;
        float magnitude = (bits & 127) == 127 ? s_nan
            : exponent == 0 ? MathF.ScaleB(fraction / 8f, -6)
            : MathF.ScaleB(1 + (fraction / 8f), exponent - 7);
        return (bits & 128) == 0 ? magnitude : -magnitude;
    }

    /// <summary>The nearest, ties to even; what is larger than 448, infinity included, becomes 448, as in PyTorch 2.14.</summary>
    public static byte Write(float number)
    {
        int sign = float.IsNegative(number) ? 128 : 0;
        float magnitude = MathF.Abs(number);
        if (float.IsNaN(number))
        {
            return (byte)(sign | 127);
        }
        if (magnitude >= Largest)
        {
            return (byte)(sign | 126);
        }
        int exponent = magnitude == 0 ? -6 : Math.Max(-6, MathF.ILogB(magnitude));
        // 8 … 16, below 8 under the smallest exponent
        int eighths = (int)MathF.Round(MathF.ScaleB(magnitude, 3 - exponent), MidpointRounding.ToEven);
        return (byte)(sign | (((exponent + 6) << 3) + eighths)); // a carry runs on into the exponent
    }
}
