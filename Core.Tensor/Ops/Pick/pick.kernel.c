// Kernels of pick; its backward is max's too.

// Work: rows. Tensors x, ids, y. Scalar: d.
KERNEL pick_forward(BUFFERS3)
{
    int row = ELEMENT;
    if (row < WORK(0)) { FLOATS(2)[row] = FLOATS(0)[row * INT(0) + INTS(1)[row]]; }
}

// dx[seed, row, .] = dy[seed, row] at ids[row], else 0: a group per row. Work: (rows, seeds). Tensors ids, dy, dx. Scalar: d.
KERNEL pick_backward(BUFFERS3)
{
    int row = GROUP(0), d = INT(0), seed_row = GROUP(1) * WORK(0) + row, id = INTS(0)[row];
    GLOBAL float* dx = FLOATS(2) + seed_row * d;
    float dy = FLOATS(1)[seed_row];
    for (int i = ITEM(0); i < d; i += ROW) { dx[i] = i == id ? dy : 0.0f; }
}
