// The kernels of mat_mul, its B in float32 or in half precision, and of int8_mat_mul: a group of 256 items makes a tile of 64 x 64, each item 4 x 4 of it in registers; slices of A and B, 16 deep,
// pass through memory of the group. How an operand is stored decides only how its slice is loaded, always along its rows. One row of A has kernels of its own,
// at the end: there every number of B is used once, and all that counts is to read it in the order in which it lies.

#define TILE 64
#define DEPTH 16
#define PITCH (TILE + 4)  // a multiple of 4 floats, so that LOAD4 is aligned, and not of the number of memory banks

// slice[k][r] = number, an element of an operand that is a function of r and k, of rows first ... first + 63 and depth from ... from + 15; 0 outside.
// along: neighbours in memory are neighbours in k, else in r.
#define LOAD_SLICE(slice, along, first, rows, number)                                                        \
    for (int part = 0; part < TILE * DEPTH; part += ITEMS)                                                   \
    {                                                                                                        \
        int i = part + ITEM(0), to_k = (along) ? i % DEPTH : i / TILE, to_r = (along) ? i / DEPTH : i % TILE; \
        int k = from + to_k, r = first + to_r;                                                               \
        slice[to_k * PITCH + to_r] = r < rows && k < depth ? (number) : 0.0f;                                \
    }

// sum0 ... sum3 += the item's 4 rows of A's slice times its 4 columns of B's.
#define MULTIPLY_SLICES                                                                                    \
    for (int k = 0; k < DEPTH; k++)                                                                        \
    {                                                                                                      \
        FLOAT4 left = LOAD4(slice_a + k * PITCH + y), right = LOAD4(slice_b + k * PITCH + x);              \
        sum0 += left.x * right;                                                                            \
        sum1 += left.y * right;                                                                            \
        sum2 += left.z * right;                                                                            \
        sum3 += left.w * right;                                                                            \
    }

DEVICE void store_row(GLOBAL float* y, FLOAT4 sum, GLOBAL const float* bias, int column, int columns)
{
    float row[4] = { sum.x, sum.y, sum.z, sum.w };
    for (int j = 0; j < 4; j++)
    {
        if (column + j < columns) { y[column + j] = bias ? row[j] + bias[column + j] : row[j]; }
    }
}

// A tile of op(A) op(B) + bias: a(r, k) with r a row, b(r, k) with r a column of the product.
#define TILE_OF_PRODUCT(m, n, a_along, a, b_along, b, bias, product)                                 \
    SHARED float slice_a[DEPTH * PITCH] ALIGNED, slice_b[DEPTH * PITCH] ALIGNED;                     \
    int column = GROUP(0) * TILE, row = GROUP(1) * TILE, x = ITEM(0) % 16 * 4, y = ITEM(0) / 16 * 4; \
    FLOAT4 sum0 = (FLOAT4)(0.0f), sum1 = sum0, sum2 = sum0, sum3 = sum0;                             \
    for (int from = 0; from < depth; from += DEPTH)                                                  \
    {                                                                                                \
        LOAD_SLICE(slice_a, a_along, row, m, a)                                                      \
        LOAD_SLICE(slice_b, b_along, column, n, b)                                                   \
        BARRIER;                                                                                     \
        MULTIPLY_SLICES                                                                              \
        BARRIER;                                                                                     \
    }                                                                                                \
    GLOBAL float* target = product + (row + y) * n;                                                  \
    if (row + y + 0 < m) { store_row(target + 0 * n, sum0, bias, column + x, n); }                   \
    if (row + y + 1 < m) { store_row(target + 1 * n, sum1, bias, column + x, n); }                   \
    if (row + y + 2 < m) { store_row(target + 2 * n, sum2, bias, column + x, n); }                   \
    if (row + y + 3 < m) { store_row(target + 3 * n, sum3, bias, column + x, n); }

// Where element (r, k) of an operand lies.
#define PLACE(along, stride) ((along) ? r * (stride) + k : k * (stride) + r)

// Y[batch] = op(A) op(B) + bias. Work: (n, m, batch). Tensors A, B, Y, bias?, offsets [2, batch].
// Scalars: k, A transposed, A's row stride, B transposed, B's row stride, skip zero rows (unused).
KERNEL mat_mul_forward(BUFFERS5)
{
    int n = WORK(0), m = WORK(1), batch = GROUP(2), depth = INT(0);
    GLOBAL const float* a = FLOATS(0) + INTS(4)[batch];
    GLOBAL const float* b = FLOATS(1) + INTS(4)[WORK(2) + batch];
    GLOBAL const float* bias = HAS(3) ? FLOATS(3) : 0;
    TILE_OF_PRODUCT(m, n, !INT(1), a[PLACE(!INT(1), INT(2))], INT(3), b[PLACE(INT(3), INT(4))], bias, FLOATS(2) + batch * m * n)
}

