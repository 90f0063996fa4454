// Kernels of the layout ops: one item per element, which finds its place by the axes and their strides.

// y[i...] = x[i...]; scalars: rank, lengths, strides of x, strides of y.
#define COPY_STRIDED(name, type)                                                    \
    KERNEL name(BUFFERS2)                                                           \
    {                                                                               \
        int i = ELEMENT, rank = INT(0), from = call.at[0], to = call.at[1];         \
        if (i >= WORK(0)) { return; }                                               \
        for (int axis = rank - 1; axis >= 0; axis--)                                \
        {                                                                           \
            int length = INT(1 + axis), place = i % length;                         \
            i /= length;                                                            \
            from += place * INT(1 + rank + axis);                                   \
            to += place * INT(1 + 2 * rank + axis);                                 \
        }                                                                           \
        ((GLOBAL type*)b1)[to] = ((GLOBAL const type*)b0)[from];                    \
    }

COPY_STRIDED(copy_strided, int)
COPY_STRIDED(copy_strided_2, short)
COPY_STRIDED(copy_strided_1, char)

// y = value everywhere.
KERNEL fill(BUFFERS1)
{
    int i = ELEMENT;
    if (i < WORK(0)) { FLOATS(0)[i] = FLOAT(0); }
}
