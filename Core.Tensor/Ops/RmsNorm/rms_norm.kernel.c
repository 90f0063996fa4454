// Kernels of rms_norm: a group per row.

// Work: rows. Tensors x, gamma, y, rstd. Scalars: d, epsilon.
KERNEL rms_norm_forward(BUFFERS4)
{
    SHARED float shared[ROW];
    int row = GROUP(0), d = INT(0);
    GLOBAL const float* x = FLOATS(0) + row * d;
    GLOBAL const float* gamma = FLOATS(1);
    GLOBAL float* y = FLOATS(2) + row * d;
    FLOAT4 sum = (FLOAT4)(0.0f);
    EACH4(i, d) { sum = FMA(load4(x, i, d, 0.0f), load4(x, i, d, 0.0f), sum); }
    float rstd = 1.0f / SQRT(group_sum(sum4(sum), ROW, shared) / (float)d + FLOAT(1));
    EACH4(i, d) { store4(y, i, d, load4(x, i, d, 0.0f) * rstd * load4(gamma, i, d, 0.0f)); }
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
    float r = FLOATS(2)[row];
    FLOAT4 sum = (FLOAT4)(0.0f);
    EACH4(i, d) { sum = FMA(load4(dy, i, d, 0.0f) * load4(gamma, i, d, 0.0f), load4(x, i, d, 0.0f), sum); }
    float pull = group_sum(sum4(sum), ROW, shared) / (float)d * r * r * r;
    EACH4(i, d) { store4(dx, i, d, FMA(load4(x, i, d, 0.0f), (FLOAT4)(-pull), load4(dy, i, d, 0.0f) * load4(gamma, i, d, 0.0f) * r)); }
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
