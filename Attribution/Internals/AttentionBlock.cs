using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// One attention layer taken apart: what every token writes at every position, <c>T[i ← j] = Σ_head A[i, j]·v_j·W_O</c>, with the
/// residual x_i at the position itself, after the layer's norm where a model normalises after adding. Where what attention writes is
/// normalised before it is added (Gemma 2 and 3), T is what arrives after that norm.
/// </summary>
/// <remarks>
/// The norm is linear once its scale is known: <c>L(T) = γ ∘ (T − mean T)/s_i</c>. The parts then sum to the layer's output y_i but for
/// constants, b_O and β. Source: Kobayashi et al. 2021, “Incorporating residual and normalization layers into analysis of masked language
/// models”.
/// </remarks>
internal sealed class AttentionBlock
{
    private readonly Tensor _pattern, _written; // [key, query, head]; [key, head, d_model]
    private readonly float[] _residual, _output;
    private readonly float[]? _gain, _scale, _writtenGain, _writtenScale;

    private AttentionBlock(string block, string attention, Place place, Func<string, Tensor> activation, Func<string, Tensor?> weight)
    {
        // [key, kv_head, d_head]
        Tensor pattern = activation($"{block}.{attention}.hook_pattern").Select(0, 0), v = activation($"{block}.{attention}.hook_v")
            .Select(0, 0);
        Tensor wO = weight($"{block}.{attention}.W_O") ?? throw new InvalidOperationException($"{block}.{attention}: no W_O.");
        (int heads, int dHead) = (pattern.Shape[0], v.Shape[2]);
        _pattern = pattern.Permute(2, 1, 0);
        Tensor perHead = Grouped(v, heads).Permute(1, 0, 2).MatMul(wO.Reshape([heads, dHead, wO.Shape[1]])); // [head, key, d_model]
        _written = perHead.Permute(1, 0, 2);
        _residual = activation(place.Residual).ToArray();
        Tensor output = activation(place.Output);
        _output = (place.IsOutputWhole ? output : activation(place.Residual) + output).ToArray();
        if (place.Written is { } before)
        {
            _writtenGain = weight($"{before}.w")?.ToArray();
            _writtenScale = activation($"{before}.hook_scale").ToArray();
        }
        if (place.Norm is { } norm)
        {
            _gain = weight($"{norm}.w")?.ToArray();
            _scale = activation($"{norm}.hook_scale").ToArray();
        }
        IsCross = attention == "cross_attn";
        (Queries, Keys, Width) = (pattern.Shape[1], pattern.Shape[2], wO.Shape[1]);
    }

    /// <summary>Whether queries and keys are positions of different texts: then the residual is no part of any key.</summary>
    public bool IsCross { get; }

    public int Queries { get; }

    public int Keys { get; }

    /// <summary>d_model</summary>
    public int Width { get; }

    /// <summary>The layer's output y_i.</summary>
    public ReadOnlySpan<float> Output(int query) => _output.AsSpan(query * Width, Width);

    /// <summary>Shows T[i ← j] for every query i and key j; in cross-attention also the residual, as key −1.</summary>
    /// <param name="byteBudget">Vectors are made for as many keys at once as fit.</param>
    /// <param name="visit">Query, key, and the vector, which is overwritten afterwards.</param>
    public void Visit(long byteBudget, Action<int, int, float[]> visit)
    {
        float[] vector = new float[Width];
        int keysAtOnce = (int)Math.Clamp(byteBudget / ((long)Queries * Width * sizeof(float)), 1, Keys);
        for (int first = 0; first < Keys; first += keysAtOnce)
        {
            int count = Math.Min(keysAtOnce, Keys - first);
            float[] mixed = _pattern.Slice(0, first, count).MatMul(_written.Slice(0, first, count)).ToArray(); // [key, query, d_model]
            for (int key = first; key < first + count; key++)
            {
                for (int query = 0; query < Queries; query++)
                {
                    mixed.AsSpan((((key - first) * Queries) + query) * Width, Width).CopyTo(vector);
                    Rescale(vector, query);
                    if (!IsCross && query == key)
                    {
                        Add(vector, _residual.AsSpan(query * Width, Width));
                    }
                    visit(query, key, Normed(vector, query));
                }
            }
        }
        for (int query = 0; query < Queries && IsCross; query++)
        {
            _residual.AsSpan(query * Width, Width).CopyTo(vector);
            visit(query, -1, Normed(vector, query));
        }
    }

    /// <summary>What each key writes at a query in a direction of the stream, without residual or norm. <c>[key]</c></summary>
    public double[] Logits(int query, double[] direction)
    {
        float[] row = [.. direction.Select(w => (float)w)];
        Rescale(row, query);
        Tensor towards = _written.MatMul(Tensor.From(row, [Width, 1]));   // [key, head, 1]
        return Array.ConvertAll((_pattern.Select(1, query) * towards.Reshape([Keys, _pattern.Shape[2]])).Sum([1]).ToArray(), value =>
            (double)value);
    }

    /// <summary>What the output's bias writes at a query in a direction of the stream; 0 without one.</summary>
    public double Logit(int query, Tensor? bias, double[] direction)
    {
        float[] written = bias?.ToArray() ?? [];
        Rescale(written, query);
        return written.Zip(direction, (b, w) => b * w).Sum();
    }

