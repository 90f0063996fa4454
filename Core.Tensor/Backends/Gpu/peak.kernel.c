// The arithmetic that a device can do at best, to hold kernels against: an item multiplies and adds in 8 chains of 4 numbers in registers, and touches memory
// once, at the end. Work: items. Tensor: y [items]. Scalar: rounds, of 64 operations each.

KERNEL peak_multiply_add(BUFFERS1)
{
    if (ELEMENT >= WORK(0)) { return; }
    float factor = 0.999f, shift = 0.001f * (float)(ITEM(0) + 1);
    FLOAT4 c0 = (FLOAT4)(0.0f), c1 = c0 + 1.0f, c2 = c0 + 2.0f, c3 = c0 + 3.0f, c4 = c0 + 4.0f, c5 = c0 + 5.0f, c6 = c0 + 6.0f, c7 = c0 + 7.0f;
    for (int round = 0; round < INT(0); round++)
    {
        c0 = c0 * factor + shift;
        c1 = c1 * factor + shift;
        c2 = c2 * factor + shift;
        c3 = c3 * factor + shift;
        c4 = c4 * factor + shift;
        c5 = c5 * factor + shift;
        c6 = c6 * factor + shift;
        c7 = c7 * factor + shift;
    }
    FLOAT4 sum = ((c0 + c1) + (c2 + c3)) + ((c4 + c5) + (c6 + c7));
    FLOATS(0)[ELEMENT] = (sum.x + sum.y) + (sum.z + sum.w);
}
