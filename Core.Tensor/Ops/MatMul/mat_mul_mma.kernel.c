// mat_mul on tensor cores (sm_80 and later), with B in float32 or in half precision: a group of 128 items makes a tile of 64 x 64, each of its four warps
// 32 x 32 of it, in pieces of 16 x 8. A tensor core reads numbers with 10 bits of fraction (TF32). So each float32 is taken apart into two of them,
// x = big + rest, and a product is big big + big rest + rest big: what is left out is 2^-22 of it. Half precision is one such number: two products do.
// Tensor cores cut sums instead of rounding them. Therefore they add up no more than DEPTH products: the slices are added in float32.
// Elsewhere than on such a device the instruction is emulated, barriers, layout, rounding and all: never for work, but so that everything around it is tested.

#define TILE 64
#define DEPTH 16
#define PITCH (DEPTH + 4)  // the 32 items of a warp then read 32 different banks
#define WARP 32
#define GROUP_ITEMS 128

// d += a b, [16, 8] += [16, 8] [8, 8], by the items of a warp together. Item 4 g + t has of a the rows g (a0, a2) and g + 8 (a1, a3) in columns t (a0, a1) and
// t + 4 (a2, a3), of b the column g in rows t (b0) and t + 4 (b1), of d the rows g (d0, d1) and g + 8 (d2, d3) in columns 2 t (d0, d2) and 2 t + 1 (d1, d3).
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800

DEVICE void mma(float* d, const float* a, const float* b, LOCAL float* lanes)
{
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(AS_INT(a[0])), "r"(AS_INT(a[1])), "r"(AS_INT(a[2])), "r"(AS_INT(a[3])), "r"(AS_INT(b[0])), "r"(AS_INT(b[1])));
}

#else

DEVICE float cut(float x) { return AS_FLOAT(AS_INT(x) & ~0x1fff); }

// The sum of five numbers as it was measured on such devices (MMA-Sim): each is cut to 24 bits below the exponent of the largest, and the sum to a float32.
DEVICE float cut_sum(const float* x)
{
    int top = 25;
    for (int i = 0; i < 5; i++)
    {
        int exponent = AS_INT(x[i]) >> 23 & 255;
        top = exponent > top ? exponent : top;
    }
    if (top == 255) { return x[0] + x[1] + x[2] + x[3] + x[4]; }
    int sum = 0;
    for (int i = 0; i < 5; i++) { sum += (int)(x[i] * AS_FLOAT((278 - top) << 23)); }
    int size = sum < 0 ? -sum : sum, unit = 1;
    while (size / unit >= 1 << 24) { unit *= 2; }
    return (float)(sum / unit * unit) * AS_FLOAT((top - 24) << 23);
}

DEVICE void mma(float* d, const float* a, const float* b, LOCAL float* lanes)
{
    int lane = ITEM(0) % WARP, g = lane / 4, t = lane % 4;
    LOCAL float* of_a = lanes + ITEM(0) / WARP * 6 * WARP;
    LOCAL float* of_b = of_a + 4 * WARP;
    for (int i = 0; i < 4; i++) { of_a[i * WARP + lane] = cut(a[i]); }
    for (int i = 0; i < 2; i++) { of_b[i * WARP + lane] = cut(b[i]); }
    BARRIER;
    for (int i = 0; i < 4; i++)
    {
        int column = 2 * t + i % 2;
        for (int part = 0; part < 2; part++)  // four products at a time
        {
            float terms[5];
            for (int k = 0; k < 4; k++) { terms[k] = of_a[(i / 2 + 2 * part) * WARP + 4 * g + k] * of_b[part * WARP + 4 * column + k]; }
            terms[4] = d[i];
            d[i] = cut_sum(terms);
        }
    }
    BARRIER;
}

#endif

// The nearest number with 10 bits of fraction; what is infinite or nearly so, or NaN, stays.
DEVICE float tf32(float x) { return magnitude(x) < 3.4e38f ? AS_FLOAT((AS_INT(x) + 0x1000) & ~0x1fff) : x; }