    /// <summary>The attention layers of a function's model, as they ran on the input; f(x) next to them.</summary>
    /// <exception cref="VitrineException">There is no model.</exception>
    public static AttentionBlocks Of(ScoreFunction f, AttributionRequest request, params string[] more)
    {
        request.Cancellation.ThrowIfCancellationRequested();
        (string Block, string Attention, Place Place)[] layers = [.. f.HookPoints.Select(point => point.Name)
            .Where(name => name.EndsWith("attn.hook_v", StringComparison.Ordinal))
            .Select(name => Located(f, name[..^".hook_v".Length]))];
        string[] hooks = [.. layers.SelectMany(layer =>
            layer.Place.Hooks.Concat([$"{layer.Block}.{layer.Attention}.hook_pattern", $"{layer.Block}.{layer.Attention}.hook_v"])),
                .. more];
        using ActivationCache cache = f.Cache([.. hooks.Distinct()]);
        Tensor features = f.Features(Sweep.Input(f));
        double[] scores = Array.ConvertAll(f.Head(features).ToArray(), score => (double)score);
        Tensor? Weight(string name) => f.Transformer?.Find(name)?.Effective;
        return new(
            [.. layers.Select(layer =>
                (layer.Block, new AttentionBlock(layer.Block, layer.Attention, layer.Place, name => cache[name], Weight)))],
            name => cache[name], Weight, features, scores);
    }

    /// <summary>Where the parts of a layer are found: next to it, or after the norm in models that normalise after adding.</summary>
    private static (string Block, string Attention, Place Place) Located(ScoreFunction f, string path)
    {
        int dot = path.LastIndexOf('.');
        (string block, string attention) = (path[..dot], path[(dot + 1)..]);
        string norm = attention == "cross_attn" ? $"{block}.ln2" : $"{block}.ln1";
        bool after = f.HookPoints.Any(point => point.Name == $"{block}.hook_normalized_resid_post");
        // the stream between the halves has no name there
        bool parallel = !f.HookPoints.Any(point => point.Name == $"{block}.hook_resid_mid");
        bool normedBefore = f.HookPoints.Any(point => point.Name == $"{block}.ln1_post.hook_scale");
        return (block, attention, after
            ? new Place(attention == "cross_attn" ? $"{block}.ln1.hook_normalized" : $"{block}.hook_resid_pre", $"{norm}.hook_normalized",
                norm)
            : attention == "cross_attn" ? new Place($"{block}.hook_resid_mid", $"{block}.hook_resid_mid_cross", null)
            : new Place($"{block}.hook_resid_pre", parallel ? $"{block}.hook_attn_out" : $"{block}.hook_resid_mid", null)
            {
                IsOutputWhole = !parallel,
                Written = normedBefore ? $"{block}.ln1_post" : null,
            });
    }

    /// <summary>RMSNorm with its scale given, x ← γ ∘ x/s: what attention writes goes through it, or a direction back through it; nothing
    /// where there is none.</summary>
    private void Rescale(Span<float> x, int query)
    {
        for (int i = 0; _writtenGain is not null && _writtenScale is not null && i < x.Length; i++)
        {
            x[i] *= _writtenGain[i] / _writtenScale[query];
        }
    }

    private float[] Normed(float[] vector, int query)
    {
        if (_gain is not null && _scale is not null)
        {
            Normalise(vector, _gain, _scale[query]);
        }
        return vector;
    }

    /// <summary>LayerNorm without its constant, its scale given: x ← γ ∘ (x − mean x)/s.</summary>
    public static void Normalise(Span<float> x, ReadOnlySpan<float> gain, float scale)
    {
        double mean = 0;
        foreach (float value in x)
        {
            mean += value;
        }
        mean /= x.Length;
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = (float)((x[i] - mean) / scale * gain[i]);
        }
    }

    private static void Add(Span<float> to, ReadOnlySpan<float> values)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] += values[i];
        }
    }

    /// <summary>Values of every query head: a key head serves a group of them. <c>[key, head, d_head]</c></summary>
    private static Tensor Grouped(Tensor v, int heads)
    {
        (int keys, int kvHeads, int dHead) = (v.Shape[0], v.Shape[1], v.Shape[2]);
        return kvHeads == heads ? v : v.Reshape([keys, kvHeads, 1, dHead]).Expand([keys, kvHeads, heads / kvHeads, dHead])
            .Reshape([keys, heads, dHead]);
    }

    private sealed record Place(string Residual, string Output, string? Norm)
    {
        /// <summary>Whether the residual is in the output already.</summary>
        public bool IsOutputWhole { get; init; } = true;

        /// <summary>The norm of what attention writes.</summary>
        public string? Written { get; init; }

        public IEnumerable<string> Hooks => [Residual, Output, .. new[] { Norm, Written }.OfType<string>()
            .Select(norm => $"{norm}.hook_scale")];
    }
}

/// <summary>The attention layers of one forward pass, and what else was asked for.</summary>
/// <param name="All">With the block each belongs to: <c>blocks.0</c>, <c>decoder.1</c>.</param>
/// <param name="Activation">What passed a hook that was asked for.</param>
/// <param name="Weight">A parameter of the model; null when it has none of that name.</param>
/// <param name="Features">What the targets are read from.</param>
/// <param name="Scores">f(x). <c>[target]</c></param>
internal sealed record AttentionBlocks(
    (string Name, AttentionBlock Layer)[] All, Func<string, Tensor> Activation, Func<string, Tensor?> Weight, Tensor Features,
        double[] Scores)
{
    /// <summary>Self-attention where targets are read.</summary>
    public AttentionBlock[] Self => [.. All.Where(block => !block.Layer.IsCross && !IsEncoder(block.Name)).Select(block => block.Layer)];

    /// <summary>Self-attention of an encoder that a decoder listens to.</summary>
    public AttentionBlock[] Encoder => [.. All.Where(block => IsEncoder(block.Name)).Select(block => block.Layer)];

    /// <summary>From a decoder to its encoder.</summary>
    public AttentionBlock[] Cross => [.. All.Where(block => block.Layer.IsCross).Select(block => block.Layer)];

    private static bool IsEncoder(string name) => name.StartsWith("encoder.", StringComparison.Ordinal);
}
