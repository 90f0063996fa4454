// Kernels of cross_entropy: a group per row.

// Work: rows. Tensors logits, targets, losses, logSums. Scalars: classes, ignore index, smoothing.
KERNEL cross_entropy_forward(BUFFERS4)
{
    SHARED float shared[ROW];
    int row = GROUP(0), classes = INT(0), target = INTS(1)[row];
    GLOBAL const float* x = FLOATS(0) + row * classes;
    float smoothing = FLOAT(2), max = row_max(x, 0, x, classes, shared), log_part = log_(row_exp_sum(x, 0, x, max, classes, shared));
    FLOAT4 part = (FLOAT4)(0.0f);
    if (smoothing != 0.0f) { EACH4(i, classes) { part += load4(x, i, classes, 0.0f); } }
    float sum = group_sum(sum4(part), ROW, shared);
    if (ITEM(0) != 0) { return; }
    FLOATS(3)[row] = max + log_part;
    if (target == INT(1))
    {
        FLOATS(2)[row] = 0.0f;
        return;
    }
    float loss = log_part + (max - x[target]);
    if (smoothing != 0.0f) { loss = (1.0f - smoothing) * loss + smoothing * (log_part + (max - sum / (float)classes)); }
    FLOATS(2)[row] = loss;
}

// dx = weight dy[seed] (p - q). Work: (rows, seeds). Tensors logits, targets, logSums, dy [seeds], dx.
// Scalars: classes, ignore index, smoothing, weight.
KERNEL cross_entropy_backward(BUFFERS5)
{
    int row = GROUP(0), seed = GROUP(1), classes = INT(0), target = INTS(1)[row];
    GLOBAL const float* x = FLOATS(0) + row * classes;
    GLOBAL float* dx = FLOATS(4) + (seed * WORK(0) + row) * classes;
    float log_sum = FLOATS(2)[row], smoothing = FLOAT(2), factor = target == INT(1) ? 0.0f : FLOAT(3) * FLOATS(3)[seed];
    for (int i = ITEM(0); i < classes; i += ROW)
    {
        float q = smoothing / (float)classes + (i == target ? 1.0f - smoothing : 0.0f);
        dx[i] = target == INT(1) ? 0.0f : factor * (exp_(x[i] - log_sum) - q);
    }
}
