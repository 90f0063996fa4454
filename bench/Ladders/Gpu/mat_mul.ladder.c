// C = A B, n x n with n a multiple of 256, so that no rung has to look for edges. Tensors A, B, C; scalar n. Groups of 256 items, 16 in the last rung.

// An item makes one element of C: n numbers of A, n of B, from device memory. At least neighbours read neighbouring columns of B.
KERNEL naive(BUFFERS3)
{
    int n = INT(0), row = GROUP(1) * 4 + ITEM(0) / 64, column = GROUP(0) * 64 + ITEM(0) % 64;
    float sum = 0.0f;
    for (int k = 0; k < n; k++) { sum = FMA(FLOATS(0)[row * n + k], FLOATS(1)[k * n + column], sum); }
    FLOATS(2)[row * n + column] = sum;
}

// The group fetches a tile of 16 x 16 of A and of B into its own memory: each number comes once from device memory and serves 16 items.
KERNEL tiled(BUFFERS3)
{
    SHARED float a[16][17], b[16][17];
    int n = INT(0), i = ITEM(0) / 16, j = ITEM(0) % 16, row = GROUP(1) * 16 + i, column = GROUP(0) * 16 + j;
    float sum = 0.0f;
    for (int from = 0; from < n; from += 16)
    {
        a[i][j] = FLOATS(0)[row * n + from + j];
        b[i][j] = FLOATS(1)[(from + i) * n + column];
        BARRIER;
        for (int k = 0; k < 16; k++) { sum = FMA(a[i][k], b[k][j], sum); }
        BARRIER;
    }
    FLOATS(2)[row * n + column] = sum;
}

// An item makes 4 neighbouring elements: one load fetches 4 numbers of B, and each number of A is used 4 times.
KERNEL vectorised(BUFFERS3)
{
    SHARED float a[16 * 17], b[16 * 64] ALIGNED;
    int n = INT(0), i = ITEM(0) / 16, j = ITEM(0) % 16, row = GROUP(1) * 16 + i, column = GROUP(0) * 64 + 4 * j;
    FLOAT4 sum = (FLOAT4)(0.0f);
    for (int from = 0; from < n; from += 16)
    {
        a[i * 17 + j] = FLOATS(0)[row * n + from + j];
        *(LOCAL FLOAT4*)(b + i * 64 + 4 * j) = *(GLOBAL const FLOAT4*)(FLOATS(1) + (from + i) * n + column);
        BARRIER;
        for (int k = 0; k < 16; k++) { sum += a[i * 17 + k] * LOAD4(b + k * 64 + 4 * j); }
        BARRIER;
    }
    *(GLOBAL FLOAT4*)(FLOATS(2) + row * n + column) = sum;
}

// An item makes 4 x 4 elements in registers: two loads of 4 numbers feed 16 multiply-adds. A's slice is stored transposed, so that its loads are vectors too.
KERNEL blocked(BUFFERS3)
{
    SHARED float a[16 * 68] ALIGNED, b[16 * 68] ALIGNED;
    int n = INT(0), y = ITEM(0) / 16 * 4, x = ITEM(0) % 16 * 4, row = GROUP(1) * 64, column = GROUP(0) * 64;
    FLOAT4 sum0 = (FLOAT4)(0.0f), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    for (int from = 0; from < n; from += 16)
    {
        for (int part = ITEM(0); part < 1024; part += 256)
        {
            a[part % 16 * 68 + part / 16] = FLOATS(0)[(row + part / 16) * n + from + part % 16];
            b[part / 64 * 68 + part % 64] = FLOATS(1)[(from + part / 64) * n + column + part % 64];
        }
        BARRIER;
        for (int k = 0; k < 16; k++)
        {
            FLOAT4 left = LOAD4(a + k * 68 + y), right = LOAD4(b + k * 68 + x);
            sum0 += left.x * right;
            sum1 += left.y * right;
            sum2 += left.z * right;
            sum3 += left.w * right;
        }
        BARRIER;
    }
    GLOBAL float* c = FLOATS(2) + (row + y) * n + column + x;
    *(GLOBAL FLOAT4*)c = sum0;
    *(GLOBAL FLOAT4*)(c + n) = sum1;
    *(GLOBAL FLOAT4*)(c + 2 * n) = sum2;
    *(GLOBAL FLOAT4*)(c + 3 * n) = sum3;
}

// For a processor: 4 x 16 elements in registers straight from device memory, which here is cached memory. No copy of a tile, no barrier.
KERNEL for_a_processor(BUFFERS3)
{
    int n = INT(0), row = GROUP(1) * 4, column = (GROUP(0) * 16 + ITEM(0)) * 16;
    FLOAT4 sum[4][4];
    for (int i = 0; i < 16; i++) { sum[i / 4][i % 4] = (FLOAT4)(0.0f); }
    for (int k = 0; k < n; k++)
    {
        GLOBAL const FLOAT4* b = (GLOBAL const FLOAT4*)(FLOATS(1) + k * n + column);
        FLOAT4 b0123[4] = { b[0], b[1], b[2], b[3] };
        for (int i = 0; i < 4; i++)
        {
            float a = FLOATS(0)[(row + i) * n + k];
            for (int j = 0; j < 4; j++) { sum[i][j] += a * b0123[j]; }
        }
    }
    for (int i = 0; i < 16; i++) { ((GLOBAL FLOAT4*)(FLOATS(2) + (row + i / 4) * n + column))[i % 4] = sum[i / 4][i % 4]; }
}
