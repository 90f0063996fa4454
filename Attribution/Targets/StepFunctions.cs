using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>The table of step functions: Inseq's fourteen under their names, ours, and those that are registered.</summary>
public static class StepFunctions
{
    private static readonly float s_ln2 = MathF.Log(2);
    private static readonly Lock s_registering = new();

    /// <summary>Those that Vitrine brings along.</summary>
    public static IReadOnlyList<StepFunction> BuiltIn { get; } =
    [
        new("logit", "logit(t)", rows => rows.Logit),
        new("probability", "p(t)", rows => rows.Probability),
        new("log_probability", "ln p(t), nats", rows => rows.LogProbability),
        new("log_odds", "ln p(t) − ln(1 − p(t))", LogOdds),
        new("margin", "logit(t) − the largest other logit", Margin),
        new("crossentropy", "−ln p(t), nats", rows => rows.LogProbability.Scale(-1)),
        new("perplexity", "1 / p(t) = e^(−ln p(t))", rows =>
            rows.LogProbability.Scale(rows.Options.Compat == Compat.Inseq ? -s_ln2 : -1).Exp()),
        new("entropy", "−Σ p ln p, nats; the same for every t", rows => (rows.Probabilities * rows.LogProbabilities).Sum([-1]).Scale(-1)),
        new("top_p_size", "how many of the most likely classes reach the mass top p; has no gradient", TopPSize) { HasGradient = false },
        new("mc_dropout_prob_avg", "mean of p(t) over forwards under dropout", NoisyProbability) { ReadsNoisyRows = true },
        new("contrast_logits", "logit_q(u)", rows =>
            rows.Contrast.Logit) { Contrast = ContrastNeed.TokenOrInput, ReadsContrastOnly = true },
        new("contrast_prob", "q(u)", rows => rows.Contrast.Probability) { Contrast = ContrastNeed.TokenOrInput, ReadsContrastOnly = true },
        new("contrast_logits_diff", "logit(t) − logit_q(u)", rows =>
            rows.Logit - rows.Contrast.Logit) { Contrast = ContrastNeed.TokenOrInput },
        new("contrast_prob_diff", "p(t) − q(u)", rows =>
            rows.Probability - rows.Contrast.Probability) { Contrast = ContrastNeed.TokenOrInput },
        new("pcxmi", "log₂ p(t) − log₂ q(u), bits", rows => Information(rows).Scale(1 / s_ln2)) { Contrast = ContrastNeed.TokenOrInput },
        new("in_context_pvi", "ln p(t) − ln q(u), nats", Information) { Contrast = ContrastNeed.TokenOrInput },
        new("kl_divergence", "Σ p (ln p − ln q), nats; over the classes that top k and top p leave", Divergence) { Contrast =
            ContrastNeed.Input },
    ];

    /// <summary>Every step function: the built-in ones, then the registered ones.</summary>
    public static IReadOnlyList<StepFunction> All { get; private set; } = BuiltIn;

    /// <summary>The step function of a name.</summary>
    /// <exception cref="VitrineException">There is none of that name.</exception>
    public static StepFunction Get(string name) => Names.Find(All, step => step.Name, name, "step function");

    /// <summary>
    /// Adds a step function of your own, which every method, task and command then knows by its name.
    /// <code>
    /// StepFunctions.Register(new("squared_probability", "p(t)²", rows => rows.Probability.Pow(2)));
    /// </code>
    /// </summary>
    /// <exception cref="VitrineException">Its name is empty or taken.</exception>
    public static void Register(StepFunction step)
    {
        lock (s_registering)
        {
            if (string.IsNullOrWhiteSpace(step.Name) || All.Any(known => known.Name == step.Name))
            {
                throw new VitrineException($"step function: cannot be registered under this name; got '{step.Name}'; expected a name "
                    + $"that is not taken yet.");
            }
            All = [.. All, step];
        }
    }

    /// <summary>What the input tells about the class beyond the contrast. Inseq subtracts the other way round.</summary>
    private static Tensor Information(StepRows rows) =>
        (rows.LogProbability - rows.Contrast.LogProbability).Scale(rows.Options.Compat == Compat.Inseq ? -1 : 1);

    /// <summary>
    /// logit(t) − ln Σ_{u≠t} e^logit(u): the second from the other classes, for 1 − p is 0 in float32 long before it is small.
    /// ln Σ e^x is x_u − ln softmax(x)_u for any u.
    /// </summary>
    private static Tensor LogOdds(StepRows rows)
    {
        Tensor others = rows.Logits.MaskedFill(Asked(rows), float.NegativeInfinity);
        int[] another = Array.ConvertAll(rows.Ids, id => id == 0 ? 1 : 0);
        return rows.Logit - StepRows.Pick(rows.Logits, another) + StepRows.Pick(others.LogSoftmax(), another);
    }