// big[r][k] + rest[r][k]: rows first ... first + 63 and depth from ... from + 15 of an operand; 0 outside. byRow: element (r, k) lies at r stride + k.
DEVICE void load_split(LOCAL float* big, LOCAL float* rest, GLOBAL const void* x, int halves, int by_row, int stride, int first, int rows, int from, int depth)
{
    UNROLL for (int part = 0; part < TILE * DEPTH; part += GROUP_ITEMS)
    {
        int n = part + ITEM(0), r = by_row ? n / DEPTH : n % TILE, k = by_row ? n % DEPTH : n / TILE;
        int inside = first + r < rows && from + k < depth, at = by_row ? (first + r) * stride + from + k : (from + k) * stride + first + r;
        float v = !inside ? 0.0f : halves ? WIDEN((GLOBAL const HALF*)x, at) : ((GLOBAL const float*)x)[at];
        big[r * PITCH + k] = tf32(v);
        if (!halves) { rest[r * PITCH + k] = tf32(v - tf32(v)); }
    }
}

// Tensors and scalars of mat_mul_forward. slices: four of TILE x PITCH, three in half precision; lanes: six numbers per item, for the emulation.
DEVICE void multiply(BUFFERS5, int halves, LOCAL float* slices, LOCAL float* lanes)
{
    int n = WORK(0), m = WORK(1), batch = GROUP(2), depth = INT(0), row = GROUP(1) * TILE, column = GROUP(0) * TILE;
    int warp = ITEM(0) / WARP, g = ITEM(0) % WARP / 4, t = ITEM(0) % 4, down = warp / 2 * 32 + g, right = warp % 2 * 32;
    GLOBAL const float* a = FLOATS(0) + INTS(4)[batch];
    int b = INTS(4)[WORK(2) + batch];
    LOCAL float* a_big = slices;
    LOCAL float* a_rest = a_big + TILE * PITCH;
    LOCAL float* b_big = a_rest + TILE * PITCH;
    LOCAL float* b_rest = b_big + TILE * PITCH;
    float sum[2][4][4];
    UNROLL for (int i = 0; i < 32; i++) { sum[i / 16][i / 4 % 4][i % 4] = 0.0f; }
    for (int from = 0; from < depth; from += DEPTH)
    {
        load_split(a_big, a_rest, a, 0, !INT(1), INT(2), row, m, from, depth);
        load_split(b_big, b_rest, halves ? (GLOBAL const void*)(HALVES(1) + b) : (GLOBAL const void*)(FLOATS(1) + b), halves, INT(3), INT(4), column, n, from, depth);
        BARRIER;
        UNROLL for (int i = 0; i < 2; i++)
        {
            UNROLL for (int j = 0; j < 4; j++)
            {
                float part[4] = { 0.0f, 0.0f, 0.0f, 0.0f };
                UNROLL for (int k = 0; k < DEPTH; k += 8)
                {
                    float left[4], left_rest[4], up[2], up_rest[2];
                    UNROLL for (int e = 0; e < 4; e++)
                    {
                        int at = (down + 16 * i + e % 2 * 8) * PITCH + k + e / 2 * 4 + t;
                        left[e] = a_big[at];
                        left_rest[e] = a_rest[at];
                    }
                    UNROLL for (int e = 0; e < 2; e++)
                    {
                        int at = (right + 8 * j + g) * PITCH + k + 4 * e + t;
                        up[e] = b_big[at];
                        up_rest[e] = halves ? 0.0f : b_rest[at];
                    }
                    mma(part, left_rest, up, lanes);
                    if (!halves) { mma(part, left, up_rest, lanes); }
                    mma(part, left, up, lanes);
                }
                UNROLL for (int e = 0; e < 4; e++) { sum[i][j][e] += part[e]; }
            }
        }
        BARRIER;
    }
    GLOBAL const float* bias = HAS(3) ? FLOATS(3) : 0;
    GLOBAL float* y = FLOATS(2) + batch * m * n;
    UNROLL for (int i = 0; i < 32; i++)
    {
        int r = row + down + i / 16 * 16 + i % 4 / 2 * 8, c = column + right + i / 4 % 4 * 8 + 2 * t + i % 2;
        float v = sum[i / 16][i / 4 % 4][i % 4];
        if (r < m && c < n) { y[r * n + c] = bias ? v + bias[c] : v; }
    }
}

KERNEL mat_mul_mma(BUFFERS5)
{
    SHARED float slices[4 * TILE * PITCH], lanes[6 * GROUP_ITEMS];
    multiply(b0, b1, b2, b3, b4, call, 0, slices, lanes);
}

KERNEL half_mat_mul_mma(BUFFERS5)
{
    SHARED float slices[3 * TILE * PITCH], lanes[6 * GROUP_ITEMS];
    multiply(b0, b1, b2, b3, b4, call, 1, slices, lanes);
}
