// y = e^(x - max) / sum of e^(x - max) over rows of 1024. Tensors x, y. A row is a group of 128 items, but for the first rung.

#undef ROW
#define ROW 128

#define WIDTH 1024
#define EACH for (int c = ITEM(0); c < WIDTH; c += ROW)
#define EACH_QUAD for (int c = ITEM(0); c < WIDTH / 4; c += ROW)
#define QUADS(p) ((GLOBAL FLOAT4*)(p))

DEVICE float largest4(FLOAT4 v) { return largest(largest(v.x, v.y), largest(v.z, v.w)); }

// The sum, and the largest, over the group's items: trees in memory of the group.
DEVICE float row_sum(float x, LOCAL float* shared)
{
    int i = ITEM(0);
    shared[i] = x;
    BARRIER;
    for (int step = ROW / 2; step > 0; step /= 2)
    {
        if (i < step) { shared[i] = shared[i] + shared[i + step]; }
        BARRIER;
    }
    float all = shared[0];
    BARRIER;
    return all;
}

DEVICE float max_of_row(float x, LOCAL float* shared)
{
    int i = ITEM(0);
    shared[i] = x;
    BARRIER;
    for (int step = ROW / 2; step > 0; step /= 2)
    {
        if (i < step) { shared[i] = largest(shared[i], shared[i + step]); }
        BARRIER;
    }
    float all = shared[0];
    BARRIER;
    return all;
}

// An item makes a row: 256 neighbours read 256 rows at once, far apart. Exponentials are computed once and kept in y.
KERNEL naive(BUFFERS2)
{
    int row = GROUP(0) * ITEMS + ITEM(0);
    GLOBAL const float* x = FLOATS(0) + row * WIDTH;
    GLOBAL float* y = FLOATS(1) + row * WIDTH;
    float max = -INFINITY, sum = 0.0f;
    for (int c = 0; c < WIDTH; c++) { max = largest(x[c], max); }
    for (int c = 0; c < WIDTH; c++)
    {
        y[c] = exp_(x[c] - max);
        sum += y[c];
    }
    for (int c = 0; c < WIDTH; c++) { y[c] /= sum; }
}

// A group makes a row: neighbours read neighbouring numbers; maximum and sum are trees in memory of the group.
KERNEL tiled(BUFFERS2)
{
    SHARED float shared[ROW];
    GLOBAL const float* x = FLOATS(0) + GROUP(0) * WIDTH;
    GLOBAL float* y = FLOATS(1) + GROUP(0) * WIDTH;
    float max = -INFINITY, sum = 0.0f;
    EACH { max = largest(x[c], max); }
    max = max_of_row(max, shared);
    EACH
    {
        y[c] = exp_(x[c] - max);
        sum += y[c];
    }
    float scale = 1.0f / row_sum(sum, shared);
    EACH { y[c] *= scale; }
}

// Four numbers per load and store.
KERNEL vectorised(BUFFERS2)
{
    SHARED float shared[ROW];
    GLOBAL const FLOAT4* x = QUADS(FLOATS(0) + GROUP(0) * WIDTH);
    GLOBAL FLOAT4* y = QUADS(FLOATS(1) + GROUP(0) * WIDTH);
    float max = -INFINITY, sum = 0.0f;
    EACH_QUAD { max = largest(largest4(x[c]), max); }
    max = max_of_row(max, shared);
    EACH_QUAD
    {
        FLOAT4 e = exp_4(x[c] - max);
        y[c] = e;
        sum += sum4(e);
    }
    float scale = 1.0f / row_sum(sum, shared);
    EACH_QUAD { y[c] *= scale; }
}

// An item keeps its 8 numbers in registers: one read, one write, nothing between.
KERNEL blocked(BUFFERS2)
{
    SHARED float shared[ROW];
    GLOBAL const FLOAT4* x = QUADS(FLOATS(0) + GROUP(0) * WIDTH);
    FLOAT4 a = x[ITEM(0)], b = x[ITEM(0) + ROW];
    float max = max_of_row(largest(largest4(a), largest4(b)), shared);
    a = exp_4(a - max);
    b = exp_4(b - max);
    float scale = 1.0f / row_sum(sum4(a) + sum4(b), shared);
    QUADS(FLOATS(1) + GROUP(0) * WIDTH)[ITEM(0)] = a * scale;
    QUADS(FLOATS(1) + GROUP(0) * WIDTH)[ITEM(0) + ROW] = b * scale;
}
