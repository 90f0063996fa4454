using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Logit lens: what the model would say if it stopped at a state. nostalgebraist 2020; Belrose et al. 2023, “Eliciting latent
/// predictions” (tuned lens), for the trained translators.
/// </summary>
/// <remarks>Early states are not written in the last layer's terms: a lens that says little does not mean that the state knows
/// little.</remarks>
public static class LogitLens
{
    /// <summary>Reads every state of a text.</summary>
    /// <param name="model">A language model, or one with a head for whole texts.</param>
    /// <param name="input">One text, batch 1.</param>
    /// <param name="mids">Whether the states between attention and feed-forward layer are read too.</param>
    /// <param name="tuned">Translators that are applied first; null: the plain lens.</param>
    /// <param name="tokens">What positions are called; empty: by number.</param>
    /// <param name="target">A token or label whose probability is followed; null: none.</param>
    /// <returns>Tables <c>[state, position]</c>; <c>top</c> has the best token of each cell as text and its probability as value.</returns>
    public static InsideResult Run(ITransformer model, ModelInput input, bool mids = false, TunedLens? tuned = null,
        IReadOnlyList<string>? tokens = null, int? target = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        using Recorder.Pause pause = Recorder.Suspend();
        LensTrajectory t = LensTrajectory.Of(model, input, mids && tuned is null, tuned, target);
        if (t.Batch != 1)
        {
            throw new VitrineException($"lens: several texts; got a batch of {t.Batch}; expected one.");
        }
        InsideAxis[] axes = [new("state", [.. t.Names.Select(Short)]), Places(model, t.Positions, tokens)];
        string[] words = [.. t.Top.Select(ids => Word(model, ids[0], tokens))];
        InsideTable Table(string name, string meaning, double[] values) => InsideTable.Of(name, meaning, values, axes);
        List<InsideTable> tables =
        [
            Table("top", "probability of the state's best token, which is the text of the cell", t.MaxProbability) with { Texts = words },
            Table("entropy", "entropy of the state's distribution, nats", t.Entropy),
            Table("forward_kl", "KL(model ‖ state), nats", t.ForwardKl),
            Table("js", "Jensen–Shannon divergence of model and state, nats, 0 to ln 2", t.Js),
            Table("rank_of_final_top", "rank of the model's own best token at the state, 1 = best", t.RankOfFinalTop),
            Table("resid_norm", "length of the state", t.ResidNorm),
            Table("cosine_to_final", "cosine of the state and the last one", t.CosineToFinal),
        ];
        if (target is { } id)
        {
            tables.Insert(1, Table("target", $"probability of '{Word(model, id, tokens)}'", t.Target));
        }
        return new()
        {
            Method = tuned is null ? "logit_lens" : "tuned_lens",
            Tables = tables,
            Parameters = new Dictionary<string, string> { ["norm"] = "each state's own statistics", ["weights"] = "raw" },
        };
    }

    /// <summary>What a model says, row by row: of a reader, where the answer starts and where it ends, over the positions.
    /// <c>[batch, row, class]</c></summary>
    internal static Tensor Rows(ITransformer model, Tensor logits) => IsReader(model) ? logits.Transpose() : logits;

    /// <summary>The axis of the rows.</summary>
    internal static InsideAxis Places(ITransformer model, int count, IReadOnlyList<string>? tokens) =>
        IsReader(model) ? new("position", ["start", "end"]) : InsideAxis.Read("position", count, tokens);

    /// <summary>The name of a class: a token, a label, of a reader the token at a position.</summary>
    internal static string Word(ITransformer model, int id, IReadOnlyList<string>? tokens) =>
        IsReader(model) && tokens is not null && id < tokens.Count ? tokens[id] : PromptPair.Word(model, id);

    private static bool IsReader(ITransformer model) => model.Info.Task == ModelTask.QuestionAnswering;

    // blocks.3.hook_resid_pre → 3_pre, TransformerLens' labels.
    private static string Short(string hook)
    {
        string[] parts = hook.Split('.');
        return $"{parts[1]}_{parts[2].Split('_')[^1]}";
    }
}

/// <summary>Statistics of every state, <c>[state, batch, position]</c>.</summary>
internal sealed class LensTrajectory
{
    public required IReadOnlyList<string> Names { get; init; }

    public required int Batch { get; init; }

    public required int Positions { get; init; }

    public required double[] Entropy { get; init; }

    public required double[] ForwardKl { get; init; }

    public required double[] Js { get; init; }

    public required double[] MaxProbability { get; init; }

    public required double[] RankOfFinalTop { get; init; }

    public required double[] Target { get; init; }

    public required double[] ResidNorm { get; init; }

    public required double[] CosineToFinal { get; init; }

    /// <summary>Cosine of each state and the next, one state fewer.</summary>
    public required double[] CosineStep { get; init; }

    /// <summary>Cross-entropy of the next token; the last position has none (NaN).</summary>
    public required double[] NextTokenCrossEntropy { get; init; }

    /// <summary>The five best tokens.</summary>
    public required int[][] Top { get; init; }

    /// <summary>Logits of a state's last position, <c>[batch · vocab]</c>, by state.</summary>
    public required float[][] LastLogits { get; init; }

