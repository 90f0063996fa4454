// Kernels of the reductions: a group per row, or an item per column. Orders of summation are fixed.

// A sum with the rounding errors carried along (Kahan): the CPU sums in float64, which a GPU may not have.
typedef struct { float sum, lost; } Total;

DEVICE void total_add(Total* t, float x)
{
    float y = x - t->lost, sum = t->sum + y;
    t->lost = (sum - t->sum) - y;
    if (sum - sum != 0.0f) { t->lost = 0.0f; } // infinite: inf - inf would make it NaN
    t->sum = sum;
}

// y[row] = factor times the sum of x[row, .]. Work: rows. Tensors x, y. Scalars: width, factor.
KERNEL sum_rows(BUFFERS2)
{
    SHARED float shared[ROW];
    int item = ITEM(0), row = GROUP(0), width = INT(0);
    GLOBAL const float* x = FLOATS(0) + row * width;
    Total t = { 0.0f, 0.0f };
    for (int i = item; i < width; i += ROW) { total_add(&t, x[i]); }
    for (int step = 1; step < ROW; step *= 16) // sixteen at a time: here, too, errors are carried along
    {
        shared[item] = t.sum;
        BARRIER;
        for (int other = step; item % (16 * step) == 0 && other < 16 * step && item + other < ROW; other += step) { total_add(&t, shared[item + other]); }
        BARRIER;
    }
    if (item == 0) { FLOATS(1)[row] = FLOAT(1) * t.sum; }
}

// y[outer, column] = factor times the sum of x[outer, ., column]. A group has 16 neighbouring columns and 16 items for each, which take every 16th row.
// Work: (columns, outer). Tensors x, y. Scalars: rows, factor.
KERNEL sum_columns(BUFFERS2)
{
    SHARED float sums[ITEMS], lost[ITEMS];
    int lane = ITEM(0) % 16, strand = ITEM(0) / 16, column = GROUP(0) * 16 + lane, columns = WORK(0), outer = GROUP(1), rows = INT(0);
    GLOBAL const float* x = FLOATS(0) + outer * rows * columns + column;
    Total t = { 0.0f, 0.0f };
    for (int row = column < columns ? strand : rows; row < rows; row += 16) { total_add(&t, x[row * columns]); }
    sums[ITEM(0)] = t.sum;
    lost[ITEM(0)] = t.lost;
    BARRIER;
    if (strand > 0 || column >= columns) { return; }
    for (int other = 1; other < 16; other++)
    {
        total_add(&t, sums[other * 16 + lane]);
        total_add(&t, -lost[other * 16 + lane]);
    }
    FLOATS(1)[outer * columns + column] = FLOAT(1) * t.sum;
}

// y[row] = max x[row, .] and its first place; NaN is greater than all. Work: rows. Tensors x, y, places. Scalar: width.
KERNEL max_forward(BUFFERS3)
{
    SHARED float shared[ROW];
    SHARED int places[ROW];
    int row = GROUP(0), width = INT(0), place = width;
    GLOBAL const float* x = FLOATS(0) + row * width;
    float max = row_max(x, 0, x, width, shared);
    for (int i = ITEM(0); i < width && place == width; i += ROW)
    {
        if (x[i] == max || x[i] != x[i]) { place = i; } // if there is a NaN, nothing equals the maximum
    }
    place = group_first(place, ROW, places);
    if (ITEM(0) == 0)
    {
        FLOATS(1)[row] = x[place];
        INTS(2)[row] = place;
    }
}

// y[row] = root of the sum of x[row, .]^2. Work: rows. Tensors x, y. Scalar: width.
KERNEL norm_forward(BUFFERS2)
{
    SHARED float shared[ROW];
    int row = GROUP(0), width = INT(0);
    GLOBAL const float* x = FLOATS(0) + row * width;
    float part = 0.0f;
    for (int i = ITEM(0); i < width; i += ROW) { part = FMA(x[i], x[i], part); }
    float sum = group_sum(part, ROW, shared);
    if (ITEM(0) == 0) { FLOATS(1)[row] = SQRT(sum); }
}

// dx = x dy / y, 0 where y is 0. Work: (rows, seeds). Tensors x, y, dy, dx. Scalar: width.
KERNEL norm_backward(BUFFERS4)
{
    int row = GROUP(0), rows = WORK(0), width = INT(0), seed_row = GROUP(1) * rows + row;
    GLOBAL const float* x = FLOATS(0) + row * width;
    GLOBAL float* dx = FLOATS(3) + seed_row * width;
    float y = FLOATS(1)[row], factor = y == 0.0f ? 0.0f : FLOATS(2)[seed_row] / y;
    for (int i = ITEM(0); i < width; i += ROW) { dx[i] = x[i] * factor; }
}
