// y = gamma (x - mean) / sqrt(variance + epsilon) + beta over rows of 1024. Tensors x, gamma, beta, y; scalar epsilon. A row is a group of 128 items, but for
// the first rung.

#undef ROW
#define ROW 128

#define WIDTH 1024
#define EACH for (int c = ITEM(0); c < WIDTH; c += ROW)
#define EACH_QUAD for (int c = ITEM(0); c < WIDTH / 4; c += ROW)
#define QUADS(p) ((GLOBAL FLOAT4*)(p))

// The sum over the group's items: a tree in memory of the group.
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

// An item makes a row: 256 neighbours read 256 rows at once, far apart, and each row is read three times.
KERNEL naive(BUFFERS4)
{
    int row = GROUP(0) * ITEMS + ITEM(0);
    GLOBAL const float* x = FLOATS(0) + row * WIDTH;
    float sum = 0.0f, squares = 0.0f;
    for (int c = 0; c < WIDTH; c++) { sum += x[c]; }
    float mean = sum / WIDTH;
    for (int c = 0; c < WIDTH; c++) { squares = FMA(x[c] - mean, x[c] - mean, squares); }
    float scale = 1.0f / SQRT(squares / WIDTH + FLOAT(0));
    for (int c = 0; c < WIDTH; c++) { FLOATS(3)[row * WIDTH + c] = (x[c] - mean) * scale * FLOATS(1)[c] + FLOATS(2)[c]; }
}

// A group makes a row: neighbours read neighbouring numbers, and add their partial sums in a tree in memory of the group.
KERNEL tiled(BUFFERS4)
{
    SHARED float shared[ROW];
    GLOBAL const float* x = FLOATS(0) + GROUP(0) * WIDTH;
    float sum = 0.0f, squares = 0.0f;
    EACH { sum += x[c]; }
    float mean = row_sum(sum, shared) / WIDTH;
    EACH { squares = FMA(x[c] - mean, x[c] - mean, squares); }
    float scale = 1.0f / SQRT(row_sum(squares, shared) / WIDTH + FLOAT(0));
    EACH { FLOATS(3)[GROUP(0) * WIDTH + c] = (x[c] - mean) * scale * FLOATS(1)[c] + FLOATS(2)[c]; }
}

// Four numbers per load and store: a quarter of the instructions for the same bytes.
KERNEL vectorised(BUFFERS4)
{
    SHARED float shared[ROW];
    GLOBAL const FLOAT4* x = QUADS(FLOATS(0) + GROUP(0) * WIDTH);
    FLOAT4 sum = (FLOAT4)(0.0f), squares = sum;
    EACH_QUAD { sum += x[c]; }
    float mean = row_sum(sum4(sum), shared) / WIDTH;
    EACH_QUAD { squares += (x[c] - mean) * (x[c] - mean); }
    float scale = 1.0f / SQRT(row_sum(sum4(squares), shared) / WIDTH + FLOAT(0));
    EACH_QUAD { QUADS(FLOATS(3) + GROUP(0) * WIDTH)[c] = (x[c] - mean) * scale * QUADS(FLOATS(1))[c] + QUADS(FLOATS(2))[c]; }
}

// An item keeps its 8 numbers in registers: the row is read once, the other passes touch no memory.
KERNEL blocked(BUFFERS4)
{
    SHARED float shared[ROW];
    GLOBAL const FLOAT4* x = QUADS(FLOATS(0) + GROUP(0) * WIDTH);
    FLOAT4 a = x[ITEM(0)], b = x[ITEM(0) + ROW];
    float mean = row_sum(sum4(a + b), shared) / WIDTH;
    a -= mean;
    b -= mean;
    float scale = 1.0f / SQRT(row_sum(sum4(a * a + b * b), shared) / WIDTH + FLOAT(0));
    GLOBAL FLOAT4* y = QUADS(FLOATS(3) + GROUP(0) * WIDTH);
    y[ITEM(0)] = a * scale * QUADS(FLOATS(1))[ITEM(0)] + QUADS(FLOATS(2))[ITEM(0)];
    y[ITEM(0) + ROW] = b * scale * QUADS(FLOATS(1))[ITEM(0) + ROW] + QUADS(FLOATS(2))[ITEM(0) + ROW];
}
