// Kernels of attention in tiles of 16 queries by 16 keys: memory grows with the length of the text, never with its square.
// A group is 256 items, item (i, j) the pair of query i and key j; forward is Dao et al. 2022, algorithm 1, backward its algorithm 4 split
// in three, so that every gradient has one writer and a fixed order of summation. Several seeds share one recomputed pattern. Sums of up to WIDE columns
// stay in registers; a wider head goes chunk by chunk, and recomputes the pattern for each. The usual case, one seed and a narrow head, has kernels of its
// own out of the same functions: `together` and `wide` are constants where these are called, and what they do not need the compiler drops.

#define BLOCK 16             // queries or keys of a tile
#define PIECE 32             // of a head's width, at a time in memory of the group
#define PITCH (PIECE + 1)
#define PIECES 8
#define WIDE (PIECES * PIECE)
#define SEEDS 2              // that share a pattern in the kernels named so: their sums are in registers
#define DOT_SEEDS 8          // the same in attention_backward_dot, which has one sum per seed

// Sizes and strides, in the order in which the op writes them.
#define KEYS INT(0)
#define KV_HEADS INT(1)
#define WIDTH INT(2)
#define CAUSAL INT(3)
#define SCALE FLOAT(4)
#define Q_AT(b, h) (FLOATS(0) + (b) * INT(5) + (h) * INT(7))
#define Q_ROW INT(6)
#define K_AT(b, h) (FLOATS(1) + (b) * INT(8) + (h) * INT(10))
#define K_ROW INT(9)
#define V_AT(b, h) (FLOATS(2) + (b) * INT(11) + (h) * INT(13))
#define V_ROW INT(12)
#define MASK(b, h, i, j) (FLOATS(3)[(b) * INT(14) + (h) * INT(15) + (i) * INT(16) + (j) * INT(17)])

// Rows first ... first + 15 of x, columns from ... from + 31, 0 outside.
DEVICE void load_piece(LOCAL float* piece, GLOBAL const float* x, int stride, int first, int rows, int from, int width)
{
    for (int n = ITEM(0); n < BLOCK * PIECE; n += ITEMS)
    {
        int r = n / PIECE, c = n % PIECE;
        piece[r * PITCH + c] = first + r < rows && from + c < width ? x[(first + r) * stride + from + c] : 0.0f;
    }
}

// a[i] . b[j] for the item's pair; a and b have 16 rows from a_first and b_first.
DEVICE float pair_dot(GLOBAL const float* a, int a_stride, int a_first, int a_rows, GLOBAL const float* b, int b_stride, int b_first, int b_rows,
    int width, LOCAL float* left, LOCAL float* right)
{
    int i = ITEM(0) / BLOCK, j = ITEM(0) % BLOCK;
    float dot = 0.0f;
    for (int from = 0; from < width; from += PIECE)
    {
        load_piece(left, a, a_stride, a_first, a_rows, from, width);
        load_piece(right, b, b_stride, b_first, b_rows, from, width);
        BARRIER;
        for (int c = 0; c < PIECE; c++) { dot = FMA(left[i * PITCH + c], right[j * PITCH + c], dot); }
        BARRIER;
    }
    return dot;
}

// sums[.] += tile[i][.] x[.][c] for the item's row i and its columns c = j, j + 16, ...; x has 16 rows from first.
DEVICE void add_rows(float* sums, LOCAL const float* tile, GLOBAL const float* x, int stride, int first, int rows, int width, LOCAL float* piece)
{
    int i = ITEM(0) / BLOCK, j = ITEM(0) % BLOCK;
    UNROLL // so that sums, indexed by constants, are registers
    for (int p = 0; p < PIECES; p++)
    {
        if (p * PIECE >= width) { break; }
        load_piece(piece, x, stride, first, rows, p * PIECE, width);
        BARRIER;
        float low = sums[2 * p], high = sums[2 * p + 1];
        for (int r = 0; r < BLOCK; r++)
        {
            float t = tile[i * (BLOCK + 1) + r];
            low = FMA(t, piece[r * PITCH + j], low);
            high = FMA(t, piece[r * PITCH + j + BLOCK], high);
        }
        sums[2 * p] = low;
        sums[2 * p + 1] = high;
        BARRIER;
    }
}

