// Kernels of softmax and log_softmax: a group per row, which it passes over once for the maximum, once for the denominator and once to write. After the
// first pass the row is in cache, and exponentials are cheaper than what a running maximum asks for: a branch per number.

// Work: rows. Tensors x, mask?, y. Scalars: d, leading axes, their lengths, the mask's strides along them.
KERNEL softmax_forward(BUFFERS3)
{
    SHARED float shared[ROW];
    int row = GROUP(0), d = INT(0), rank = INT(1), masked = HAS(1), offset = 0;
    GLOBAL const float* x = FLOATS(0) + row * d;
    GLOBAL float* y = FLOATS(2) + row * d;
    for (int axis = masked ? rank - 1 : -1, left = row; axis >= 0; axis--)
    {
        offset += left % INT(2 + axis) * INT(2 + rank + axis);
        left /= INT(2 + axis);
    }
    GLOBAL const float* mask = FLOATS(1) + offset;
    float max = row_max(x, masked, mask, d, shared), scale = 1.0f / row_exp_sum(x, masked, mask, max, d, shared);
    EACH4(i, d)
    {
        FLOAT4 p = exp_4(masked4(x, masked, mask, i, d) - max) * scale;
        store4(y, i, d, max == -INFINITY ? (FLOAT4)(0.0f) : p); // where everything is hidden there is no weight anywhere
    }
}

// dx = y (dy - sum of dy y). Work: (rows, seeds). Tensors y, dy, dx. Scalar: d.
KERNEL softmax_backward(BUFFERS3)
{
    SHARED float shared[ROW];
    int row = GROUP(0), d = INT(0), at = (GROUP(1) * WORK(0) + row) * d;
    GLOBAL const float* y = FLOATS(0) + row * d;
    GLOBAL const float* dy = FLOATS(1) + at;
    FLOAT4 sum = (FLOAT4)(0.0f);
    EACH4(i, d) { sum = FMA(load4(dy, i, d, 0.0f), load4(y, i, d, 0.0f), sum); }
    float dot = group_sum(sum4(sum), ROW, shared);
    EACH4(i, d) { store4(FLOATS(2) + at, i, d, load4(y, i, d, 0.0f) * (load4(dy, i, d, 0.0f) - dot)); }
}

// Work: rows. Tensors x, y. Scalar: d.
KERNEL log_softmax_forward(BUFFERS2)
{
    SHARED float shared[ROW];
    int row = GROUP(0), d = INT(0);
    GLOBAL const float* x = FLOATS(0) + row * d;
    float max = row_max(x, 0, x, d, shared), log_sum = log_(row_exp_sum(x, 0, x, max, d, shared));
    EACH4(i, d) { store4(FLOATS(1) + row * d, i, d, (load4(x, i, d, 0.0f) - max) - log_sum); } // two subtractions: max + log would round digits away
}

// dx = dy - e^y (sum of dy). Work: (rows, seeds). Tensors y, dy, dx. Scalar: d.
KERNEL log_softmax_backward(BUFFERS3)
{
    SHARED float shared[ROW];
    int row = GROUP(0), d = INT(0), at = (GROUP(1) * WORK(0) + row) * d;
    GLOBAL const float* y = FLOATS(0) + row * d;
    GLOBAL const float* dy = FLOATS(1) + at;
    FLOAT4 part = (FLOAT4)(0.0f);
    EACH4(i, d) { part += load4(dy, i, d, 0.0f); }
    float sum = group_sum(sum4(part), ROW, shared);
    EACH4(i, d) { store4(FLOATS(2) + at, i, d, FMA(exp_4(load4(y, i, d, 0.0f)), (FLOAT4)(-sum), load4(dy, i, d, 0.0f))); }
}
