using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>What a head's pattern looks like, in numbers.</summary>
public static class HeadStatistics
{
    private static readonly string[] s_detectors = ["previous_token_head", "duplicate_token_head", "induction_head"];

    /// <summary>Statistics of every head on a text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">One text.</param>
    /// <param name="stack">Null: the last of the model's stacks.</param>
    /// <param name="cross">Whether the heads between decoder and encoder are meant.</param>
    /// <returns>
    /// Tables <c>[layer, head]</c>, means over queries: <c>entropy_nats</c>, <c>mean_distance</c> |query − key|, <c>first_token</c>,
    /// <c>current_token</c>,
    /// <c>previous_token</c> (over queries that have one), <c>max_weight</c>; of repeated tokens also <c>duplicate_token</c> and
    /// <c>induction</c>, by the
    /// literature's definition (mean attention of queries that have such a key); of one stack <c>previous_token_head_detector</c>,
    /// <c>duplicate_token_head_detector</c> and <c>induction_head_detector</c>, as <see cref="Detect"/> has them.
    /// </returns>
    public static InsideResult Run(ITransformer model, ModelInput input, string? stack = null, bool cross = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        HeadPatterns patterns = HeadPatterns.Of(model, input, stack, cross);
        (int layers, int heads) = (patterns.Layers, patterns.Heads);
        int cells = layers * heads, q = patterns.Queries, k = patterns.Keys;
        double[] entropy = new double[cells], distance = new double[cells], first = new double[cells], current = new double[cells],
            previous = new double[cells], max = new double[cells];
        double[] duplicate = new double[cells], induction = new double[cells];
        int[] ids = cross || (patterns.Stack == "encoder" ? input : input.Target ?? input).Ids is not { } given ? [] : given.ToIntArray();
        (int[] twin, int[] follower) = Repeats(ids, q);
        for (int c = 0; c < cells; c++)
        {
            int withTwin = 0, withFollower = 0;
            for (int i = 0; i < q; i++)
            {
                ReadOnlySpan<float> row = patterns.Row(c / heads, c % heads, i);
                double e = 0, d = 0, m = 0;
                for (int j = 0; j < k; j++)
                {
                    e -= row[j] > 0 ? row[j] * Math.Log(row[j]) : 0;
                    d += row[j] * Math.Abs(i - j);
                    m = Math.Max(m, row[j]);
                }
                (entropy[c], distance[c], max[c], first[c]) = (entropy[c] + (e / q), distance[c] + (d / q), max[c] + (m / q), first[c]
                    + ((double)row[0] / q));
                current[c] += i < k ? (double)row[i] / q : 0;
                previous[c] += i > 0 && i - 1 < k && q > 1 ? (double)row[i - 1] / (q - 1) : 0;
                if (twin[i] >= 0)
                {
                    (duplicate[c], withTwin) = (duplicate[c] + row[twin[i]], withTwin + 1);
                }
                if (follower[i] >= 0)
                {
                    (induction[c], withFollower) = (induction[c] + row[follower[i]], withFollower + 1);
                }
            }
            duplicate[c] = withTwin > 0 ? duplicate[c] / withTwin : double.NaN;
            induction[c] = withFollower > 0 ? induction[c] / withFollower : double.NaN;
        }
        InsideAxis[] axes = [InsideAxis.Numbered("layer", layers), InsideAxis.Numbered("head", heads)];
        return new()
        {
            Method = "head_statistics",
            Tables =
            [
                InsideTable.Of("entropy_nats", "entropy of a query's attention, nats, mean over queries", entropy, axes),
                InsideTable.Of("mean_distance", "attended distance |query − key|, tokens", distance, axes),
                InsideTable.Of("first_token", "attention to the first token", first, axes),
                InsideTable.Of("current_token", "attention to the query's own token", current, axes),
                InsideTable.Of("previous_token", "attention to the token before (queries that have one)", previous, axes),
                InsideTable.Of("max_weight", "largest attention of a query", max, axes),
                InsideTable.Of("duplicate_token", "attention to the last earlier copy of the token (queries that have one)", duplicate,
                    axes),
                InsideTable.Of("induction", "attention to what followed the last earlier copy (queries that have one)", induction, axes),
                .. ids.Length != q || q != k ? [] : s_detectors.Select(name => InsideTable.Of($"{name}_detector",
                    "share of all attention that lies where the pattern says (TransformerLens)", Scores(patterns, Detection(name, ids)),
                    axes)),
            ],
            Parameters = new Dictionary<string, string>
            {
                ["stack"] = patterns.Stack,
                ["definitions"] = "previous_token, duplicate_token, induction: mean attention of the queries that have such a key; "
                    + "…_detector: TransformerLens, all rows count, the first too",
            },
        };
    }