    private static Tensor Margin(StepRows rows) => rows.Logit - rows.Logits.MaskedFill(Asked(rows), float.NegativeInfinity).Max([-1]);

    /// <summary>1 at the class asked about, 0 elsewhere. <c>[target, class]</c>, int32</summary>
    private static Tensor Asked(StepRows rows)
    {
        int classes = rows.Logits.Shape[^1];
        int[] mask = new int[rows.Ids.Length * classes];
        for (int t = 0; t < rows.Ids.Length; t++)
        {
            mask[(t * classes) + rows.Ids[t]] = 1;
        }
        return Tensor.From(mask, [rows.Ids.Length, classes]);
    }

    /// <summary>The mean of the noisy probabilities. What Inseq calls by this name is how many of their deviations p(t) lies above
    /// it.</summary>
    private static Tensor NoisyProbability(StepRows rows)
    {
        Tensor p = TensorOps.Concat(-1, [.. rows.Noisy.Select(noisy => noisy.Probability.Reshape([.. noisy.Probability.Shape.Axes, 1]))]);
        Tensor mean = p.Mean([-1], keepAxes: true);
        if (rows.Options.Compat != Compat.Inseq)
        {
            return mean.Select(-1, 0);
        }
        Tensor squares = (p - mean).Pow(2).Sum([-1]).Scale(1f / (rows.Noisy.Count - 1)); // torch.std divides by n − 1
        return (rows.Probability - mean.Select(-1, 0)) / squares.Sqrt();
    }

    /// <summary>Classes are filtered by the sum of both rows' logits, as in Inseq; those filtered out have no part in either
    /// distribution.</summary>
    private static Tensor Divergence(StepRows rows)
    {
        (Tensor logits, Tensor contrast) = (rows.Logits, rows.Contrast.Logits);
        if (rows.Options.TopK > 0 || rows.Options.TopP < 1)
        {
            const float outside = -1e9f; // e^−1e9 is 0, and 0 · (−1e9 + 1e9) too, where −∞ would give NaN
            Tensor mask = Filtered(rows, logits, contrast);
            (logits, contrast) = (logits.MaskedFill(mask, outside), contrast.MaskedFill(mask, outside));
        }
        Tensor logP = logits.LogSoftmax();
        return (logP.Exp() * (logP - contrast.LogSoftmax())).Sum([-1]);
    }

    /// <summary>1 for a class that is left out. <c>[batch, target, class]</c>, int32</summary>
    private static Tensor Filtered(StepRows rows, Tensor logits, Tensor contrast)
    {
        float[] sums = (logits + contrast).ToArray();
        int classes = logits.Shape[^1];
        int[] mask = new int[sums.Length];
        int[] order = new int[classes];
        for (int row = 0; row < sums.Length; row += classes)
        {
            ReadOnlySpan<float> sum = sums.AsSpan(row, classes);
            float[] descending = sum.ToArray();
            for (int i = 0; i < classes; i++)
            {
                order[i] = i;
            }
            Array.Sort(descending, order, Comparer<float>.Create((a, b) => b.CompareTo(a)));
            double total = descending.Sum(x => Math.Exp(x - descending[0])), mass = 0;
            for (int i = 0; i < classes; i++)
            {
                bool isBeyond = (rows.Options.TopK is > 0 and int k && i >= k)
                    || (rows.Options.TopP is { } p && i > 0 && mass >= p * total);
                mask[row + order[i]] = isBeyond ? 1 : 0;
                mass += Math.Exp(descending[i] - descending[0]);
            }
        }
        return Tensor.From(mask, logits.Shape);
    }

    private static Tensor TopPSize(StepRows rows)
    {
        float[] p = rows.Probabilities.ToArray();
        int classes = rows.Logits.Shape[^1];
        float[] sizes = new float[p.Length / classes];
        for (int row = 0; row < sizes.Length; row++)
        {
            Span<float> sorted = p.AsSpan(row * classes, classes);
            sorted.Sort((a, b) => b.CompareTo(a));
            double mass = 0;
            while (sizes[row] < classes && mass < (rows.Options.TopP ?? StepOptions.DefaultTopP))
            {
                mass += sorted[(int)sizes[row]++];
            }
        }
        return Tensor.From(sizes, [rows.Logits.Shape[0], rows.Ids.Length]);
    }
}