DEVICE void clear_sums(float* sums)
{
    UNROLL
    for (int p = 0; p < 2 * PIECES; p++) { sums[p] = 0.0f; }
}

DEVICE void store_sums(GLOBAL float* row, const float* sums, float factor, int width)
{
    UNROLL
    for (int p = 0; p < 2 * PIECES; p++)
    {
        int c = p * BLOCK + ITEM(0) % BLOCK;
        if (c < width) { row[c] = sums[p] * factor; }
    }
}

// Whether query i sees key j, and both exist.
DEVICE int sees(int i, int queries, int j, int keys, int causal) { return i < queries && j < keys && (!causal || j <= i + keys - queries); }

// One more than the last key that some query before `end` sees.
DEVICE int keys_before(int end, int queries, int keys, int causal)
{
    int last = end < queries ? end : queries;
    return causal && last + keys - queries < keys ? last + keys - queries : keys;
}

// Work: (queries, heads, batch). Tensors q, k, v, mask?, z, log-sum [batch, head, query].
DEVICE void forward(const int wide, LOCAL float* left, LOCAL float* right, LOCAL float* tile, BUFFERS6)
{
    int i = ITEM(0) / BLOCK, j = ITEM(0) % BLOCK, h = GROUP(1), b = GROUP(2), kv = h * KV_HEADS / WORK(1);
    int queries = WORK(0), keys = KEYS, block = GROUP(0) * BLOCK, query = block + i, end = keys_before(block + BLOCK, queries, keys, CAUSAL);
    float out[2 * PIECES], max = -INFINITY, sum = 0.0f;
    for (int chunk = 0; chunk < (wide ? WIDTH : 1); chunk += WIDE)
    {
        clear_sums(out);
        max = -INFINITY;
        sum = 0.0f;
        for (int first = 0; first < end; first += BLOCK)
        {
            int key = first + j;
            float score = SCALE * pair_dot(Q_AT(b, h), Q_ROW, block, queries, K_AT(b, kv), K_ROW, first, keys, WIDTH, left, right);
            int seen = sees(query, queries, key, keys, CAUSAL);
            if (seen && HAS(3)) { score += MASK(b, h, query, key); }
            float before = max;
            max = largest(group_max(seen ? score : -INFINITY, BLOCK, tile), max);
            float p = !seen || score == -INFINITY ? 0.0f : exp_(score - max), rescale = before == -INFINITY ? 0.0f : exp_(before - max);
            tile[i * (BLOCK + 1) + j] = p;
            BARRIER;
            sum = FMA(sum, rescale, p); // of the item's own keys
            UNROLL
            for (int c = 0; c < 2 * PIECES; c++) { out[c] *= rescale; }
            add_rows(out, tile, V_AT(b, kv) + chunk, V_ROW, first, keys, WIDTH - chunk, right);
        }
        sum = group_sum(sum, BLOCK, tile);
        if (query < queries)
        {
            float factor = max == -INFINITY && sum == 0.0f ? 0.0f : 1.0f / sum;
            store_sums(FLOATS(4) + ((b * queries + query) * WORK(1) + h) * WIDTH + chunk, out, factor, WIDTH - chunk);
        }
    }
    if (query < queries && j == 0) { FLOATS(5)[(b * WORK(1) + h) * queries + query] = max + log_(sum); }
}

KERNEL attention_forward(BUFFERS6)
{
    SHARED float left[BLOCK * PITCH], right[BLOCK * PITCH], tile[BLOCK * (BLOCK + 1)];
    forward(0, left, right, tile, b0, b1, b2, b3, b4, b5, call);
}

KERNEL attention_forward_wide(BUFFERS6)
{
    SHARED float left[BLOCK * PITCH], right[BLOCK * PITCH], tile[BLOCK * (BLOCK + 1)];
    forward(1, left, right, tile, b0, b1, b2, b3, b4, b5, call);
}

