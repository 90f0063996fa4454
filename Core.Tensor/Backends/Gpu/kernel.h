// What all kernels share: how arguments arrive, elementary functions, and reductions over a work-group.
// The functions are SimdMath's, with the same constants: every device rounds alike but for the order of sums.

// The numbers of a launch. GpuBackend fills it; its layout is GpuCall's.
typedef struct {
    int work[3];     // how many pieces of work there are, as in KernelCall
    int present;     // bit i: tensor i is there
    int at[12];      // where tensor i begins in its buffer, in elements: a tensor may be a view
    int scalar[40];  // the call's scalars: ints, or the bits of floats
} Call;

#define BUFFERS1 GLOBAL void* b0, const Call call
#define BUFFERS2 GLOBAL void* b0, GLOBAL void* b1, const Call call
#define BUFFERS3 GLOBAL void* b0, GLOBAL void* b1, GLOBAL void* b2, const Call call
#define BUFFERS4 GLOBAL void* b0, GLOBAL void* b1, GLOBAL void* b2, GLOBAL void* b3, const Call call
#define BUFFERS5 GLOBAL void* b0, GLOBAL void* b1, GLOBAL void* b2, GLOBAL void* b3, GLOBAL void* b4, const Call call
#define BUFFERS6 GLOBAL void* b0, GLOBAL void* b1, GLOBAL void* b2, GLOBAL void* b3, GLOBAL void* b4, GLOBAL void* b5, const Call call
#define BUFFERS7 GLOBAL void* b0, GLOBAL void* b1, GLOBAL void* b2, GLOBAL void* b3, GLOBAL void* b4, GLOBAL void* b5, GLOBAL void* b6, const Call call
#define BUFFERS8 GLOBAL void* b0, GLOBAL void* b1, GLOBAL void* b2, GLOBAL void* b3, GLOBAL void* b4, GLOBAL void* b5, GLOBAL void* b6, GLOBAL void* b7, const Call call
#define BUFFERS9 GLOBAL void* b0, GLOBAL void* b1, GLOBAL void* b2, GLOBAL void* b3, GLOBAL void* b4, GLOBAL void* b5, GLOBAL void* b6, GLOBAL void* b7, GLOBAL void* b8, const Call call

#define FLOATS(i) ((GLOBAL float*)b##i + call.at[i])
#define INTS(i) ((GLOBAL int*)b##i + call.at[i])
#define HALVES(i) ((GLOBAL const HALF*)b##i + call.at[i])
#define INT8S(i) ((GLOBAL const signed char*)b##i + call.at[i])
#define HAS(i) ((call.present >> (i)) & 1)
#define INT(i) (call.scalar[i])
#define FLOAT(i) AS_FLOAT(call.scalar[i])
#define WORK(axis) (call.work[axis])

#define ITEMS 256  // work-items of a group that share out single elements
#define ROW 128    // work-items of a group that share a row: a power of 2

#define ELEMENT (GROUP(0) * ITEMS + ITEM(0))

// ---- elementary functions: see SimdMath for what the constants are ----

DEVICE float largest(float a, float b) { return a > b ? a : b; }
DEVICE float smallest(float a, float b) { return a < b ? a : b; }
DEVICE float magnitude(float x) { return AS_FLOAT(AS_INT(x) & 0x7fffffff); }
DEVICE float copy_sign(float x, float sign) { return AS_FLOAT((AS_INT(x) & 0x7fffffff) | (AS_INT(sign) & (int)0x80000000)); }
DEVICE float times_power_of_two(float x, float n) { return x * AS_FLOAT(((int)(0.5f * n) + 127) << 23) * AS_FLOAT(((int)n - (int)(0.5f * n) + 127) << 23); }

// The r with |r| <= ln(2) / 2 and x = n ln 2 + r.
DEVICE float exp_n(float x) { return FMA(x, 1.44269504f, 12582912.0f) - 12582912.0f; }
DEVICE float exp_r(float x, float n) { return FMA(n, 2.12194440e-4f, FMA(n, -0.693359375f, x)); }

DEVICE float exp_series(float r)
{
    float q = 0.00138825183f;
    q = FMA(q, r, 0.00836654718f);
    q = FMA(q, r, 0.0416672007f);
    q = FMA(q, r, 0.166665434f);
    return FMA(q, r, 0.499999981f);
}

// e^x; results below the normal range are 0.
DEVICE float exp_(float x)
{
    if (x != x) { return x; }
    float bounded = smallest(89.0f, largest(-87.3365f, x)), n = exp_n(bounded), r = exp_r(bounded, n);
    float y = times_power_of_two(FMA(FMA(exp_series(r), r, 1.0f), r, 1.0f), n);
    return x < -87.3365f ? 0.0f : y;
}

