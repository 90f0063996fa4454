using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>The attention patterns of one forward pass over the input, by what they look from and at.</summary>
internal sealed class AttentionPatterns
{
    private AttentionPatterns(Layer[] self, Layer[] encoder, Layer[] cross, double[] scores) =>
        (Self, Encoder, Cross, Scores) = (self, encoder, cross, scores);

    /// <summary>Self-attention over the side where targets are read: of the only stack, or of a decoder. First layer first.</summary>
    public Layer[] Self { get; }

    /// <summary>Self-attention of an encoder that a decoder listens to; empty for models with one stack.</summary>
    public Layer[] Encoder { get; }

    /// <summary>From the decoder's positions to the encoder's; empty for models with one stack.</summary>
    public Layer[] Cross { get; }

    /// <summary>f(x). <c>[target]</c></summary>
    public double[] Scores { get; }

    /// <summary>Runs the function once and keeps the patterns of the layers and heads that are asked for.</summary>
    /// <exception cref="VitrineException">There is no model, or no such layer or head.</exception>
    public static AttentionPatterns Of(ScoreFunction f, AttributionRequest request)
    {
        request.Cancellation.ThrowIfCancellationRequested();
        using var cache = f.Cache("*.hook_pattern");
        double[] scores = Array.ConvertAll(f.Score(Sweep.Input(f)).ToArray(), s => (double)s);
        return Of(cache.Names, name => cache[name], request, scores);
    }

    /// <summary>Runs the function once, and hands out for every target the gradients of its score with respect to the patterns.</summary>
    /// <param name="f">The score function.</param>
    /// <param name="request">Layers, heads, budget.</param>
    /// <param name="visit">Told the index of a target, the patterns and the gradients.</param>
    /// <returns>f(x). <c>[target]</c></returns>
    /// <exception cref="VitrineException">There is no model, or no such layer or head.</exception>
    public static double[] WithGradients(ScoreFunction f, AttributionRequest request,
        Action<int, AttentionPatterns, AttentionPatterns> visit)
    {
        var work = new Work(request, f.Targets.Count);
        work.Check();
        using var cache = f.Cache("*.hook_pattern");
        AttentionPatterns? patterns = null;
        Tensor[] Arrived() => [.. cache.Names.Select(name => cache[name])];
        long pass = f.HookPoints.Count(point => point.Name.EndsWith(".hook_pattern", StringComparison.Ordinal))
            * f.Sides.Max(side => (long)side.Length * side.Length)
            * (f.Transformer?.Info.NHeads ?? 1) * sizeof(float);
        int seeds = (int)Math.Clamp(request.ByteBudget / Math.Max(1, pass), 1, Batching.For(f, f.Targets.Count, request.ByteBudget).Seeds);
        Tensor scores = Sweep.Run(f, Sweep.Input(f), seeds, (first, chunk) =>
        {
            using Recorder.Pause pause = Recorder.Suspend();
            patterns ??= Of(cache.Names, name => cache[name], request, []);
            Dictionary<string, Tensor> gradients = cache.Names.Zip(chunk).ToDictionary(pair => pair.First, pair => pair.Second);
            for (int i = 0; i < chunk[0].Shape[0]; i++)
            {
                int seed = i;
                visit(first + seed, patterns, Of(cache.Names, name => gradients[name].Select(0, seed), request, []));
                work.Advance(1);
            }
        }, arrive: Arrived);
        return Array.ConvertAll(scores.ToArray(), s => (double)s);
    }

    private static AttentionPatterns Of(IReadOnlyList<string> all, Func<string, Tensor> pattern, AttributionRequest request,
        double[] scores)
    {
        return new(
            Chosen(name => !name.StartsWith("encoder.", StringComparison.Ordinal) && !IsCross(name)),
            Chosen(name => name.StartsWith("encoder.", StringComparison.Ordinal)),
            Chosen(IsCross),
            scores);

        Layer[] Chosen(Func<string, bool> belongs)
        {
            string[] names = [.. all.Where(belongs)];
            return names.Length == 0 ? [] : [.. Indices(request.Layers, names.Length, "layer")
                .Select(i => new Layer(pattern(names[i]), request.Heads))];
        }
    }

    /// <summary>The patterns in which the tokens of a side are the keys, seen from where targets are read.</summary>
    public Layer[] Towards(InputSide side) => side.Name == "source" && Cross.Length > 0 ? Cross : Self;

    private static bool IsCross(string name) => name.Contains(".cross_attn.", StringComparison.Ordinal);

    private static IEnumerable<int> Indices(IReadOnlyList<int>? wanted, int count, string what)
    {
        if (wanted is not null && wanted.Any(i => i < 0 || i >= count))
        {
            throw new VitrineException($"attention: no such {what}; got {wanted.First(i => i < 0 || i >= count)}; expected 0 "
                + $"to {count - 1}.");
        }
        return wanted ?? [.. Enumerable.Range(0, count)];
    }

    /// <summary>One layer's pattern of the chosen heads.</summary>
    internal sealed class Layer
    {
        private readonly float[] _values;

        public Layer(Tensor pattern, IReadOnlyList<int>? heads)
        {
            pattern = pattern.Select(0, 0);
            Pattern = heads is null ? pattern : TensorOps.Concat(0,
                [.. Indices(heads, pattern.Shape[0], "head").Select(head => pattern.Slice(0, head, 1))]);
            _values = Pattern.ToArray();
        }

        /// <summary><c>[head, query, key]</c></summary>
        public Tensor Pattern { get; }

        public int Heads => Pattern.Shape[0];

        public int Queries => Pattern.Shape[1];

        public int Keys => Pattern.Shape[2];

        /// <summary>How much one head lets a query look at a key, 0–1.</summary>
        public double At(int head, int query, int key) => _values[(((head * Queries) + query) * Keys) + key];

        /// <summary>The mean over heads. <c>[query][key]</c></summary>
        public double[][] Mean() =>
            [.. Enumerable.Range(0, Queries).Select(query => Enumerable.Range(0, Keys)
                .Select(key => Enumerable.Range(0, Heads).Average(head => At(head, query, key))).ToArray())];
    }
}
