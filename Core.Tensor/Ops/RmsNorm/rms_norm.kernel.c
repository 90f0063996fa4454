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

// dgamma[seed, i] = sum over rows of dy x rstd. A group has 16 neighbouring columns and 16 items for each, which take every 16th row.
// Work: (d, seeds). Tensors x, rstd, dy, dgamma. Scalar: rows.
KERNEL rms_norm_backward_gamma(BUFFERS4)
{
    SHARED float sums[ITEMS];
    int lane = ITEM(0) % 16, strand = ITEM(0) / 16, i = GROUP(0) * 16 + lane, d = WORK(0), rows = INT(0), seed = GROUP(1);
    GLOBAL const float* x = FLOATS(0);
    GLOBAL const float* rstd = FLOATS(1);
    GLOBAL const float* dy = FLOATS(2) + seed * rows * d;
    float sum = 0.0f;
    for (int row = i < d ? strand : rows; row < rows; row += 16) { sum = FMA(dy[row * d + i], x[row * d + i] * rstd[row], sum); }
    sums[ITEM(0)] = sum;
    BARRIER;
    if (strand > 0 || i >= d) { return; }
    for (int other = 1; other < 16; other++) { sum += sums[other * 16 + lane]; }
    FLOATS(3)[seed * d + i] = sum;
}