// What the kernels of backward share. Last scalars: heads, batch, queries, seeds. The third direction counts batches, then groups of seeds.
#define BACKWARD(together)                                                                                      \
    int i = ITEM(0) / BLOCK, j = ITEM(0) % BLOCK, heads = INT(18), batches = INT(19), queries = INT(20);        \
    int keys = KEYS, block = GROUP(0) * BLOCK, b = GROUP(2) % batches, seed = GROUP(2) / batches * (together);  \
    int count = INT(21) - seed < (together) ? INT(21) - seed : (together);
#define EACH_SEED(together) UNROLL for (int s = 0; s < (together); s++) if (s < count)
#define DZ(s, h) (FLOATS(5) + (((seed + (s)) * batches + b) * queries * heads + (h)) * WIDTH)
#define DOT_AT(s, h) (((seed + (s)) * batches + b) * heads + (h)) * queries

// The pattern at the item's pair, from the scores and the log-sums that forward kept: p = e^(score - log-sum).
DEVICE float pattern_at(float score, int seen, float log_sum) { return !seen || score == -INFINITY || log_sum == -INFINITY ? 0.0f : exp_(score - log_sum); }

// p at the item's pair; dp = dz . v, its gradient, follows for every seed.
#define PATTERN(first_query, first_key)                                                                                                  \
    int query = (first_query) + i, key = (first_key) + j, seen = sees(query, queries, key, keys, CAUSAL);                                \
    float score = SCALE * pair_dot(Q_AT(b, h), Q_ROW, first_query, queries, K_AT(b, kv), K_ROW, first_key, keys, WIDTH, left, right);    \
    if (seen && HAS(3)) { score += MASK(b, h, query, key); }                                                                             \
    float p = pattern_at(score, seen, seen ? FLOATS(4)[(b * heads + h) * queries + query] : 0.0f);
#define GRADIENT(s, first_query, first_key) \
    pair_dot(DZ(s, h), heads * WIDTH, first_query, queries, V_AT(b, kv), V_ROW, first_key, keys, WIDTH, left, right)

// dot[seed, batch, head, query] = sum over keys of p dp. Work: (queries, heads, groups of DOT_SEEDS seeds, of batches).
// Tensors q, k, v, mask?, log-sum, dz, dot.
KERNEL attention_backward_dot(BUFFERS7)
{
    SHARED float left[BLOCK * PITCH], right[BLOCK * PITCH], tile[ITEMS];
    BACKWARD(DOT_SEEDS)
    int h = GROUP(1), kv = h * KV_HEADS / heads, end = keys_before(block + BLOCK, queries, keys, CAUSAL);
    float part[DOT_SEEDS];
    UNROLL
    for (int s = 0; s < DOT_SEEDS; s++) { part[s] = 0.0f; }
    for (int first = 0; first < end; first += BLOCK)
    {
        PATTERN(block, first)
        EACH_SEED(DOT_SEEDS) { part[s] = FMA(p, GRADIENT(s, block, first), part[s]); }
    }
    UNROLL
    for (int s = 0; s < DOT_SEEDS; s++) // all of them: PoCL 3.1 loses the sums if this is where items meet under a condition
    {
        float dot = group_sum(part[s], BLOCK, tile);
        if (s < count && j == 0 && block + i < queries) { FLOATS(6)[DOT_AT(s, h) + block + i] = dot; }
    }
}

// dq = dS k with dS = p (dp - dot) scale. Work: (queries, heads, groups of `together` seeds, of batches). Tensors q, k, v, mask?, log-sum, dz, dot, dq.
DEVICE void backward_q(const int together, const int wide, LOCAL float* left, LOCAL float* right, LOCAL float* tile, BUFFERS8)
{
    BACKWARD(together)
    int h = GROUP(1), kv = h * KV_HEADS / heads, end = keys_before(block + BLOCK, queries, keys, CAUSAL);
    float sums[SEEDS][2 * PIECES];
    for (int chunk = 0; chunk < (wide ? WIDTH : 1); chunk += WIDE)
    {
        UNROLL
        for (int s = 0; s < SEEDS; s++) { clear_sums(sums[s]); }
        for (int first = 0; first < end; first += BLOCK)
        {
            PATTERN(block, first)
            EACH_SEED(together)
            {
                float dp = GRADIENT(s, block, first), dot = query < queries ? FLOATS(6)[DOT_AT(s, h) + query] : 0.0f;
                tile[i * (BLOCK + 1) + j] = p * (dp - dot) * SCALE;
                BARRIER;
                add_rows(sums[s], tile, K_AT(b, kv) + chunk, K_ROW, first, keys, WIDTH - chunk, right);
            }
        }
        EACH_SEED(together)
        {
            if (block + i < queries) { store_sums(FLOATS(7) + ((((seed + s) * batches + b) * queries + block + i) * heads + h) * WIDTH + chunk, sums[s], 1.0f, WIDTH - chunk); }
        }
    }
}

