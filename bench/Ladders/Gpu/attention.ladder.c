// z = softmax(q k^T / sqrt(d)) v per head, d = 64. Tensors q, k, v, z [head, position, d] and, in the first rung, the pattern; scalar: length, a multiple of 64.

#define D 64
#define SCALE 0.125f
#define KEYS_AT_ONCE 16
#define LENGTH INT(0)
#define AT(i, position) (FLOATS(i) + (GROUP(1) * LENGTH + (position)) * D)
#define QUADS(p) ((GLOBAL FLOAT4*)(p))

// ---- naive: three kernels, and the whole pattern in device memory ----

// Work: (pairs, heads).
KERNEL scores(BUFFERS5)
{
    int i = ELEMENT / LENGTH, j = ELEMENT % LENGTH;
    float dot = 0.0f;
    for (int c = 0; c < D; c++) { dot = FMA(AT(0, i)[c], AT(1, j)[c], dot); }
    FLOATS(4)[GROUP(1) * LENGTH * LENGTH + ELEMENT] = dot * SCALE;
}

// Work: (queries, heads).
KERNEL normalise(BUFFERS5)
{
    GLOBAL float* row = FLOATS(4) + (GROUP(1) * LENGTH + ELEMENT) * LENGTH;
    float max = -INFINITY, sum = 0.0f;
    for (int j = 0; j < LENGTH; j++) { max = largest(row[j], max); }
    for (int j = 0; j < LENGTH; j++)
    {
        row[j] = exp_(row[j] - max);
        sum += row[j];
    }
    for (int j = 0; j < LENGTH; j++) { row[j] /= sum; }
}

// Work: (elements of z of a head, heads).
KERNEL mixture(BUFFERS5)
{
    int i = ELEMENT / D, c = ELEMENT % D;
    float sum = 0.0f;
    for (int j = 0; j < LENGTH; j++) { sum = FMA(FLOATS(4)[(GROUP(1) * LENGTH + i) * LENGTH + j], AT(2, j)[c], sum); }
    AT(3, i)[c] = sum;
}

// ---- one kernel, one item per query, groups of 64 queries; work: (queries, heads) ----

// One key after the other with a running maximum and sum: the pattern is never stored. q and z stay with the item.
KERNEL online(BUFFERS4)
{
    int i = GROUP(0) * 64 + ITEM(0);
    float q[D], z[D], max = -INFINITY, sum = 0.0f;
    for (int c = 0; c < D; c++)
    {
        q[c] = AT(0, i)[c] * SCALE;
        z[c] = 0.0f;
    }
    for (int j = 0; j < LENGTH; j++)
    {
        float score = 0.0f;
        for (int c = 0; c < D; c++) { score = FMA(q[c], AT(1, j)[c], score); }
        float higher = largest(score, max), rescale = max == -INFINITY ? 0.0f : exp_(max - higher), p = exp_(score - higher);
        for (int c = 0; c < D; c++) { z[c] = FMA(p, AT(2, j)[c], z[c] * rescale); }
        sum = sum * rescale + p;
        max = higher;
    }
    for (int c = 0; c < D; c++) { AT(3, i)[c] = z[c] / sum; }
}

// The group fetches 16 keys and values into its own memory: they come once from device memory and serve 64 queries. One rescaling for all 16.
#define TILE_OF_KEYS(load)                                                                          \
    for (int n = ITEM(0); n < KEYS_AT_ONCE * D; n += 64) { load; }                                  \
    BARRIER;

KERNEL tiled(BUFFERS4)
{
    SHARED float k[KEYS_AT_ONCE * D], v[KEYS_AT_ONCE * D];
    int i = GROUP(0) * 64 + ITEM(0);
    float q[D], z[D], scores[KEYS_AT_ONCE], max = -INFINITY, sum = 0.0f;
    for (int c = 0; c < D; c++)
    {
        q[c] = AT(0, i)[c] * SCALE;
        z[c] = 0.0f;
    }
    for (int first = 0; first < LENGTH; first += KEYS_AT_ONCE)
    {
        TILE_OF_KEYS(k[n] = AT(1, first)[n]; v[n] = AT(2, first)[n])
        float higher = max;
        for (int j = 0; j < KEYS_AT_ONCE; j++)
        {
            scores[j] = 0.0f;
            for (int c = 0; c < D; c++) { scores[j] = FMA(q[c], k[j * D + c], scores[j]); }
            higher = largest(scores[j], higher);
        }
        float rescale = max == -INFINITY ? 0.0f : exp_(max - higher);
        sum *= rescale;
        for (int c = 0; c < D; c++) { z[c] *= rescale; }
        for (int j = 0; j < KEYS_AT_ONCE; j++)
        {
            float p = exp_(scores[j] - higher);
            sum += p;
            for (int c = 0; c < D; c++) { z[c] = FMA(p, v[j * D + c], z[c]); }
        }
        max = higher;
        BARRIER;
    }
    for (int c = 0; c < D; c++) { AT(3, i)[c] = z[c] / sum; }
}

