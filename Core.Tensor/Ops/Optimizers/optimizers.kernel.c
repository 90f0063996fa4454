// Kernels that change tensors in place: an item per element, and a group per chunk of a sum.

// Work: elements. Tensors w, g, m, v. Scalars: scale of g, beta1, beta2, rate, scale of the root, epsilon, decay.
KERNEL adamw_step(BUFFERS4)
{
    int i = ELEMENT;
    if (i >= WORK(0)) { return; }
    float g = FLOATS(1)[i] * FLOAT(0);
    float m = FLOATS(2)[i] * FLOAT(1) + g * (1.0f - FLOAT(1));
    float v = FLOATS(3)[i] * FLOAT(2) + g * g * (1.0f - FLOAT(2));
    FLOATS(0)[i] = FLOATS(0)[i] * (1.0f - FLOAT(6)) - m * FLOAT(3) / (SQRT(v) * FLOAT(4) + FLOAT(5));
    FLOATS(2)[i] = m;
    FLOATS(3)[i] = v;
}

// Work: elements. Tensors w, g, m. Scalars: keep, scale of g, decay, rate.
KERNEL sgd_step(BUFFERS3)
{
    int i = ELEMENT;
    if (i >= WORK(0)) { return; }
    float w = FLOATS(0)[i], m = FLOAT(0) * FLOATS(2)[i] + FLOATS(1)[i] * FLOAT(1) + FLOAT(2) * w;
    FLOATS(2)[i] = m;
    FLOATS(0)[i] = w - FLOAT(3) * m;
}

// Work: elements. Tensors a, w. Scalar: part.
KERNEL average_step(BUFFERS2)
{
    int i = ELEMENT;
    if (i < WORK(0)) { FLOATS(0)[i] += FLOAT(0) * (FLOATS(1)[i] - FLOATS(0)[i]); }
}

// Work: elements. Tensors a, b.
KERNEL exchange(BUFFERS2)
{
    int i = ELEMENT;
    if (i >= WORK(0)) { return; }
    float a = FLOATS(0)[i];
    FLOATS(0)[i] = FLOATS(1)[i];
    FLOATS(1)[i] = a;
}

// sums[chunk] = the sum of the chunk's squares. Work: chunks. Tensors x, sums. Scalars: elements, elements of a chunk.
KERNEL square_sums(BUFFERS2)
{
    SHARED float shared[ROW];
    int n = INT(0), from = GROUP(0) * INT(1), count = n - from < INT(1) ? n - from : INT(1);
    GLOBAL const float* x = FLOATS(0) + from;
    float part = 0.0f;
    for (int i = ITEM(0); i < count; i += ROW) { part = FMA(x[i], x[i], part); }
    float sum = group_sum(part, ROW, shared);
    if (ITEM(0) == 0) { FLOATS(1)[GROUP(0)] = sum; }
}

// norm = root of the sum of all sums. Work: 1. Tensors sums, norm. Scalar: how many.
KERNEL root_sum(BUFFERS2)
{
    SHARED float shared[ROW];
    float part = 0.0f;
    for (int i = ITEM(0); i < INT(0); i += ROW) { part += FLOATS(0)[i]; }
    float sum = group_sum(part, ROW, shared);
    if (ITEM(0) == 0) { FLOATS(1)[0] = SQRT(sum); }
}
