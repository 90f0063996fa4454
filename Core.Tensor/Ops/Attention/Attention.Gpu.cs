using System.Runtime.CompilerServices;
using ILGPU;
using Columns64 = Vitrine.Tensors.Twice<Vitrine.Tensors.Columns32>;
using Columns128 = Vitrine.Tensors.Twice<Vitrine.Tensors.Twice<Vitrine.Tensors.Columns32>>;

namespace Vitrine.Tensors;

/// <summary>
/// Attention on a GPU in tiles of queries by keys: memory grows with the length of the text, never with its square. Forward is Dao et al.
/// 2022, algorithm 1, backward its algorithm 4 split in three, so that every gradient has one writer and a fixed order of summation. Sums
/// of some columns stay in registers; a wider head goes chunk by chunk, and recomputes the pattern for each.
/// </summary>
internal static class AttentionGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        new("attention_forward", Forward<Masked, Columns128, InMemory>),
        new("attention_forward_wide", Forward<Masked, Columns128, InMemory>),
        new("attention_backward_dot", BackwardDot<Masked, InMemory>),
        new("attention_backward_q", BackwardQ<Masked, Columns128>), new("attention_backward_q_seeds", BackwardQ<Masked, Columns128>),
        new("attention_backward_kv", BackwardKv<Masked, Columns128>), new("attention_backward_kv_seeds", BackwardKv<Masked, Columns128>),
    ];

    /// <summary>How wide a narrow head is at most.</summary>
    public const int MostNarrow = 64;

    /// <summary>What sums of narrow heads are kept in.</summary>
    public static Type Narrow => typeof(Columns64);

    /// <summary>What those of wider ones are.</summary>
    public static Type Wide => typeof(Columns128);

    // Work: (queries, heads, batch).
    private static void Forward<TMask, TColumns, TGroup>(ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<float> mask,
        ArrayView<float> z, ArrayView<float> logSums, Work work, AttentionSizes s)
        where TMask : struct, IMask where TColumns : struct, IColumns<TColumns> where TGroup : struct, IGroup
    {
        ArrayView<float> left = SharedMemory.Allocate<float>(AttentionTile.Own * AttentionTile.Pitch),
            right = SharedMemory.Allocate<float>(AttentionTile.Others * AttentionTile.Pitch),
            tile = SharedMemory.Allocate<float>(AttentionTile.Own * AttentionTile.TilePitch);
        int queries = work.X, heads = work.Y, h = Grid.IdxY, b = Grid.IdxZ, kv = h * s.KvHeads / heads;
        int block = Grid.IdxX * AttentionTile.Own, query = block + AttentionTile.I;
        int end = s.KeysBefore(block + AttentionTile.Own, queries), masks = (b * s.MaskBatch) + (h * s.MaskHead);
        var own = new Strip((b * s.QBatch) + (h * s.QHead), s.QRow, block, queries);
        float max = float.NegativeInfinity, sum = 0;
        for (int chunk = 0; chunk < s.Width; chunk += TColumns.Count)
        {
            TColumns columns = default;
            max = float.NegativeInfinity;
            sum = 0;
            for (int first = 0; first < end; first += AttentionTile.Others)
            {
                var keys = new Strip((b * s.KBatch) + (kv * s.KHead), s.KRow, first, s.Keys);
                Floats4 score = AttentionTile.Dots(q, own, k, keys, s.Width, left, right) * s.Scale;
                score = Hidden<TMask>(score, query, first + AttentionTile.J, 0, 1, queries, mask, masks, s);
                float before = max;
                max = Largest(GroupReduction.Max<TGroup>(Floats4.Largest(score), AttentionTile.Own, tile), max);
                Floats4 p = Floats4.WhereEqual(score, Floats4.Of(float.NegativeInfinity), Floats4.Of(0), SimdMath.Exp(score - max));
                float rescale = before == float.NegativeInfinity ? 0 : SimdMath.Exp(new Floats1(before - max)).Value;
                AttentionTile.Share(p, tile);
                sum = (sum * rescale) + Floats4.Sum(p); // of the item's own keys
                var values = new Strip((b * s.VBatch) + (kv * s.VHead), s.VRow, first, s.Keys);
                columns = columns.Times(rescale).Add(tile, v, values, chunk, s.Width, right);
            }
            sum = GroupReduction.Sum<TGroup>(sum, AttentionTile.Own, tile);
            if (query < queries)
            {
                float factor = max == float.NegativeInfinity && sum == 0 ? 0 : 1 / sum;
                columns.Store(z.SubView(((((b * queries) + query) * heads) + h) * s.Width), chunk, s.Width, factor);
            }
        }
        if (query < queries && AttentionTile.J == 0)
        {
            logSums[(((b * heads) + h) * queries) + query] = max + SimdMath.Log(new Floats1(sum)).Value;
        }
    }

    // dot[seed, batch, head, query] = Σ over keys of p dp. Work: (queries, heads, groups of seeds, of batches).
    private static void BackwardDot<TMask, TGroup>(ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<float> mask,
        ArrayView<float> logSums, ArrayView<float> dz, ArrayView<float> dots, AttentionSizes s)
        where TMask : struct, IMask where TGroup : struct, IGroup
    {
        ArrayView<float> left = SharedMemory.Allocate<float>(AttentionTile.Own * AttentionTile.Pitch),
            right = SharedMemory.Allocate<float>(AttentionTile.Others * AttentionTile.Pitch),
            shared = SharedMemory.Allocate<float>(AttentionTile.Own * AttentionTile.Own);
        int h = Grid.IdxY, b = Grid.IdxZ % s.Batches, kv = h * s.KvHeads / s.Heads;
        int block = Grid.IdxX * AttentionTile.Own, query = block + AttentionTile.I;
        int end = s.KeysBefore(block + AttentionTile.Own, s.Queries);
        var own = new Strip((b * s.QBatch) + (h * s.QHead), s.QRow, block, s.Queries);
        int to = LastSeed(s);
        for (int seed = FirstSeed(s); seed < to; seed++)
        {
            float part = 0;
            for (int first = 0; first < end; first += AttentionTile.Others)
            {
                var keys = new Strip((b * s.KBatch) + (kv * s.KHead), s.KRow, first, s.Keys);
                Floats4 p = OfQueries<TMask>(q, own, k, keys, mask, logSums, b, h, left, right, s);
                var values = new Strip((b * s.VBatch) + (kv * s.VHead), s.VRow, first, s.Keys);
                part += Floats4.Sum(p * AttentionTile.Dots(dz, OfDz(seed, b, h, block, s), v, values, s.Width, left, right));
            }
            float dot = GroupReduction.Sum<TGroup>(part, AttentionTile.Own, shared);
            if (AttentionTile.J == 0 && query < s.Queries)
            {
                dots[(((((seed * s.Batches) + b) * s.Heads) + h) * s.Queries) + query] = dot;
            }
        }
    }

    // dq = dS k with dS = p (dp − dot) scale. Work as before.
    private static void BackwardQ<TMask, TColumns>(ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<float> mask,
        ArrayView<float> logSums, ArrayView<float> dz, ArrayView<float> dots, ArrayView<float> dq, AttentionSizes s)
        where TMask : struct, IMask where TColumns : struct, IColumns<TColumns>
    {
        ArrayView<float> left = SharedMemory.Allocate<float>(AttentionTile.Own * AttentionTile.Pitch),
            right = SharedMemory.Allocate<float>(AttentionTile.Others * AttentionTile.Pitch),
            tile = SharedMemory.Allocate<float>(AttentionTile.Own * AttentionTile.TilePitch);
        int h = Grid.IdxY, b = Grid.IdxZ % s.Batches, kv = h * s.KvHeads / s.Heads;
        int block = Grid.IdxX * AttentionTile.Own, query = block + AttentionTile.I;
        int end = s.KeysBefore(block + AttentionTile.Own, s.Queries);
        var own = new Strip((b * s.QBatch) + (h * s.QHead), s.QRow, block, s.Queries);
        int to = LastSeed(s);
        for (int seed = FirstSeed(s); seed < to; seed++)
        {
            float dot = query < s.Queries ? dots[(((((seed * s.Batches) + b) * s.Heads) + h) * s.Queries) + query] : 0;
            for (int chunk = 0; chunk < s.Width; chunk += TColumns.Count)
            {
                TColumns columns = default;
                for (int first = 0; first < end; first += AttentionTile.Others)
                {
                    var keys = new Strip((b * s.KBatch) + (kv * s.KHead), s.KRow, first, s.Keys);
                    Floats4 p = OfQueries<TMask>(q, own, k, keys, mask, logSums, b, h, left, right, s);
                    var values = new Strip((b * s.VBatch) + (kv * s.VHead), s.VRow, first, s.Keys);
                    Floats4 dp = AttentionTile.Dots(dz, OfDz(seed, b, h, block, s), v, values, s.Width, left, right);
                    AttentionTile.Share(p * (dp - dot) * s.Scale, tile);
                    columns = columns.Add(tile, k, keys, chunk, s.Width, right);
                }
                if (query < s.Queries)
                {
                    columns.Store(dq.SubView(OfDz(seed, b, h, query, s).FirstAt), chunk, s.Width, 1);
                }
            }
        }
    }

    // dk = Σ over the queries of dS q, dv = of p dz; the heads of a group one after the other. Work: (keys, kv heads, as before).
    private static void BackwardKv<TMask, TColumns>(ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<float> mask,
        ArrayView<float> logSums, ArrayView<float> dz, ArrayView<float> dots, ArrayView<float> dk, ArrayView<float> dv, AttentionSizes s)
        where TMask : struct, IMask where TColumns : struct, IColumns<TColumns>
    {
        ArrayView<float> left = SharedMemory.Allocate<float>(AttentionTile.Own * AttentionTile.Pitch),
            right = SharedMemory.Allocate<float>(AttentionTile.Others * AttentionTile.Pitch),
            tile = SharedMemory.Allocate<float>(AttentionTile.Own * AttentionTile.TilePitch);
        int kv = Grid.IdxY, b = Grid.IdxZ % s.Batches, group = s.Heads / s.KvHeads;
        int block = Grid.IdxX * AttentionTile.Own, key = block + AttentionTile.I;
        var keys = new Strip((b * s.KBatch) + (kv * s.KHead), s.KRow, block, s.Keys);
        var values = new Strip((b * s.VBatch) + (kv * s.VHead), s.VRow, block, s.Keys);
        int to = LastSeed(s);
        for (int seed = FirstSeed(s); seed < to; seed++)
        {
            for (int chunk = 0; chunk < s.Width; chunk += TColumns.Count)
            {
                TColumns ofKey = default, ofValue = default;
                for (int h = kv * group; h < (kv + 1) * group; h++)
                {
                    for (int first = 0; first < s.Queries; first += AttentionTile.Others)
                    {
                        if (s.KeysBefore(first + AttentionTile.Others, s.Queries) <= block)
                        {
                            continue; // none of these queries sees these keys
                        }
                        var queries = new Strip((b * s.QBatch) + (h * s.QHead), s.QRow, first, s.Queries);
                        Strip gradients = OfDz(seed, b, h, first, s);
                        int rows = ((b * s.Heads) + h) * s.Queries, query = first + AttentionTile.J;
                        Floats4 score = AttentionTile.Dots(k, keys, q, queries, s.Width, left, right) * s.Scale;
                        score = Hidden<TMask>(score, query, key, 1, 0, s.Queries, mask, (b * s.MaskBatch) + (h * s.MaskHead), s);
                        Floats4 p = Pattern(score, Four(logSums, rows, query, s.Queries));
                        if (dv.Length > 0)
                        {
                            AttentionTile.Share(p, tile);
                            ofValue = ofValue.Add(tile, dz, gradients, chunk, s.Width, right);
                        }
                        if (dk.Length > 0)
                        {
                            Floats4 dp = AttentionTile.Dots(v, values, dz, gradients, s.Width, left, right);
                            Floats4 dot = Four(dots, (seed * s.Batches * s.Heads * s.Queries) + rows, query, s.Queries);
                            AttentionTile.Share(p * (dp - dot) * s.Scale, tile);
                            ofKey = ofKey.Add(tile, q, queries, chunk, s.Width, right);
                        }
                    }
                }
                int at = ((((((seed * s.Batches) + b) * s.Keys) + key) * s.KvHeads) + kv) * s.Width;
                if (dk.Length > 0 && key < s.Keys)
                {
                    ofKey.Store(dk.SubView(at), chunk, s.Width, 1);
                }
                if (dv.Length > 0 && key < s.Keys)
                {
                    ofValue.Store(dv.SubView(at), chunk, s.Width, 1);
                }
            }
        }
    }

    // The pattern for the item's query and its four keys.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats4 OfQueries<TMask>(ArrayView<float> q, Strip own, ArrayView<float> k, Strip keys, ArrayView<float> mask,
        ArrayView<float> logSums, int b, int h, ArrayView<float> left, ArrayView<float> right, AttentionSizes s)
        where TMask : struct, IMask
    {
        int query = own.First + AttentionTile.I;
        Floats4 score = AttentionTile.Dots(q, own, k, keys, s.Width, left, right) * s.Scale;
        score = Hidden<TMask>(score, query, keys.First + AttentionTile.J, 0, 1, s.Queries, mask, (b * s.MaskBatch) + (h * s.MaskHead), s);
        return Pattern(score, Floats4.Of(query < s.Queries ? logSums[(((b * s.Heads) + h) * s.Queries) + query] : 0));
    }

    // p = e^(score − log-sum), 0 where the key is hidden.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats4 Pattern(Floats4 score, Floats4 logSum)
    {
        Floats4 nothing = Floats4.Of(float.NegativeInfinity), zero = Floats4.Of(0);
        return Floats4.WhereEqual(score, nothing, zero, Floats4.WhereEqual(logSum, nothing, zero, SimdMath.Exp(score - logSum)));
    }

    // Scores with their mask, −∞ where a query does not see its key: of queries and keys 16 steps apart.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats4 Hidden<TMask>(Floats4 score, int query, int key, int queryStep, int keyStep, int queries, ArrayView<float> mask,
        int masks, AttentionSizes s) where TMask : struct, IMask => new(
            Hidden<TMask>(score.X, query, key, queries, mask, masks, s),
            Hidden<TMask>(score.Y, query + (16 * queryStep), key + (16 * keyStep), queries, mask, masks, s),
            Hidden<TMask>(score.Z, query + (32 * queryStep), key + (32 * keyStep), queries, mask, masks, s),
            Hidden<TMask>(score.W, query + (48 * queryStep), key + (48 * keyStep), queries, mask, masks, s));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats1 Hidden<TMask>(Floats1 score, int query, int key, int queries, ArrayView<float> mask, int masks, AttentionSizes s)
        where TMask : struct, IMask
    {
        bool seen = s.Sees(query, key, queries);
        int at = masks + (query * s.MaskQuery) + (key * s.MaskKey);
        return new(seen ? default(TMask).Add(score.Value, mask, at) : float.NegativeInfinity);
    }

    // Four numbers, 16 apart, of a row; 0 past its end.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats4 Four(ArrayView<float> x, int at, int i, int end) => Floats4.Of(i < end ? x[at + i] : 0,
        i + 16 < end ? x[at + i + 16] : 0, i + 32 < end ? x[at + i + 32] : 0, i + 48 < end ? x[at + i + 48] : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Strip OfDz(int seed, int b, int h, int first, AttentionSizes s) =>
        new((((((seed * s.Batches) + b) * s.Queries * s.Heads) + h) * s.Width), s.Heads * s.Width, first, s.Queries);

    private static float Largest(float a, float b) => a > b ? a : b;

    // A launch has groups for all batches, and of seeds as many as its third direction says.
    private static int FirstSeed(AttentionSizes s) => Grid.IdxZ / s.Batches * SeedsOfGroup(s);

    private static int LastSeed(AttentionSizes s)
    {
        int to = FirstSeed(s) + SeedsOfGroup(s);
        return to < s.Seeds ? to : s.Seeds;
    }

    private static int SeedsOfGroup(AttentionSizes s)
    {
        int groups = Grid.DimZ / s.Batches;
        return (s.Seeds + groups - 1) / groups;
    }
}