    /// <summary>
    /// TransformerLens' head detector: how much of a head's attention lies where a pattern says it should. <c>mul</c>: ΣA·D/ΣA over all
    /// rows, the first
    /// too; <c>abs</c>: 1 − T·mean|A − D|.
    /// </summary>
    /// <param name="model">A model with one stack.</param>
    /// <param name="input">One text.</param>
    /// <param name="pattern"><c>previous_token_head</c>, <c>duplicate_token_head</c> or <c>induction_head</c>.</param>
    /// <param name="absolute">The measure <c>abs</c> instead of <c>mul</c>.</param>
    /// <param name="excludeFirst">Whether attention to the first token is set to 0 before.</param>
    /// <param name="excludeCurrent">Whether attention to the query's own token is.</param>
    /// <returns>Tables <c>score</c> <c>[layer, head]</c> and <c>detection</c> <c>[query, key]</c>.</returns>
    public static InsideResult Detect(ITransformer model, ModelInput input, string pattern, bool absolute = false,
        bool excludeFirst = false, bool excludeCurrent = false)
    {
        ArgumentNullException.ThrowIfNull(input);
        HeadPatterns patterns = HeadPatterns.Of(model, input, null, cross: false);
        int[] ids = (input.Target ?? input).Ids?.ToIntArray()
            ?? throw new VitrineException("heads: the detector needs token ids; got embeddings.");
        int t = patterns.Queries;
        double[] detection = Detection(pattern, ids), scores = Scores(patterns, detection, absolute, excludeFirst, excludeCurrent);
        return new()
        {
            Method = "head_detector",
            Tables =
            [
                InsideTable.Of("score", absolute ? "1 − T · mean |attention − detection|"
                    : "share of all attention that lies in the detection pattern", scores, InsideAxis.Numbered("layer", patterns.Layers),
                    InsideAxis.Numbered("head", patterns.Heads)),
                InsideTable.Of("detection", "where the pattern says attention should lie", detection, InsideAxis.Numbered("query", t),
                    InsideAxis.Numbered("key", t)),
            ],
            Parameters = new Dictionary<string, string>
            {
                ["pattern"] = pattern,
                ["measure"] = absolute ? "abs" : "mul",
                ["definition"] = "TransformerLens: all rows count, the first too",
                ["exclude_first"] = excludeFirst ? "true" : "false",
                ["exclude_current"] = excludeCurrent ? "true" : "false",
            },
        };
    }

    // How much of every head's attention lies in a pattern.
    private static double[] Scores(HeadPatterns patterns, double[] detection, bool absolute = false, bool excludeFirst = false,
        bool excludeCurrent = false)
    {
        int t = patterns.Queries;
        double[] scores = new double[patterns.Layers * patterns.Heads];
        for (int c = 0; c < scores.Length; c++)
        {
            double hit = 0, all = 0, gap = 0;
            for (int i = 0; i < t; i++)
            {
                ReadOnlySpan<float> row = patterns.Row(c / patterns.Heads, c % patterns.Heads, i);
                for (int j = 0; j < t; j++)
                {
                    bool isOut = (excludeFirst && j == 0) || (excludeCurrent && j == i);
                    double a = isOut ? 0 : row[j], d = isOut ? 0 : detection[(i * t) + j];
                    (hit, all, gap) = (hit + (a * d), all + a, gap + Math.Abs(a - d));
                }
            }
            scores[c] = absolute ? 1 - (gap / t) : all > 0 ? hit / all : 0;
        }
        return scores;
    }