// The same in vectors of 4.
#define EACH4 for (int c = 0; c < D / 4; c++)

KERNEL vectorised(BUFFERS4)
{
    SHARED float k[KEYS_AT_ONCE * D] ALIGNED, v[KEYS_AT_ONCE * D] ALIGNED;
    int i = GROUP(0) * 64 + ITEM(0);
    FLOAT4 q[D / 4], z[D / 4];
    float scores[KEYS_AT_ONCE], max = -INFINITY, sum = 0.0f;
    EACH4
    {
        q[c] = QUADS(AT(0, i))[c] * SCALE;
        z[c] = (FLOAT4)(0.0f);
    }
    for (int first = 0; first < LENGTH; first += KEYS_AT_ONCE)
    {
        TILE_OF_KEYS(k[n] = AT(1, first)[n]; v[n] = AT(2, first)[n])
        float higher = max;
        for (int j = 0; j < KEYS_AT_ONCE; j++)
        {
            FLOAT4 dot = (FLOAT4)(0.0f);
            EACH4 { dot += q[c] * LOAD4(k + j * D + 4 * c); }
            scores[j] = (dot.x + dot.y) + (dot.z + dot.w);
            higher = largest(scores[j], higher);
        }
        float rescale = max == -INFINITY ? 0.0f : exp_(max - higher);
        sum *= rescale;
        EACH4 { z[c] *= rescale; }
        for (int j = 0; j < KEYS_AT_ONCE; j++)
        {
            float p = exp_(scores[j] - higher);
            sum += p;
            EACH4 { z[c] += p * LOAD4(v + j * D + 4 * c); }
        }
        max = higher;
        BARRIER;
    }
    EACH4 { QUADS(AT(3, i))[c] = z[c] / sum; }
}

// Four items share a query, 16 columns each: q and z fit into registers. They add their parts of the scores in memory of the group. Groups of 64 items, 16 queries.
#define PART (D / 4)
#define EACH_PART for (int c = 0; c < PART / 4; c++)

KERNEL blocked(BUFFERS4)
{
    SHARED float k[KEYS_AT_ONCE * D] ALIGNED, v[KEYS_AT_ONCE * D] ALIGNED, parts[64 * (KEYS_AT_ONCE + 1)];
    int i = GROUP(0) * 16 + ITEM(0) / 4, from = ITEM(0) % 4 * PART, mates = ITEM(0) / 4 * 4;
    FLOAT4 q[PART / 4], z[PART / 4];
    float scores[KEYS_AT_ONCE], max = -INFINITY, sum = 0.0f;
    EACH_PART
    {
        q[c] = QUADS(AT(0, i) + from)[c] * SCALE;
        z[c] = (FLOAT4)(0.0f);
    }
    for (int first = 0; first < LENGTH; first += KEYS_AT_ONCE)
    {
        TILE_OF_KEYS(k[n] = AT(1, first)[n]; v[n] = AT(2, first)[n])
        for (int j = 0; j < KEYS_AT_ONCE; j++)
        {
            FLOAT4 dot = (FLOAT4)(0.0f);
            EACH_PART { dot += q[c] * LOAD4(k + j * D + from + 4 * c); }
            parts[ITEM(0) * (KEYS_AT_ONCE + 1) + j] = (dot.x + dot.y) + (dot.z + dot.w);
        }
        BARRIER;
        float higher = max;
        for (int j = 0; j < KEYS_AT_ONCE; j++)
        {
            scores[j] = 0.0f;
            for (int mate = mates; mate < mates + 4; mate++) { scores[j] += parts[mate * (KEYS_AT_ONCE + 1) + j]; }
            higher = largest(scores[j], higher);
        }
        float rescale = max == -INFINITY ? 0.0f : exp_(max - higher);
        sum *= rescale;
        EACH_PART { z[c] *= rescale; }
        for (int j = 0; j < KEYS_AT_ONCE; j++)
        {
            float p = exp_(scores[j] - higher);
            sum += p;
            EACH_PART { z[c] += p * LOAD4(v + j * D + from + 4 * c); }
        }
        max = higher;
        BARRIER;
    }
    EACH_PART { QUADS(AT(3, i) + from)[c] = z[c] / sum; }
}
