using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>From padding masks (1 a token, 0 padding) to what attention adds to its scores, and to positions.</summary>
internal static class Masks
{
    private const float Beyond = -1e30f; // so far below any score that adding it leaves nothing of the score

    /// <summary>A mask without padding, int32 <c>[batch, pos]</c>.</summary>
    public static Tensor Ones(int batch, int positions)
    {
        int[] ones = new int[batch * positions];
        Array.Fill(ones, 1);
        return Tensor.From(ones, [batch, positions]);
    }

    /// <summary>
    /// 0 at tokens, −∞ at padding, <c>[batch, 1, 1, key]</c>: broadcasts over heads and queries. Null when nothing is hidden.
    /// </summary>
    public static Tensor? Additive(Tensor? mask)
    {
        if (mask is null)
        {
            return null;
        }
        int[] tokens = Integers(mask);
        return Array.TrueForAll(tokens, t => t == 1)
            ? null
            : Tensor.From([.. tokens.Select(t => t == 1 ? 0f : float.NegativeInfinity)], [mask.Shape[0], 1, 1, mask.Shape[1]]);
    }

    /// <summary>
    /// The same where pairs are masked (DeBERTa): queries that are padding see all keys alike; <c>[batch, 1, query, key]</c>.
    /// </summary>
    public static Tensor? Pairs(Tensor? mask)
    {
        if (mask is null || Additive(mask) is null)
        {
            return null;
        }
        int[] tokens = Integers(mask);
        int pos = mask.Shape[1];
        float[] pairs = new float[tokens.Length * pos];
        for (int i = 0; i < pairs.Length; i++)
        {
            (int query, int key) = (i / pos, (i / pos / pos * pos) + (i % pos));
            pairs[i] = tokens[query] == 0 ? Beyond : tokens[key] == 0 ? float.NegativeInfinity : 0;
        }
        return Tensor.From(pairs, [mask.Shape[0], 1, pos, pos]);
    }

    /// <summary>Scores, constant where <see cref="Pairs"/> hides the query: nothing is learned from what padding sees.</summary>
    public static Tensor WithoutPadding(Tensor scores, Tensor mask)
    {
        int[] padding = [.. mask.ToArray().Select(value => value == Beyond ? 1 : 0)];
        return padding.Contains(1) ? scores.MaskedFill(Tensor.From(padding, mask.Shape), 0) : scores;
    }

    /// <summary>−∞ above the diagonal, <c>[query, key]</c>: query i sees keys up to i + (keys − queries).</summary>
    public static Tensor Causal(int queries, int keys)
    {
        float[] hidden = new float[queries * keys];
        for (int query = 0; query < queries; query++)
        {
            hidden.AsSpan((query * keys) + query + keys - queries + 1, queries - query - 1).Fill(float.NegativeInfinity);
        }
        return Tensor.From(hidden, [queries, keys]);
    }

    /// <summary>
    /// −∞ where query and key are <paramref name="window"/> positions or more apart, <c>[query, key]</c>; queries are the last of the keys.
    /// </summary>
    public static Tensor Window(int queries, int keys, int window)
    {
        float[] hidden = new float[queries * keys];
        Array.Fill(hidden, float.NegativeInfinity);
        for (int query = 0; query < queries; query++)
        {
            int at = query + keys - queries, first = Math.Max(0, at - window + 1);
            hidden.AsSpan((query * keys) + first, Math.Min(keys, at + window) - first).Clear();
        }
        return Tensor.From(hidden, [queries, keys]);
    }

    /// <summary>
    /// Positions of the last columns of a mask counted by its tokens: 0 the first, −1 at padding; int32 <c>[batch, pos]</c>, batch 1
    /// without a mask.
    /// </summary>
    public static Tensor Counted(Tensor? mask, int past, int positions)
    {
        if (mask is null)
        {
            return Positions(null, past, positions);
        }
        int[] tokens = Integers(mask);
        int keys = past + positions;
        int[] at = new int[mask.Shape[0] * positions];
        for (int row = 0; row < mask.Shape[0]; row++)
        {
            int count = -1;
            for (int key = 0; key < keys; key++)
            {
                int token = tokens[(row * keys) + key];
                count += token;
                if (key >= past)
                {
                    at[(row * positions) + key - past] = token == 1 ? count : -1;
                }
            }
        }
        return Tensor.From(at, [mask.Shape[0], positions]);
    }

    /// <summary>
    /// Positions of the last columns of a mask, counted from each row's first token; int32 <c>[batch, pos]</c>, batch 1 without a mask.
    /// </summary>
    /// <param name="mask">Past and present, <c>[batch, past + positions]</c>; null when there is no padding.</param>
    /// <param name="past">How many positions came before.</param>
    /// <param name="positions">How many are asked for.</param>
    /// <param name="first">The number of the first token.</param>
    public static Tensor Positions(Tensor? mask, int past, int positions, int first = 0)
    {
        int batch = mask?.Shape[0] ?? 1, keys = past + positions;
        int[] tokens = mask is null ? [] : Integers(mask), at = new int[batch * positions];
        for (int row = 0; row < batch; row++)
        {
            int padding = mask is null ? 0 : Math.Max(0, tokens.AsSpan(row * keys, keys).IndexOf(1));
            for (int i = 0; i < positions; i++)
            {
                at[(row * positions) + i] = first + Math.Max(0, past + i - padding);
            }
        }
        return Tensor.From(at, [batch, positions]);
    }

    /// <summary>
    /// fairseq's positions: pad + 1, pad + 2, … over the ids that are not padding, which itself stands at pad; int32 <c>[batch, pos]</c>.
    /// </summary>
    /// <param name="ids">int32 <c>[batch, pos]</c></param>
    /// <param name="pad">The padding id.</param>
    /// <param name="past">How many tokens came before.</param>
    public static Tensor PositionsPastPadding(Tensor ids, int pad, int past = 0)
    {
        int[] all = ids.ToIntArray(), at = new int[all.Length];
        for (int i = 0, last = pad + past; i < all.Length; i++)
        {
            last = i % ids.Shape[1] == 0 ? pad + past : last;
            at[i] = all[i] == pad ? pad : ++last;
        }
        return Tensor.From(at, ids.Shape);
    }

    /// <summary>
    /// Where a causal model's new tokens stand: their positions, and what to add to their scores over past and present. Extends the cache's
    /// count.
    /// </summary>
    public static (Tensor Positions, Tensor? Additive) Place(ModelInput input, Tensor x, KvCache? cache)
    {
        int past = cache?.Length ?? 0;
        Tensor? mask = cache is null ? input.Mask : cache.Advance(x.Shape[0], x.Shape[1], input.Mask);
        return (Positions(mask, past, x.Shape[1]), Additive(mask));
    }

    /// <summary>The mask as numbers 0 and 1, whatever its type.</summary>
    /// <exception cref="ShapeException">Something else is in it.</exception>
    public static int[] Integers(Tensor mask)
    {
        int[] tokens = mask.DType == DType.Int32 ? mask.ToIntArray() : [.. mask.ToArray().Select(m => m is 0 or 1 ? (int)m : -1)];
        int odd = Array.FindIndex(tokens, t => t is not (0 or 1));
        return odd < 0 ? tokens : throw new ShapeException($"mask: neither 1 nor 0 at element {odd}; expected 1 for a token, 0 for "
            + $"padding.");
    }
}
