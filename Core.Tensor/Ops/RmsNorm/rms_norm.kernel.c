// Kernels of rms_norm: a group per row.

// Work: rows. Tensors x, gamma, y, rstd. Scalars: d, epsilon.
KERNEL rms_norm_forward(BUFFERS4)
{
    SHARED float shared[ROW];
    int row = GROUP(0), d = INT(0);
    GLOBAL const float* x = FLOATS(0) + row * d;
    GLOBAL const float* gamma = FLOATS(1);
    GLOBAL float* y = FLOATS(2) + row * d;
    float part = 0.0f;
    for (int i = ITEM(0); i < d; i += ROW) { part = FMA(x[i], x[i], part); }
    float rstd = 1.0f / SQRT(row_sum(part, shared) / (float)d + FLOAT(1));
    for (int i = ITEM(0); i < d; i += ROW) { y[i] = x[i] * rstd * gamma[i]; }
    if (ITEM(0) == 0) { FLOATS(3)[row] = rstd; }
}

// dx = r g - x r^3 mean(g x) with g = dy gamma. Work: (rows, seeds). Tensors x, gamma, rstd, dy, dx. Scalar: d.
KERNEL rms_norm_backward(BUFFERS5)
{
    SHARED float shared[ROW];
    int row = GROUP(0), d = INT(0), at = (GROUP(1) * WORK(0) + row) * d;
    GLOBAL const float* x = FLOATS(0) + row * d;
    GLOBAL const float* gamma = FLOATS(1);
    GLOBAL const float* dy = FLOATS(3) + at;
    GLOBAL float* dx = FLOATS(4) + at;
    float r = FLOATS(2)[row], part = 0.0f;
    for (int i = ITEM(0); i < d; i += ROW) { part = FMA(dy[i] * gamma[i], x[i], part); }
    float pull = row_sum(part, shared) / (float)d * r * r * r;
    for (int i = ITEM(0); i < d; i += ROW) { dx[i] = FMA(x[i], -pull, dy[i] * gamma[i] * r); }
}

// dgamma[seed, i] = sum over rows of dy x rstd: an item per column. Work: (d, seeds). Tensors x, rstd, dy, dgamma. Scalar: rows.
KERNEL rms_norm_backward_gamma(BUFFERS4)
{
    int i = ELEMENT, d = WORK(0), rows = INT(0), seed = GROUP(1);
    if (i >= d) { return; }
    GLOBAL const float* x = FLOATS(0);
    GLOBAL const float* rstd = FLOATS(1);
    GLOBAL const float* dy = FLOATS(2) + seed * rows * d;
    float sum = 0.0f;
    for (int row = 0; row < rows; row++) { sum = FMA(dy[row * d + i], x[row * d + i] * rstd[row], sum); }
    FLOATS(3)[seed * d + i] = sum;
}
