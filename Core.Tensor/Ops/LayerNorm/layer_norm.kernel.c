// Kernels of layer_norm: a group per row. The row is read once from memory and again from cache.

// Work: rows. Tensors x, gamma, beta, y, mean, rstd. Scalars: d, epsilon.
KERNEL layer_norm_forward(BUFFERS6)
{
    SHARED float shared[ROW];
    int row = GROUP(0), d = INT(0);
    GLOBAL const float* x = FLOATS(0) + row * d;
    GLOBAL const float* gamma = FLOATS(1);
    GLOBAL const float* beta = FLOATS(2);
    GLOBAL float* y = FLOATS(3) + row * d;
    float part = 0.0f;
    for (int i = ITEM(0); i < d; i += ROW) { part += x[i]; }
    float mean = row_sum(part, shared) / (float)d;
    part = 0.0f;
    // Squares of differences, because E[x^2] - mean^2 cancels; the differences' own sum takes the mean's rounding out.
    float rest = 0.0f;
    for (int i = ITEM(0); i < d; i += ROW)
    {
        float c = x[i] - mean;
        rest += c;
        part = FMA(c, c, part);
    }
    float shift = row_sum(rest, shared) / (float)d;
    float variance = largest(0.0f, row_sum(part, shared) / (float)d - shift * shift);
    float rstd = 1.0f / SQRT(variance + FLOAT(1));
    mean += shift;
    for (int i = ITEM(0); i < d; i += ROW) { y[i] = FMA((x[i] - mean) * rstd, gamma[i], beta[i]); }
    if (ITEM(0) == 0)
    {
        FLOATS(4)[row] = mean;
        FLOATS(5)[row] = rstd;
    }
}

// dx = rstd (g - mean(g) - xhat mean(g xhat)) with g = dy gamma. Work: (rows, seeds). Tensors x, gamma, mean, rstd, dy, dx. Scalar: d.
KERNEL layer_norm_backward(BUFFERS6)
{
    SHARED float shared[ROW];
    int row = GROUP(0), d = INT(0), at = (GROUP(1) * WORK(0) + row) * d;
    GLOBAL const float* x = FLOATS(0) + row * d;
    GLOBAL const float* gamma = FLOATS(1);
    GLOBAL const float* dy = FLOATS(4) + at;
    GLOBAL float* dx = FLOATS(5) + at;
    float mean = FLOATS(2)[row], rstd = FLOATS(3)[row], sum_g = 0.0f, sum_gx = 0.0f;
    for (int i = ITEM(0); i < d; i += ROW)
    {
        float g = dy[i] * gamma[i];
        sum_g += g;
        sum_gx = FMA(g, (x[i] - mean) * rstd, sum_gx);
    }
    float mean_g = row_sum(sum_g, shared) / (float)d, mean_gx = row_sum(sum_gx, shared) / (float)d;
    for (int i = ITEM(0); i < d; i += ROW)
    {
        dx[i] = FMA((x[i] - mean) * rstd, -mean_gx, FMA(dy[i], gamma[i], -mean_g)) * rstd;
    }
}

// dgamma[seed, i] = sum over rows of dy xhat. A group has 16 neighbouring columns and 16 items for each, which take every 16th row.
// Work: (d, seeds). Tensors x, mean, rstd, dy, dgamma. Scalar: rows.
KERNEL layer_norm_backward_gamma(BUFFERS5)
{
    SHARED float sums[ITEMS];
    int lane = ITEM(0) % 16, strand = ITEM(0) / 16, i = GROUP(0) * 16 + lane, d = WORK(0), rows = INT(0), seed = GROUP(1);
    GLOBAL const float* x = FLOATS(0);
    GLOBAL const float* mean = FLOATS(1);
    GLOBAL const float* rstd = FLOATS(2);
    GLOBAL const float* dy = FLOATS(3) + seed * rows * d;
    float sum = 0.0f;
    for (int row = i < d ? strand : rows; row < rows; row += 16) { sum = FMA(dy[row * d + i], (x[row * d + i] - mean[row]) * rstd[row], sum); }
    sums[ITEM(0)] = sum;
    BARRIER;
    if (strand > 0 || i >= d) { return; }
    for (int other = 1; other < 16; other++) { sum += sums[other * 16 + lane]; }
    FLOATS(4)[seed * d + i] = sum;
}
