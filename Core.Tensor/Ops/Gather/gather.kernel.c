// Kernels of gather, from float32 and from float16, and of int8_gather: a group per row. The op has checked that every id lies in the table.

// Work: ids. Tensors table, ids, y. Scalars: rows of the table, d.
KERNEL gather_forward(BUFFERS3)
{
    int row = GROUP(0), d = INT(1);
    GLOBAL const float* source = FLOATS(0) + INTS(1)[row] * d;
    GLOBAL float* y = FLOATS(2) + row * d;
    for (int i = ITEM(0); i < d; i += ROW) { y[i] = source[i]; }
}

// The same from a table in half precision.
KERNEL half_gather_forward(BUFFERS3)
{
    int row = GROUP(0), d = INT(1);
    GLOBAL const HALF* source = HALVES(0) + INTS(1)[row] * d;
    GLOBAL float* y = FLOATS(2) + row * d;
    for (int i = ITEM(0); i < d; i += ROW) { y[i] = WIDEN(source, i); }
}

// The same from a table in 8 bits, each row times its scale. Work: ids. Tensors integers, scale, ids, y. Scalars: rows of the table, d.
KERNEL int8_gather_forward(BUFFERS4)
{
    int row = GROUP(0), d = INT(1), id = INTS(2)[row];
    GLOBAL const signed char* source = INT8S(0) + id * d;
    GLOBAL float* y = FLOATS(3) + row * d;
    float scale = FLOATS(1)[id];
    for (int i = ITEM(0); i < d; i += ROW) { y[i] = (float)source[i] * scale; }
}

// dTable[seed, ids[i], .] = sum of dy[seed, i, .]. The group of an id's first occurrence adds up all of them, in their order, so each row has
// one writer and one order of summation. Work: (ids, seeds). Tensors ids, dy, dTable (zeros). Scalars: rows of the table, d.
KERNEL gather_backward(BUFFERS3)
{
    SHARED int earlier;
    int first = GROUP(0), count = WORK(0), d = INT(1), seen = 0;
    GLOBAL const int* ids = INTS(0);
    GLOBAL const float* dy = FLOATS(1) + GROUP(1) * count * d;
    int id = ids[first];
    if (ITEM(0) == 0) { earlier = 0; }
    for (int i = ITEM(0); i < first; i += ROW) { seen |= ids[i] == id; }
    BARRIER;
    if (seen) { earlier = 1; } // all write the same
    BARRIER;
    if (earlier) { return; }
    GLOBAL float* sum = FLOATS(2) + (GROUP(1) * INT(0) + id) * d;
    for (int i = first; i < count; i++)
    {
        if (ids[i] != id) { continue; }
        for (int c = ITEM(0); c < d; c += ROW) { sum[c] += dy[i * d + c]; }
    }
}
