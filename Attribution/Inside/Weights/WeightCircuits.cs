using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>What can be read off the weights without a text: QK and OV circuits, composition, copying. Elhage et al. 2021.</summary>
public static class WeightCircuits
{
    /// <summary>Composition of heads of earlier and later layers, and what each head copies.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folded">Folded as TransformerLens does by default, or as the checkpoint has them.</param>
    /// <param name="tokens">Whether copying scores are computed, for which every head is multiplied with both embeddings.</param>
    /// <param name="progress">How much is done, 0 to 1.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>
    /// Tables <c>composition_Q</c>, <c>_K</c>, <c>_V</c> <c>[layer 1, head 1, layer 2, head 2]</c>: ‖OV₁·R₂‖/(‖OV₁‖·‖R₂‖), R₂ = QK, QKᵀ,
    /// OV, 0 unless layer 1 comes
    /// before layer 2; <c>copying_score</c> Σλ/Σ|λ| of the OV circuit in token space, <c>ov_singular_values</c>, <c>qk_singular_values</c>,
    /// <c>ov_eigenvalues</c>,
    /// <c>full_ov_eigenvalues</c>. Number <c>random_composition</c> = 1/√d_model, what random matrices have.
    /// </returns>
    public static InsideResult Run(ITransformer model, bool folded = false, bool tokens = true, IProgress<double>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var weights = new HeadWeights(model, folded);
        (int layers, int heads) = (weights.Layers, weights.Heads);
        Head[] all = [.. Enumerable.Range(0, layers * heads).Select(i => new Head(weights, i / heads, i % heads))];
        InsideAxis layer = InsideAxis.Numbered("layer", layers), head = InsideAxis.Numbered("head", heads);
        InsideAxis[] four = [InsideAxis.Numbered("from_layer", layers), InsideAxis.Numbered("from_head", heads),
            InsideAxis.Numbered("to_layer", layers), InsideAxis.Numbered("to_head", heads)];
        List<InsideTable> tables = [];
        (int done, double steps) = (0, all.Length * (tokens && weights.HasTokens ? 7 : 6));
        void Step()
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(++done / steps);
        }
        IEnumerable<T> Each<T>(Func<Head, T> of) => all.Select(h =>
        {
            Step();
            return of(h);
        });
        foreach (char kind in "QKV")
        {
            double[] scores = new double[all.Length * all.Length];
            for (int i = 0; i < all.Length; i++)
            {
                Step();
                for (int j = 0; j < all.Length; j++)
                {
                    scores[(i * all.Length) + j] = i / heads < j / heads ? Head.Composition(all[i], all[j], kind) : 0;
                }
            }
            tables.Add(InsideTable.Of($"composition_{kind}",
                $"‖OV₁·R₂‖/(‖OV₁‖·‖R₂‖); random matrices have about {1 / Math.Sqrt(model.Info.DModel):0.###}", scores, four));
        }
        int dHead = all[0].OutputValue.Rows;
        InsideAxis component = InsideAxis.Numbered("component", dHead), parts = new("part", ["re", "im"]);
        tables.Add(InsideTable.Of("ov_singular_values", "singular values of W_V·W_O",
            [.. Each(h => Factored(h.V, h.O).S).SelectMany(s => s)], layer, head, component));
        tables.Add(InsideTable.Of("qk_singular_values", "singular values of W_Q·W_Kᵀ, without 1/√d_head",
            [.. Each(h => Factored(h.Q, h.K.Transposed()).S).SelectMany(s => s)], layer, head, component));
        tables.Add(InsideTable.Of("ov_eigenvalues", "eigenvalues of W_V·W_O that are not 0",
            [.. Each(h => Flat(h.OutputValue.Eigenvalues())).SelectMany(z => z)], layer, head, component, parts));
        if (tokens && weights.HasTokens)
        {
            Tensor e = weights.Embedding, u = weights.Unembedding;
            IReadOnlyList<(double Re, double Im)>[] full = [.. Each(h => Dense.Of(Product(h, e, u)).Eigenvalues())];
            tables.Insert(0,
                InsideTable.Of("copying_score", "Σλ/Σ|λ| of W_E·W_V·W_O·W_U: 1 = says the tokens it sees, −1 = speaks against them",
                [.. full.Select(z => z.Sum(l => l.Re) / z.Sum(l => Math.Sqrt((l.Re * l.Re) + (l.Im * l.Im))))], layer, head));
            tables.Add(InsideTable.Of("full_ov_eigenvalues", "eigenvalues of W_E·W_V·W_O·W_U that are not 0", [.. full.SelectMany(Flat)],
                layer, head, component, parts));
        }
        if (weights.Positions is { } positions)
        {
            tables.Add(InsideTable.Of("positional_qk_previous_share",
                "mean score of the position before minus mean of all earlier ones, from position embeddings alone",
                [.. all.Select(h => Previous(h, positions).Share)], layer, head));
            tables.Add(InsideTable.Of("positional_qk_previous", "mean score of the position before, from position embeddings alone",
                [.. all.Select(h => Previous(h, positions).Near)], layer, head));
        }
        return new()
        {
            Method = "weight_circuits",
            Numbers = new Dictionary<string, double> { ["random_composition"] = 1 / Math.Sqrt(model.Info.DModel) },
            Tables = tables,
            Parameters = new Dictionary<string, string> { ["weights"] = folded ? "folded" : "raw" },
            Warnings = tokens && !weights.HasTokens
                ? ["Copying scores are left out: the model has no stream from token embeddings to words."] : [],
        };
    }

    /// <summary>One head in token space: the words it moves, and what its strongest directions read and write.</summary>
    /// <param name="model">A language model.</param>
    /// <param name="layer">From 0.</param>
    /// <param name="head">From 0.</param>
    /// <param name="directions">How many singular directions.</param>
    /// <param name="top">How many tokens of each.</param>
    /// <param name="folded">Folded weights, or raw.</param>
    /// <returns>Tables <c>reads</c> and <c>writes</c> <c>[direction, rank]</c>, the tokens as texts; <c>singular_values</c>.</returns>
    public static InsideResult Decoded(ITransformer model, int layer, int head, int directions = 3, int top = 8, bool folded = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        var weights = new HeadWeights(model, folded);
        if (layer < 0 || layer >= weights.Layers || head < 0 || head >= weights.Heads)
        {
            throw new VitrineException(
                $"weights: no such head; got {layer}.{head}; expected layer 0 to {weights.Layers - 1}, head 0 to {weights.Heads - 1}.");
        }
        if (!weights.HasTokens)
        {
            throw new VitrineException($"weights: a head has no words to read and write; got {model.Info.ModelType} ({model.Info.Task}); "
                + "expected a decoder with one stream from token embeddings to words, such as gpt2 or llama.");
        }
        var one = new Head(weights, layer, head);
        (Dense left, double[] s, Dense right) = Factored(one.V, one.O);
        int n = Math.Min(directions, s.Length);
        (double[] reads, string[] readWords) = Decode(model, weights.Embedding, left, n, top);
        (double[] writes, string[] writeWords) = Decode(model, weights.Unembedding, right, n, top);
        InsideAxis direction = InsideAxis.Numbered("direction", n), rank = InsideAxis.Numbered("rank", top);
        return new()
        {
            Method = "head_decoded",
            Tables =
            [
                InsideTable.Of("reads", "embedding · direction: the tokens that the head takes up along it", reads, direction, rank)
                    with { Texts = readWords },
                InsideTable.Of("writes", "direction · unembedding: the tokens that it then speaks for", writes, direction, rank)
                    with { Texts = writeWords },
                InsideTable.Of("singular_values", "strength of the direction", s[..n], direction),
            ],
            Parameters = new Dictionary<string,
                string>
            {
                ["head"] = $"{layer}.{head}",
                ["weights"] = folded ? "folded" : "raw",
                ["sign"] = "the sign of a direction is arbitrary; reads and writes share it"
            },
        };
    }

    // A·B = U·diag(S)·Vᵀ with A [d, k], B [k, d]: SVD of each, then of the k × k middle.
    private static (Dense U, double[] S, Dense V) Factored(Dense a, Dense b)
    {
        (Dense ua, double[] sa, Dense va) = a.Svd();
        (Dense ub, double[] sb, Dense vb) = b.Transposed().Svd();
        Dense middle = va.Transposed().Times(vb);
        for (int i = 0; i < middle.Rows; i++)
        {
            for (int j = 0; j < middle.Columns; j++)
            {
                middle[i, j] *= sa[i] * sb[j];
            }
        }
        (Dense um, double[] s, Dense vm) = middle.Svd();
        return (ua.Times(um), s, ub.Times(vm));
    }

    // W_O·W_U·W_E·W_V, [d_head, d_head]: its eigenvalues are those of the circuit from tokens to tokens.
    private static Tensor Product(Head h, Tensor embedding, Tensor unembedding) =>
        h.FloatO.MatMul(unembedding, transposeB: true).MatMul(embedding.MatMul(h.FloatV));

    private static (double Share, double Near) Previous(Head h, Dense positions)
    {
        int t = Math.Min(24, positions.Rows);
        var p = new Dense(t, positions.Columns, positions.Values.AsSpan(0, t * positions.Columns).ToArray());
        Dense scores = p.Times(h.Q).Times(p.Times(h.K).Transposed());
        double near = 0, all = 0;
        for (int i = 1; i < t; i++)
        {
            near += scores[i, i - 1] / (t - 1);
            for (int j = 0; j < i; j++)
            {
                all += scores[i, j] / (t * (t - 1) / 2.0);
            }
        }
        return (near - all, near);
    }

    private static (double[], string[]) Decode(ITransformer model, Tensor table, Dense vectors, int n, int top)
    {
        Tensor directions = Tensor.From(Array.ConvertAll(vectors.Slice(0, n).Values, v => (float)v), [vectors.Rows, n]);
        float[] scores = table.MatMul(directions).ToArray();
        List<double> values = [];
        List<string> words = [];
        for (int k = 0; k < n; k++)
        {
            double[] column = [.. Enumerable.Range(0, scores.Length / n).Select(i => (double)scores[(i * n) + k])];
            int[] best = LensTrajectory.Best(column, top);
            values.AddRange(best.Select(i => column[i]));
            words.AddRange(best.Select(i => PromptPair.Word(model, i)));
        }
        return ([.. values], [.. words]);
    }

    private static IEnumerable<double> Flat(IReadOnlyList<(double Re, double Im)> values) => values.SelectMany(z => new[] { z.Re, z.Im });

    private sealed class Head
    {
        private readonly Dense _vv, _oo, _qq, _kk;

        public Head(HeadWeights w, int layer, int head)
        {
            (Q, K, V, O) = (w.Query(layer, head), w.Key(layer, head), w.Value(layer, head), w.Output(layer, head));
            (_vv, _oo, _qq, _kk) = (V.Transposed().Times(V), O.Times(O.Transposed()), Q.Transposed().Times(Q), K.Transposed().Times(K));
            OutputValue = O.Times(V);
        }

        public Dense Q { get; }

        public Dense K { get; }

        public Dense V { get; }

        public Dense O { get; }

        public Dense OutputValue { get; }

        public Tensor FloatV => Tensor.From(Array.ConvertAll(V.Values, v => (float)v), [V.Rows, V.Columns]);

        public Tensor FloatO => Tensor.From(Array.ConvertAll(O.Values, v => (float)v), [O.Rows, O.Columns]);

        // Norms of products of factored matrices, from Gram matrices of the thin sides: ‖A·M·Bᵀ‖² = tr(AᵀA·M·BᵀB·Mᵀ).
        public static double Composition(Head first, Head second, char kind)
        {
            (Dense inner, Dense right, double size) = kind switch
            {
                'Q' => (first.O.Times(second.Q), second._kk, Size(second._qq, second._kk)),
                'K' => (first.O.Times(second.K), second._qq, Size(second._qq, second._kk)),
                _ => (first.O.Times(second.V), second._oo, Size(second._vv, second._oo)),
            };
            return Math.Sqrt(Trace(first._vv.Times(inner), inner.Times(right))) / (Size(first._vv, first._oo) * size);
        }

        // ‖A·B‖ with AᵀA and B·Bᵀ.
        private static double Size(Dense aa, Dense bb) => Math.Sqrt(Math.Max(0, Trace(aa, bb)));

        // tr(Xᵀ·Y), which is tr(X·Y) for symmetric X.
        private static double Trace(Dense x, Dense y) => x.Values.Zip(y.Values, (a, b) => a * b).Sum();
    }
}