    private static double[] Detection(string pattern, int[] ids)
    {
        int t = ids.Length;
        double[] d = new double[t * t];
        for (int i = 0; i < t; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                d[(i * t) + j] = pattern switch
                {
                    "previous_token_head" => j == i - 1 ? 1 : 0,
                    "duplicate_token_head" => j < i && ids[j] == ids[i] ? 1 : 0,
                    "induction_head" => j > 0 && j - 1 != i && ids[j - 1] == ids[i] ? 1 : 0,
                    _ => throw new VitrineException(
                        $"heads: no such pattern; got '{pattern}'; expected previous_token_head, duplicate_token_head or induction_head."),
                };
            }
        }
        return d;
    }

    // For each query the last earlier place of its token, and the place after that; −1 where there is none.
    private static (int[] Twin, int[] Follower) Repeats(int[] ids, int queries)
    {
        int[] twin = new int[queries], follower = new int[queries];
        var last = new Dictionary<int, int>();
        for (int i = 0; i < queries; i++)
        {
            int at = i < ids.Length && last.TryGetValue(ids[i], out int found) ? found : -1;
            (twin[i], follower[i]) = (at, at >= 0 && at + 1 <= i ? at + 1 : -1);
            if (i < ids.Length)
            {
                last[ids[i]] = i;
            }
        }
        return (twin, follower);
    }
}

/// <summary>Why a head attends: the query and keys of one head, neuron by neuron (BertViz' neuron view).</summary>
public static class NeuronView
{
    /// <summary>Query · key of every key, product by product.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">One text.</param>
    /// <param name="layer">From 0.</param>
    /// <param name="head">From 0.</param>
    /// <param name="query">The query's position.</param>
    /// <param name="stack">Null: the last of the model's stacks.</param>
    /// <param name="tokens">What positions are called.</param>
    /// <returns>
    /// Tables <c>query</c> <c>[neuron]</c>, <c>keys</c> and <c>product</c> (unscaled) <c>[key, neuron]</c>, <c>scaled_dot</c> and
    /// <c>softmax</c> <c>[key]</c>: every key is listed, hidden ones with 0.
    /// </returns>
    public static InsideResult Run(ITransformer model, ModelInput input, int layer, int head, int query, string? stack = null,
        IReadOnlyList<string>? tokens = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        string block = string.Create(CultureInfo.InvariantCulture, $"{stack ?? new PatchRequest().StackOf(model)}.{layer}.attn.");
        bool rotary = model.HookPoints.Any(p => p.Name == block + "hook_rot_q");
        string[] hooks = [block + (rotary ? "hook_rot_q" : "hook_q"), block + (rotary ? "hook_rot_k" : "hook_k"), block + "hook_pattern"];
        Dictionary<string, Tensor> found = PatchSweep.Capture(model, input, hooks);
        (Tensor q, Tensor k, Tensor pattern) = (found[hooks[0]], found[hooks[1]], found[hooks[2]]);
        int heads = q.Shape[2], keys = k.Shape[1], d = q.Shape[3];
        if (head < 0 || head >= heads || query < 0 || query >= q.Shape[1])
        {
            throw new VitrineException(
                $"neuron view: no such head or query; got head {head}, query {query}; expected 0 to {heads - 1} and 0 to "
                    + $"{q.Shape[1] - 1}.");
        }
        float[] one = q.Select(0, 0).Select(0, query).Select(0, head).ToArray(), all = k.Select(0, 0).Select(1, head / (heads / k.Shape[2]))
            .ToArray();
        float[] softmax = pattern.Select(0, 0).Select(0, head).Select(0, query).ToArray();
        double[] product = [.. all.Select((v, i) => (double)v * one[i % d])];
        InsideAxis neuron = InsideAxis.Numbered("neuron", d), key = InsideAxis.Read("key", keys, tokens);
        return new()
        {
            Method = "neuron_view",
            Tables =
            [
                InsideTable.Of("softmax", "attention", [.. softmax.Select(v => (double)v)], key),
                InsideTable.Of("scaled_dot", "q·k/√d_head",
                    [.. Enumerable.Range(0, keys).Select(j => product.Skip(j * d).Take(d).Sum() / Math.Sqrt(d))], key),
                InsideTable.Of("query", "the query", [.. one.Select(v => (double)v)], neuron),
                InsideTable.Of("keys", "the keys", [.. all.Select(v => (double)v)], key, neuron),
                InsideTable.Of("product", "query · key, not scaled", product, key, neuron),
            ],
            Parameters = new Dictionary<string,
                string>
            {
                ["layer"] = layer.ToString(CultureInfo.InvariantCulture),
                ["head"] = head.ToString(CultureInfo.InvariantCulture),
                ["query"] = query.ToString(CultureInfo.InvariantCulture)
            },
        };
    }
}
