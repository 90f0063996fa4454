// Kernels of kl_div: a group per row.

// p (ln p - ln q), which is 0 where p is: 0 times infinity would be NaN.
DEVICE float kl_term(float p, float log_p, float log_q) { return p == 0.0f ? 0.0f : p * (log_p - log_q); }

// Work: rows. Tensors logP, logQ, y. Scalar: d.
KERNEL kl_div_forward(BUFFERS3)
{
    SHARED float shared[ROW];
    int row = GROUP(0), d = INT(0);
    GLOBAL const float* log_p = FLOATS(0) + row * d;
    GLOBAL const float* log_q = FLOATS(1) + row * d;
    float part = 0.0f;
    for (int i = ITEM(0); i < d; i += ROW) { part += kl_term(exp_(log_p[i]), log_p[i], log_q[i]); }
    float sum = group_sum(part, ROW, shared);
    if (ITEM(0) == 0) { FLOATS(2)[row] = sum; }
}

// Work: (rows, seeds). Tensors logP, logQ, dy, dLogP?, dLogQ?. Scalar: d.
KERNEL kl_div_backward(BUFFERS5)
{
    int row = GROUP(0), d = INT(0), seed_row = GROUP(1) * WORK(0) + row;
    GLOBAL const float* log_p = FLOATS(0) + row * d;
    GLOBAL const float* log_q = FLOATS(1) + row * d;
    float dy = FLOATS(2)[seed_row];
    for (int i = ITEM(0); i < d; i += ROW)
    {
        float p = exp_(log_p[i]);
        if (HAS(3)) { FLOATS(3)[seed_row * d + i] = dy * (kl_term(p, log_p[i], log_q[i]) + p); }
        if (HAS(4)) { FLOATS(4)[seed_row * d + i] = -dy * p; }
    }
}
