// Kernels of softmax and log_softmax: a group per row. Maximum and denominator are found in one pass (Milakov and Gimelshein 2018).

// Work: rows. Tensors x, mask?, y. Scalars: d, leading axes, their lengths, the mask's strides along them.
KERNEL softmax_forward(BUFFERS3)
{
    SHARED float maxima[ROW], sums[ROW];
    int row = GROUP(0), d = INT(0), rank = INT(1), masked = HAS(1), offset = 0;
    GLOBAL const float* x = FLOATS(0) + row * d;
    GLOBAL const float* mask = FLOATS(1);
    GLOBAL float* y = FLOATS(2) + row * d;
    if (masked)
    {
        for (int axis = rank - 1, left = row; axis >= 0; axis--)
        {
            offset += left % INT(2 + axis) * INT(2 + rank + axis);
            left /= INT(2 + axis);
        }
    }
    Softmax s = { -INFINITY, 0.0f };
    for (int i = ITEM(0); i < d; i += ROW) { s = softmax_add(s, masked ? x[i] + mask[offset + i] : x[i]); }
    s = row_softmax(s, maxima, sums);
    float scale = s.max == -INFINITY ? 0.0f : 1.0f / s.sum; // everything is hidden: no weight anywhere
    for (int i = ITEM(0); i < d; i += ROW)
    {
        float v = masked ? x[i] + mask[offset + i] : x[i];
        y[i] = s.max == -INFINITY ? s.sum : exp_(v - s.max) * scale;
    }
}

// dx = y (dy - sum of dy y). Work: (rows, seeds). Tensors y, dy, dx. Scalar: d.
KERNEL softmax_backward(BUFFERS3)
{
    SHARED float shared[ROW];
    int row = GROUP(0), d = INT(0), at = (GROUP(1) * WORK(0) + row) * d;
    GLOBAL const float* y = FLOATS(0) + row * d;
    GLOBAL const float* dy = FLOATS(1) + at;
    GLOBAL float* dx = FLOATS(2) + at;
    float sum = 0.0f;
    for (int i = ITEM(0); i < d; i += ROW) { sum = FMA(dy[i], y[i], sum); }
    float dot = row_sum(sum, shared);
    for (int i = ITEM(0); i < d; i += ROW) { dx[i] = y[i] * (dy[i] - dot); }
}

// Work: rows. Tensors x, y. Scalar: d.
KERNEL log_softmax_forward(BUFFERS2)
{
    SHARED float maxima[ROW], sums[ROW];
    int row = GROUP(0), d = INT(0);
    GLOBAL const float* x = FLOATS(0) + row * d;
    GLOBAL float* y = FLOATS(1) + row * d;
    Softmax s = { -INFINITY, 0.0f };
    for (int i = ITEM(0); i < d; i += ROW) { s = softmax_add(s, x[i]); }
    s = row_softmax(s, maxima, sums);
    float log_sum = log_(s.sum);
    for (int i = ITEM(0); i < d; i += ROW) { y[i] = (x[i] - s.max) - log_sum; } // two subtractions: max + log would round digits away
}

// dx = dy - e^y (sum of dy). Work: (rows, seeds). Tensors y, dy, dx. Scalar: d.
KERNEL log_softmax_backward(BUFFERS3)
{
    SHARED float shared[ROW];
    int row = GROUP(0), d = INT(0), at = (GROUP(1) * WORK(0) + row) * d;
    GLOBAL const float* y = FLOATS(0) + row * d;
    GLOBAL const float* dy = FLOATS(1) + at;
    GLOBAL float* dx = FLOATS(2) + at;
    float part = 0.0f;
    for (int i = ITEM(0); i < d; i += ROW) { part += dy[i]; }
    float sum = row_sum(part, shared);
    for (int i = ITEM(0); i < d; i += ROW) { dx[i] = FMA(exp_(y[i]), -sum, dy[i]); }
}
