using ILGPU;

namespace Vitrine.Tensors;

/// <summary>Dropout on a GPU: an item per element draws its group of four Philox words and uses its own.</summary>
internal static class DropoutGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } = [new("dropout_forward", Forward)];

    private static void Forward(ArrayView<float> x, ArrayView<float> y, Work work, float p, int maskSeed)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= work.X)
        {
            return;
        }
        uint drawn = Draw((uint)i / 4, i & 3, (uint)maskSeed), threshold = (uint)(p * 4294967296f);
        float factor = 1 / (1 - p);
        for (int seed = 0; seed < work.Y; seed++)
        {
            int at = (seed * work.X) + i;
            y[at] = drawn < threshold ? 0 : x[at] * factor;
        }
    }

    // Word number `word` of Philox 4x32-10 at a counter, as in Philox.cs.
    private static uint Draw(uint counter, int word, uint key)
    {
        uint a = counter, b = 0, c = 0, d = 0, key0 = key, key1 = 0;
        for (int round = 0; round < 10; round++)
        {
            ulong left = 0xD2511F53ul * a, right = 0xCD9E8D57ul * c;
            a = (uint)(right >> 32) ^ b ^ key0;
            b = (uint)right;
            c = (uint)(left >> 32) ^ d ^ key1;
            d = (uint)left;
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }
        return word == 0 ? a : word == 1 ? b : word == 2 ? c : d;
    }
}
