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
#ifndef ROW
#define ROW 128    // work-items of a group that share a row: a power of 2; OpenClBackend wants fewer where a processor takes them one after the other
#endif

#define ELEMENT (GROUP(0) * ITEMS + ITEM(0))

// ---- elementary functions: see SimdMath for what the constants are ----

DEVICE float largest(float a, float b) { return a > b ? a : b; }
DEVICE float smallest(float a, float b) { return a < b ? a : b; }
DEVICE float magnitude(float x) { return AS_FLOAT(AS_INT(x) & 0x7fffffff); }
DEVICE float copy_sign(float x, float sign) { return AS_FLOAT((AS_INT(x) & 0x7fffffff) | (AS_INT(sign) & (int)0x80000000)); }

// What e^x is made of, for a number and for four at once: x = n ln 2 + r with |r| <= ln(2) / 2, and e^r = 1 + r + r^2 exp_series(r). Results below the normal
// range are 0.
#define EXPONENTIAL(T, TO_INTEGER, FROM_BITS, four)                                                                       \
    DEVICE T times_power_of_two##four(T x, T n)                                                                           \
    {                                                                                                                     \
        T mid = 0.5f * n;                                                                                                 \
        return x * FROM_BITS((TO_INTEGER(mid) + 127) << 23) * FROM_BITS((TO_INTEGER(n) - TO_INTEGER(mid) + 127) << 23); \
    }                                                                                                                     \
    DEVICE T exp_n##four(T x) { return FMA(x, (T)(1.44269504f), (T)(12582912.0f)) - 12582912.0f; }                        \
    DEVICE T exp_r##four(T x, T n) { return FMA(n, (T)(2.12194440e-4f), FMA(n, (T)(-0.693359375f), x)); }                 \
    DEVICE T exp_series##four(T r)                                                                                        \
    {                                                                                                                     \
        T q = FMA((T)(0.00138825183f), r, (T)(0.00836654718f));                                                           \
        q = FMA(q, r, (T)(0.0416672007f));                                                                                \
        q = FMA(q, r, (T)(0.166665434f));                                                                                 \
        return FMA(q, r, (T)(0.499999981f));                                                                              \
    }                                                                                                                     \
    DEVICE T exp_##four(T x)                                                                                              \
    {                                                                                                                     \
        T bounded = x > -87.3365f ? x : (T)(-87.3365f);                                                                   \
        bounded = bounded < 89.0f ? bounded : (T)(89.0f);                                                                 \
        T n = exp_n##four(bounded), r = exp_r##four(bounded, n);                                                          \
        T y = times_power_of_two##four(FMA(FMA(exp_series##four(r), r, (T)(1.0f)), r, (T)(1.0f)), n);                     \
        y = x < -87.3365f ? (T)(0.0f) : y;                                                                                \
        return x != x ? x : y;                                                                                            \
    }

EXPONENTIAL(float, (int), AS_FLOAT, )
EXPONENTIAL(FLOAT4, TO_INT4, AS_FLOAT4, 4)

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

// ---- rows, four numbers at a time: where they lie on 16 bytes that is one load ----

#define EACH4(i, end) for (int i = 4 * ITEM(0); i < (end); i += 4 * ROW)
#define LIES_ON_16(p) (((ULONG)(p) & 15) == 0)

// p[i], ..., p[i + 3]; past the end of the row, fill.
DEVICE FLOAT4 load4(GLOBAL const float* p, int i, int end, float fill)
{
    if (i + 4 <= end && LIES_ON_16(p + i)) { return *(GLOBAL const FLOAT4*)(p + i); }
    FLOAT4 v = (FLOAT4)(fill);
    v.x = p[i];
    if (i + 1 < end) { v.y = p[i + 1]; }
    if (i + 2 < end) { v.z = p[i + 2]; }
    if (i + 3 < end) { v.w = p[i + 3]; }
    return v;
}

DEVICE void store4(GLOBAL float* p, int i, int end, FLOAT4 v)
{
    if (i + 4 <= end && LIES_ON_16(p + i))
    {
        *(GLOBAL FLOAT4*)(p + i) = v;
        return;
    }
    p[i] = v.x;
    if (i + 1 < end) { p[i + 1] = v.y; }
    if (i + 2 < end) { p[i + 2] = v.z; }
    if (i + 3 < end) { p[i + 3] = v.w; }
}

