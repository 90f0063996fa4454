// The kernel of dropout: an item per element draws its group of four Philox words (Dropout.Cpu.cs, Philox.cs) and uses its own.

// y[seed, i] = keep(i) ? x[seed, i] / (1 - p) : 0. Work: (elements, seeds). Tensors x, y. Scalars: p, seed of the mask.
KERNEL dropout_forward(BUFFERS2)
{
    int i = ELEMENT, n = WORK(0);
    if (i >= n) { return; }
    UINT a = (UINT)i / 4, b = 0, c = 0, d = 0, key0 = (UINT)INT(1), key1 = 0;
    for (int round = 0; round < 10; round++)
    {
        ULONG left = (ULONG)0xD2511F53u * a, right = (ULONG)0xCD9E8D57u * c;
        a = (UINT)(right >> 32) ^ b ^ key0;
        b = (UINT)right;
        c = (UINT)(left >> 32) ^ d ^ key1;
        d = (UINT)left;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    int word = i & 3;
    UINT drawn = word == 0 ? a : word == 1 ? b : word == 2 ? c : d, threshold = (UINT)(FLOAT(0) * 4294967296.0f);
    float factor = 1.0f / (1.0f - FLOAT(0));
    for (int seed = 0; seed < WORK(1); seed++)
    {
        FLOATS(1)[seed * n + i] = drawn < threshold ? 0.0f : FLOATS(0)[seed * n + i] * factor;
    }
}