    public static LensTrajectory Of(ITransformer model, ModelInput input, bool mids, TunedLens? tuned, int? target)
    {
        var lens = new LensStates(model, input, mids);
        int n = lens.Names.Count;
        float[][] states = [.. lens.States.Select(s => s.ToArray())];
        Tensor final = lens.Logits(lens.States[n - 1]);
        int batch = final.Shape[0], positions = final.Shape.Rank == 3 ? final.Shape[1] : 1, vocab = final.Shape[^1],
            cells = batch * positions, d = lens.States[0].Shape[2];
        int[] ids = model is ILanguageModel && final.Shape.Rank == 3 && (input.Target ?? input).Ids is { } given ? given.ToIntArray() : [];
        var result = new LensTrajectory
        {
            Names = lens.Names,
            Batch = batch,
            Positions = positions,
            Entropy = new double[n * cells],
            ForwardKl = new double[n * cells],
            Js = new double[n * cells],
            MaxProbability = new double[n * cells],
            RankOfFinalTop = new double[n * cells],
            Target = new double[n * cells],
            ResidNorm = new double[n * cells],
            CosineToFinal = new double[n * cells],
            CosineStep = new double[(n - 1) * cells],
            NextTokenCrossEntropy = new double[n * cells],
            Top = new int[n * cells][],
            LastLogits = new float[n][],
        };
        float[] ends = final.ToArray();
        double[][] logP = [.. Enumerable.Range(0, cells).Select(c => LogSoftmax(ends.AsSpan(c * vocab, vocab)))];
        for (int s = 0; s < n; s++)
        {
            float[] logits = s == n - 1 ? ends
                : lens.Logits(tuned is null || s >= tuned.Layers ? lens.States[s] : tuned.Translate(s, lens.States[s])).ToArray();
            result.LastLogits[s] = [.. Enumerable.Range(0, batch)
                .SelectMany(b => logits.AsSpan(((b * positions) + positions - 1) * vocab, vocab).ToArray())];
            for (int c = 0; c < cells; c++)
            {
                int at = (s * cells) + c, position = c % positions;
                double[] logQ = LogSoftmax(logits.AsSpan(c * vocab, vocab));
                result.Cell(at, logP[c], logQ, target);
                result.NextTokenCrossEntropy[at] = position + 1 < positions && ids.Length > c + 1 ? -logQ[ids[c + 1]] : double.NaN;
                if (states[s].Length != cells * d)
                {
                    (result.ResidNorm[at], result.CosineToFinal[at]) = (double.NaN, double.NaN); // the rows are no positions
                }
                else
                {
                    ReadOnlySpan<float> x = states[s].AsSpan(c * d, d);
                    result.ResidNorm[at] = Math.Sqrt(Dot(x, x));
                    result.CosineToFinal[at] = Cosine(x, states[n - 1].AsSpan(c * d, d));
                    if (s > 0)
                    {
                        result.CosineStep[at - cells] = Cosine(states[s - 1].AsSpan(c * d, d), x);
                    }
                }
            }
        }
        return result;
    }

    private void Cell(int at, double[] logP, double[] logQ, int? target)
    {
        int best = 0, finalTop = 0;
        for (int i = 0; i < logQ.Length; i++)
        {
            double p = Math.Exp(logP[i]), q = Math.Exp(logQ[i]), mean = (p + q) / 2;
            Entropy[at] -= q > 0 ? q * logQ[i] : 0;
            ForwardKl[at] += p > 0 ? p * (logP[i] - logQ[i]) : 0;
            Js[at] += mean > 0 ? 0.5 * ((p > 0 ? p * (logP[i] - Math.Log(mean)) : 0) + (q > 0 ? q * (logQ[i] - Math.Log(mean)) : 0)) : 0;
            best = logQ[i] > logQ[best] ? i : best;
            finalTop = logP[i] > logP[finalTop] ? i : finalTop;
        }
        MaxProbability[at] = Math.Exp(logQ[best]);
        RankOfFinalTop[at] = 1 + logQ.Count(v => v > logQ[finalTop]);
        Target[at] = target is { } id ? Math.Exp(logQ[id]) : double.NaN;
        Top[at] = Best(logQ, 5);
    }

    /// <summary>The indices of the largest values, the largest first.</summary>
    public static int[] Best(ReadOnlySpan<double> values, int count)
    {
        var queue = new PriorityQueue<int, double>();
        for (int i = 0; i < values.Length; i++)
        {
            if (queue.Count < count)
            {
                queue.Enqueue(i, values[i]);
            }
            else if (queue.TryPeek(out _, out double least) && values[i] > least)
            {
                queue.EnqueueDequeue(i, values[i]);
            }
        }
        int[] best = new int[queue.Count];
        for (int i = best.Length - 1; i >= 0; i--)
        {
            best[i] = queue.Dequeue();
        }
        return best;
    }

    private static double[] LogSoftmax(ReadOnlySpan<float> logits)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (float v in logits)
        {
            max = Math.Max(max, v);
        }
        foreach (float v in logits)
        {
            sum += Math.Exp(v - max);
        }
        double[] result = new double[logits.Length];
        double shift = max + Math.Log(sum);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = logits[i] - shift;
        }
        return result;
    }

    private static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += (double)x[i] * y[i];
        }
        return sum;
    }

    private static double Cosine(ReadOnlySpan<float> x, ReadOnlySpan<float> y) => Dot(x, y) / Math.Sqrt(Dot(x, x) * Dot(y, y));
}