DEVICE float exp2_within(float x)
{
    float n = x + 12582912.0f - 12582912.0f, r = x - n;
    float p = 0.00132645952f;
    p = FMA(p, r, 0.00967161915f);
    p = FMA(p, r, 0.0555073501f);
    p = FMA(p, r, 0.240222405f);
    p = FMA(p, r, 0.693146976f);
    return times_power_of_two(FMA(p, r, 1.0f), n);
}

DEVICE float tanh_(float x)
{
    if (x != x) { return x; }
    float a = 2.0f * smallest(10.0f, magnitude(x)), n = exp_n(a), r = exp_r(a, n), scale = times_power_of_two(1.0f, n);
    float t = FMA(FMA(r * r, exp_series(r), r), scale, scale - 1.0f);
    return copy_sign(t / (t + 2.0f), x);
}

DEVICE float sigmoid_(float x) { return 1.0f / (1.0f + exp_(-x)); }

DEVICE float log_(float x)
{
    if (!(x > 0.0f)) { return x == 0.0f ? -INFINITY : NAN; }
    if (x == INFINITY) { return x; }
    float k = 0.0f;
    if (x < 1.17549435e-38f) { x *= 33554432.0f; k = -25.0f; }
    int bits = AS_INT(x) - 0x3f3504f3;                      // mantissa between sqrt(1/2) and sqrt(2)
    k += (float)(bits >> 23);
    float f = AS_FLOAT((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
    float s = f / (f + 2.0f), z = s * s, half_square = 0.5f * f * f;
    float series = z * FMA(FMA(0.298730759f, z, 0.399774955f), z, 0.666667767f);
    float rest = FMA(s, half_square + series, k * -2.12194440e-4f) - half_square;
    return rest + f + k * 0.693359375f;
}

// ---- reductions over the ROW items of a group, in a fixed order; every item gets the result ----

DEVICE float row_sum(float x, LOCAL float* shared)
{
    int i = ITEM(0);
    shared[i] = x;
    BARRIER;
    for (int step = ROW / 2; step > 0; step /= 2)
    {
        if (i < step) { shared[i] += shared[i + step]; }
        BARRIER;
    }
    float sum = shared[0];
    BARRIER;
    return sum;
}

// A running softmax denominator: sum of e^(x - max) over what was seen.
typedef struct { float max, sum; } Softmax;

DEVICE Softmax softmax_add(Softmax s, float x)
{
    if (x > s.max)
    {
        s.sum = s.sum * exp_(s.max - x) + 1.0f;
        s.max = x;
    }
    else if (x != -INFINITY) { s.sum += exp_(x - s.max); }
    return s;
}

DEVICE float softmax_part(Softmax s, float max) { return s.max == -INFINITY ? s.sum : s.sum * exp_(s.max - max); }

DEVICE Softmax row_softmax(Softmax s, LOCAL float* maxima, LOCAL float* sums)
{
    int i = ITEM(0);
    maxima[i] = s.max;
    sums[i] = s.sum;
    BARRIER;
    for (int step = ROW / 2; step > 0; step /= 2)
    {
        if (i < step)
        {
            Softmax a = { maxima[i], sums[i] }, b = { maxima[i + step], sums[i + step] };
            float max = largest(a.max, b.max);
            maxima[i] = max;
            sums[i] = softmax_part(a, max) + softmax_part(b, max);
        }
        BARRIER;
    }
    s.max = maxima[0];
    s.sum = sums[0];
    BARRIER;
    return s;
}

// ---- the two loops that all unary ops share ----
// y = f(x), work: elements. dx[seed, i] = dy[seed, i] f'(s[i]) with s what was saved, x or y; the slope is computed once for all seeds; work:
// (elements, seeds). One macro for both: handing the name on would let a driver that defines exp as a macro replace it.
#define UNARY(name, value, derivative)                                               \
    KERNEL name##_forward(BUFFERS2)                                                  \
    {                                                                                \
        int i = ELEMENT;                                                             \
        if (i >= WORK(0)) { return; }                                                \
        float x = FLOATS(0)[i];                                                      \
        FLOATS(1)[i] = value;                                                        \
    }                                                                                \
    KERNEL name##_backward(BUFFERS3)                                                 \
    {                                                                                \
        int i = ELEMENT, n = WORK(0);                                                \
        if (i >= n) { return; }                                                      \
        float s = FLOATS(0)[i], slope = derivative;                                  \
        for (int seed = 0; seed < WORK(1); seed++)                                   \
        {                                                                            \
            FLOATS(2)[seed * n + i] = FLOATS(1)[seed * n + i] * slope;               \
        }                                                                            \
    }