// The same with B in half precision.
KERNEL half_mat_mul_forward(BUFFERS5)
{
    int n = WORK(0), m = WORK(1), batch = GROUP(2), depth = INT(0);
    GLOBAL const float* a = FLOATS(0) + INTS(4)[batch];
    GLOBAL const HALF* b = HALVES(1) + INTS(4)[WORK(2) + batch];
    GLOBAL const float* bias = HAS(3) ? FLOATS(3) : 0;
    TILE_OF_PRODUCT(m, n, !INT(1), a[PLACE(!INT(1), INT(2))], INT(3), WIDEN(b, PLACE(INT(3), INT(4))), bias, FLOATS(2) + batch * m * n)
}

// Y = X W or X W^T + bias, W in 8 bits, whose stored rows have a scale each. Work: (n, m). Tensors X [m, k], integers, scale, Y, bias?.
// Scalars: k, W transposed, skip zero rows (unused).
KERNEL int8_mat_mul_forward(BUFFERS5)
{
    int n = WORK(0), m = WORK(1), depth = INT(0), transposed = INT(1);
    GLOBAL const float* a = FLOATS(0);
    GLOBAL const float* scale = FLOATS(2);
    GLOBAL const float* bias = HAS(4) ? FLOATS(4) : 0;
    TILE_OF_PRODUCT(m, n, 1, a[PLACE(1, depth)], transposed,
        (float)INT8S(1)[PLACE(transposed, transposed ? depth : n)] * scale[transposed ? r : k], bias, FLOATS(3))
}

// ---- one row: a group makes 64 columns ----

#define PARTS (ITEMS / TILE)  // B as it is: so many items share a column, neighbours read neighbouring columns of a row of B
#define LANES 32              // B transposed: so many items share a column, neighbours read neighbouring numbers of a stored row

// The sum of one column over the items that share it, in a fixed order, for the first of them; group: how many, stride: how far apart they are in shared.
DEVICE float gather_sum(LOCAL const float* shared, int count, int stride)
{
    float sum = 0.0f;
    for (int part = 0; part < count; part++) { sum += shared[part * stride]; }
    return sum;
}

// y[column] for the group's 64 columns. number(k, column) is an element of op(B), x(k) one of the row.
#define ONE_ROW(transposed, x, number, store)                                                          \
    int n = WORK(0), depth = INT(0), first = GROUP(0) * TILE, item = ITEM(0);                          \
    if (!(transposed))                                                                                 \
    {                                                                                                  \
        int column = first + item % TILE;                                                              \
        float sum = 0.0f;                                                                              \
        for (int k = item / TILE; column < n && k < depth; k += PARTS) { sum = FMA(x, number, sum); }  \
        shared[item] = sum;                                                                            \
        BARRIER;                                                                                       \
        if (item < TILE && column < n) { float y = gather_sum(shared + item, PARTS, TILE); store; }    \
        return;                                                                                        \
    }                                                                                                  \
    for (int from = first; from < first + TILE; from += ITEMS / LANES)                                 \
    {                                                                                                  \
        int column = from + item / LANES;                                                              \
        float sum = 0.0f;                                                                              \
        for (int k = item % LANES; column < n && k < depth; k += LANES) { sum = FMA(x, number, sum); } \
        shared[item] = sum;                                                                            \
        BARRIER;                                                                                       \
        if (item % LANES == 0 && column < n) { float y = gather_sum(shared + item, LANES, 1); store; } \
        BARRIER;                                                                                       \
    }

// Tensors and scalars of mat_mul_forward, m = 1.
KERNEL mat_mul_row(BUFFERS5)
{
    SHARED float shared[ITEMS];
    int batch = GROUP(2), step = INT(1) ? INT(2) : 1;
    GLOBAL const float* a = FLOATS(0) + INTS(4)[batch];
    GLOBAL const float* b = FLOATS(1) + INTS(4)[WORK(2) + batch];
    ONE_ROW(INT(3), a[k * step], b[INT(3) ? column * INT(4) + k : k * INT(4) + column], FLOATS(2)[batch * n + column] = HAS(3) ? y + FLOATS(3)[column] : y)
}

// Tensors and scalars of half_mat_mul_forward, m = 1.
KERNEL half_mat_mul_row(BUFFERS5)
{
    SHARED float shared[ITEMS];
    int batch = GROUP(2), step = INT(1) ? INT(2) : 1;
    GLOBAL const float* a = FLOATS(0) + INTS(4)[batch];
    GLOBAL const HALF* b = HALVES(1) + INTS(4)[WORK(2) + batch];
    ONE_ROW(INT(3), a[k * step], WIDEN(b, INT(3) ? column * INT(4) + k : k * INT(4) + column), FLOATS(2)[batch * n + column] = HAS(3) ? y + FLOATS(3)[column] : y)
}

// Tensors and scalars of int8_mat_mul_forward, m = 1.
KERNEL int8_mat_mul_row(BUFFERS5)
{
    SHARED float shared[ITEMS];
    GLOBAL const float* a = FLOATS(0);
    GLOBAL const float* scale = FLOATS(2);
    ONE_ROW(INT(1), INT(1) ? a[k] : a[k] * scale[k], (float)INT8S(1)[INT(1) ? column * depth + k : k * n + column],
        { y = INT(1) ? y * scale[column] : y; FLOATS(3)[column] = HAS(4) ? y + FLOATS(4)[column] : y; })
}
