// Kernels of add, sub, mul, div, masked_fill and scale: one item per element.

// y = f(a, b), broadcast; scalars: rank, lengths, strides of a, strides of b, constants.
#define BINARY(name, value)                                                          \
    KERNEL name(BUFFERS3)                                                            \
    {                                                                                \
        int i = ELEMENT, left = i, rank = INT(0);                                    \
        GLOBAL const float* pa = FLOATS(0);                                          \
        GLOBAL const float* pb = FLOATS(1);                                          \
        if (i >= WORK(0)) { return; }                                                \
        for (int axis = rank - 1; axis >= 0; axis--)                                 \
        {                                                                            \
            int length = INT(1 + axis), place = left % length;                       \
            left /= length;                                                          \
            pa += place * INT(1 + rank + axis);                                      \
            pb += place * INT(1 + 2 * rank + axis);                                  \
        }                                                                            \
        float a = *pa, b = *pb;                                                      \
        FLOATS(2)[i] = value;                                                        \
    }

BINARY(add_forward, a + b)
BINARY(sub_forward, a - b)
BINARY(mul_forward, a * b)
BINARY(div_forward, a / b)

// b is a mask of ints: only its bits are looked at.
BINARY(masked_fill_forward, AS_INT(b) == 0 ? a : FLOAT(1 + 3 * rank))

// y = factor x + shift.
KERNEL scale_forward(BUFFERS2)
{
    int i = ELEMENT;
    if (i < WORK(0)) { FLOATS(1)[i] = FLOATS(0)[i] * FLOAT(0) + FLOAT(1); }
}
