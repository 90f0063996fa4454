using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>The attention patterns of one forward pass over the input, by what they look from and at.</summary>
internal sealed class AttentionPatterns
{
    private AttentionPatterns(Layer[] self, Layer[] encoder, Layer[] cross, double[] scores) => (Self, Encoder, Cross, Scores) = (self, encoder, cross, scores);

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
        return new(
            Chosen(name => !name.StartsWith("encoder.", StringComparison.Ordinal) && !IsCross(name)),
            Chosen(name => name.StartsWith("encoder.", StringComparison.Ordinal)),
            Chosen(IsCross),
            scores);

        Layer[] Chosen(Func<string, bool> belongs)
        {
            string[] names = [.. cache.Names.Where(belongs)];
            return names.Length == 0 ? [] : [.. Indices(request.Layers, names.Length, "layer").Select(i => new Layer(cache[names[i]], request.Heads))];
        }
    }

    /// <summary>The patterns in which the tokens of a side are the keys, seen from where targets are read.</summary>
    public Layer[] Towards(InputSide side) => side.Name == "source" && Cross.Length > 0 ? Cross : Self;

    private static bool IsCross(string name) => name.Contains(".cross_attn.", StringComparison.Ordinal);

    private static IEnumerable<int> Indices(IReadOnlyList<int>? wanted, int count, string what)
    {
        if (wanted is not null && wanted.Any(i => i < 0 || i >= count))
        {
            throw new VitrineException($"attention: no such {what}; got {wanted.First(i => i < 0 || i >= count)}; expected 0 to {count - 1}.");
        }
        return wanted ?? [.. Enumerable.Range(0, count)];
    }

    /// <summary>One layer's pattern, <c>[head, query, key]</c>, of the chosen heads.</summary>
    internal sealed class Layer
    {
        private readonly float[] _values;
        private readonly int[] _heads;

        public Layer(Tensor pattern, IReadOnlyList<int>? heads)
        {
            _values = pattern.ToArray(); // [1, head, query, key]
            (Queries, Keys) = (pattern.Shape[2], pattern.Shape[3]);
            _heads = [.. Indices(heads, pattern.Shape[1], "head")];
        }

        public int Heads => _heads.Length;

        public int Queries { get; }

        public int Keys { get; }

        /// <summary>How much one head lets a query look at a key, 0–1.</summary>
        public double At(int head, int query, int key) => _values[(((_heads[head] * Queries) + query) * Keys) + key];

        /// <summary>The mean over heads.</summary>
        public double Mean(int query, int key)
        {
            double sum = 0;
            for (int head = 0; head < Heads; head++)
            {
                sum += At(head, query, key);
            }
            return sum / Heads;
        }

        /// <summary>Σ_query weights[query] · mean pattern [query, key]. <c>[key]</c></summary>
        public double[] Pull(double[] weights)
        {
            double[] pulled = new double[Keys];
            for (int query = 0; query < Queries; query++)
            {
                for (int key = 0; key < Keys && weights[query] != 0; key++)
                {
                    pulled[key] += weights[query] * Mean(query, key);
                }
            }
            return pulled;
        }
    }
}
