using System.Runtime.CompilerServices;

namespace Vitrine.Tensors;

/// <summary>
/// Philox 4×32-10: random words as a pure function of a counter and a key, so that any of them can be drawn at any time, anywhere.
/// </summary>
/// <remarks>Source: Salmon, Moraes, Dror and Shaw 2011, “Parallel random numbers: as easy as 1, 2, 3”, section 3.</remarks>
internal static class Philox
{
    private const int Rounds = 10;

    /// <summary>Four independent uniform 32-bit words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Draw(Words counter, uint key0, uint key1)
    {
        uint a = counter.A, b = counter.B, c = counter.C, d = counter.D;
        for (int round = 0; round < Rounds; round++)
        {
            ulong left = 0xD2511F53ul * a, right = 0xCD9E8D57ul * c;
            a = (uint)(right >> 32) ^ b ^ key0;
            c = (uint)(left >> 32) ^ d ^ key1;
            b = (uint)right;
            d = (uint)left;
            key0 += 0x9E3779B9; // the golden ratio
            key1 += 0xBB67AE85; // √3 − 1
        }
        return new(a, b, c, d);
    }

    /// <summary>Four words: a counter, or what was drawn.</summary>
    public readonly record struct Words(uint A, uint B, uint C, uint D)
    {
        /// <summary>Word number 0 to 3.</summary>
        public uint this[int i] => i switch
        {
            0 => A,
            1 => B,
            2 => C,
            _ => D,
        };
    }
}