KERNEL attention_backward_q(BUFFERS8)
{
    SHARED float left[BLOCK * PITCH], right[BLOCK * PITCH], tile[BLOCK * (BLOCK + 1)];
    backward_q(1, 0, left, right, tile, b0, b1, b2, b3, b4, b5, b6, b7, call);
}

KERNEL attention_backward_q_seeds(BUFFERS8)
{
    SHARED float left[BLOCK * PITCH], right[BLOCK * PITCH], tile[BLOCK * (BLOCK + 1)];
    backward_q(SEEDS, 1, left, right, tile, b0, b1, b2, b3, b4, b5, b6, b7, call);
}

// dk = sum over the queries of dS q, dv = of p dz; the heads of a group one after the other. Tiles are written transposed: a row is a key.
// Work: (keys, kv heads, groups of `together` seeds, of batches). Tensors q, k, v, mask?, log-sum, dz, dot?, dk?, dv?.
DEVICE void backward_kv(const int together, const int wide, LOCAL float* left, LOCAL float* right, LOCAL float* tile, BUFFERS9)
{
    BACKWARD(together)
    int kv = GROUP(1), group = heads / KV_HEADS;
    float dk[SEEDS][2 * PIECES], dv[SEEDS][2 * PIECES];
    for (int chunk = 0; chunk < (wide ? WIDTH : 1); chunk += WIDE)
    {
        UNROLL
        for (int s = 0; s < SEEDS; s++)
        {
            clear_sums(dk[s]);
            clear_sums(dv[s]);
        }
        for (int h = kv * group; h < (kv + 1) * group; h++)
        {
            for (int first = 0; first < queries; first += BLOCK)
            {
                if (keys_before(first + BLOCK, queries, keys, CAUSAL) <= block) { continue; } // none of these queries sees these keys
                PATTERN(first, block)
                EACH_SEED(together)
                {
                    if (HAS(8))
                    {
                        tile[j * (BLOCK + 1) + i] = p;
                        BARRIER;
                        add_rows(dv[s], tile, DZ(s, h) + chunk, heads * WIDTH, first, queries, WIDTH - chunk, right);
                    }
                    if (HAS(7))
                    {
                        float dp = GRADIENT(s, first, block);
                        tile[j * (BLOCK + 1) + i] = seen ? p * (dp - FLOATS(6)[DOT_AT(s, h) + query]) * SCALE : 0.0f;
                        BARRIER;
                        add_rows(dk[s], tile, Q_AT(b, h) + chunk, Q_ROW, first, queries, WIDTH - chunk, right);
                    }
                }
            }
        }
        EACH_SEED(together)
        {
            int at = ((((seed + s) * batches + b) * keys + block + i) * KV_HEADS + kv) * WIDTH + chunk;
            if (HAS(7) && block + i < keys) { store_sums(FLOATS(7) + at, dk[s], 1.0f, WIDTH - chunk); }
            if (HAS(8) && block + i < keys) { store_sums(FLOATS(8) + at, dv[s], 1.0f, WIDTH - chunk); }
        }
    }
}

KERNEL attention_backward_kv(BUFFERS9)
{
    SHARED float left[BLOCK * PITCH], right[BLOCK * PITCH], tile[BLOCK * (BLOCK + 1)];
    backward_kv(1, 0, left, right, tile, b0, b1, b2, b3, b4, b5, b6, b7, b8, call);
}

KERNEL attention_backward_kv_seeds(BUFFERS9)
{
    SHARED float left[BLOCK * PITCH], right[BLOCK * PITCH], tile[BLOCK * (BLOCK + 1)];
    backward_kv(SEEDS, 1, left, right, tile, b0, b1, b2, b3, b4, b5, b6, b7, b8, call);
}