DEVICE float sum4(FLOAT4 v) { return (v.x + v.y) + (v.z + v.w); }

// ---- reductions over each run of `width` neighbouring items of a group, a power of 2: every item gets its run's result ----
// Which numbers meet when is fixed, so results are the same bits from run to run. Where items of a subgroup (a warp) can read each other's registers
// (SUBGROUPS), they meet there first and only one number of each goes through memory of the group; otherwise long runs meet in two steps. All items of the
// group must come here; shared: a number per item.

DEVICE float add(float a, float b) { return a + b; }
DEVICE float greater(float a, float b) { return ((a > b) | (a != a)) ? a : b; }  // NaN is greater than all; no branch
DEVICE int lesser(int a, int b) { return a < b ? a : b; }

#ifdef SUBGROUPS
#define REDUCTION(name, T, combine)                                                                            \
    DEVICE T name(T x, int width, LOCAL T* shared)                                                             \
    {                                                                                                          \
        int together = SUBGROUP_SIZE < width ? SUBGROUP_SIZE : width, parts = width / together;                \
        for (int step = together / 2; step > 0; step /= 2) { x = combine(x, SHUFFLE_XOR(x, step)); }           \
        if (parts == 1) { return x; }                                                                          \
        if (ITEM(0) % together == 0) { shared[ITEM(0) / together] = x; }                                       \
        BARRIER;                                                                                               \
        LOCAL const T* run = shared + ITEM(0) / width * parts;                                                 \
        x = run[0];                                                                                            \
        for (int part = 1; part < parts; part++) { x = combine(x, run[part]); }                                \
        BARRIER;                                                                                               \
        return x;                                                                                              \
    }
#else
#define REDUCTION(name, T, combine)                                                                            \
    DEVICE T name(T x, int width, LOCAL T* shared)                                                             \
    {                                                                                                          \
        int parts = width < 16 ? width : 16, place = ITEM(0) % width;                                          \
        LOCAL T* run = shared + ITEM(0) - place;                                                               \
        run[place] = x;                                                                                        \
        BARRIER;                                                                                               \
        if (parts < width)                                                                                     \
        {                                                                                                      \
            if (place < parts)                                                                                 \
            {                                                                                                  \
                for (int other = place + parts; other < width; other += parts) { x = combine(x, run[other]); } \
                run[place] = x;                                                                                \
            }                                                                                                  \
            BARRIER;                                                                                           \
        }                                                                                                      \
        x = run[0];                                                                                            \
        for (int part = 1; part < parts; part++) { x = combine(x, run[part]); }                                \
        BARRIER;                                                                                               \
        return x;                                                                                              \
    }
#endif

REDUCTION(group_sum, float, add)
REDUCTION(group_max, float, greater)
REDUCTION(group_first, int, lesser)

// The largest of a row, and the sum of e^(x - max) over it; x are the row's numbers, plus the mask's if it is masked. shared: ROW floats.

DEVICE FLOAT4 masked4(GLOBAL const float* x, int masked, GLOBAL const float* mask, int i, int end)
{
    FLOAT4 v = load4(x, i, end, -INFINITY);
    return masked ? v + load4(mask, i, end, 0.0f) : v;
}

DEVICE float row_max(GLOBAL const float* x, int masked, GLOBAL const float* mask, int end, LOCAL float* shared)
{
    float max = -INFINITY;
    EACH4(i, end)
    {
        FLOAT4 v = masked4(x, masked, mask, i, end);
        max = greater(greater(greater(v.x, v.y), greater(v.z, v.w)), max);
    }
    return group_max(max, ROW, shared);
}

DEVICE float row_exp_sum(GLOBAL const float* x, int masked, GLOBAL const float* mask, float max, int end, LOCAL float* shared)
{
    FLOAT4 sum = (FLOAT4)(0.0f);
    EACH4(i, end) { sum += exp_4(masked4(x, masked, mask, i, end) - max); }
    return group_sum(sum4(sum), ROW, shared);
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
