// Kernels of layer_norm: a group per row. The row is read once from memory and then from cache.

// Work: rows. Tensors x, gamma, beta, y, mean, rstd. Scalars: d, epsilon.
KERNEL layer_norm_forward(BUFFERS6)
{
    SHARED float shared[ROW];
    int row = GROUP(0), d = INT(0);
    GLOBAL const float* x = FLOATS(0) + row * d;
    GLOBAL const float* gamma = FLOATS(1);
    GLOBAL const float* beta = FLOATS(2);
    GLOBAL float* y = FLOATS(3) + row * d;
    FLOAT4 sum = (FLOAT4)(0.0f), squares = sum, rest = sum;
    EACH4(i, d) { sum += load4(x, i, d, 0.0f); }
    float mean = group_sum(sum4(sum), ROW, shared) / (float)d;
    // Squares of differences, because E[x^2] - mean^2 cancels; the differences' own sum takes the mean's rounding out.
    EACH4(i, d)
    {
        FLOAT4 c = load4(x, i, d, mean) - mean;
        rest += c;
        squares = FMA(c, c, squares);
    }
    float shift = group_sum(sum4(rest), ROW, shared) / (float)d;
    float variance = largest(0.0f, group_sum(sum4(squares), ROW, shared) / (float)d - shift * shift);
    float rstd = 1.0f / SQRT(variance + FLOAT(1));
    mean += shift;
    EACH4(i, d) { store4(y, i, d, FMA((load4(x, i, d, 0.0f) - mean) * rstd, load4(gamma, i, d, 0.0f), load4(beta, i, d, 0.0f))); }
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
    float mean = FLOATS(2)[row], rstd = FLOATS(3)[row];
    FLOAT4 sum_g = (FLOAT4)(0.0f), sum_gx = sum_g;
    EACH4(i, d)
    {
        FLOAT4 g = load4(dy, i, d, 0.0f) * load4(gamma, i, d, 0.0f);
        sum_g += g;
        sum_gx = FMA(g, (load4(x, i, d, 0.0f) - mean) * rstd, sum_gx);
    }
    float mean_g = group_sum(sum4(sum_g), ROW, shared) / (float)d, mean_gx = group_sum(sum4(sum_gx), ROW, shared) / (float)d;
    EACH4(i, d)
    {
        FLOAT4 g = FMA(load4(dy, i, d, 0.0f), load4(gamma, i, d, 0.0f), (FLOAT4)(-mean_g)), xhat = (load4(x, i, d, 0.0f) - mean) * rstd;
        store4(dx, i, d, FMA(xhat, (FLOAT4)(-mean_gx), g) * rstd);
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
