using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Which number is taken of a row of logits.</summary>
/// <param name="Name">The name it is asked for by; as in Inseq where Inseq has it.</param>
/// <param name="Formula">
/// What it computes, in plain text: p is the softmax of the row, t the class asked about; q and u are the same of the contrast.
/// </param>
/// <param name="Of">From rows to <c>[batch, target]</c>; differentiable.</param>
public sealed record StepFunction(string Name, string Formula, Func<StepRows, Tensor> Of);

/// <summary>The table of step functions.</summary>
public static class StepFunctions
{
    private static readonly float s_ln2 = MathF.Log(2);

    /// <summary>Every step function.</summary>
    public static IReadOnlyList<StepFunction> All { get; } =
    [
        new("logit", "logit(t)", rows => rows.Logit),
        new("probability", "p(t)", rows => rows.Probability),
        new("log_probability", "ln p(t)", rows => rows.LogProbability),
        new("log_odds", "ln p(t) − ln(1 − p(t))", LogOdds),
        new("margin", "logit(t) − the largest other logit", Margin),
        new("crossentropy", "−ln p(t)", rows => rows.LogProbability.Scale(-1)),
        new("perplexity", "1 / p(t) = e^(−ln p(t))", rows => rows.LogProbability.Scale(rows.Options.Compat == Compat.Inseq ? -s_ln2 : -1).Exp()),
        new("entropy", "−Σ p ln p, nats; the same for every t", rows => (rows.Probabilities * rows.LogProbabilities).Sum([-1]).Scale(-1)),
        new("contrast_logits", "logit_q(u)", rows => rows.Contrast.Logit),
        new("contrast_prob", "q(u)", rows => rows.Contrast.Probability),
        new("contrast_logits_diff", "logit(t) − logit_q(u)", rows => rows.Logit - rows.Contrast.Logit),
        new("contrast_prob_diff", "p(t) − q(u)", rows => rows.Probability - rows.Contrast.Probability),
        new("pcxmi", "log₂ p(t) − log₂ q(u), bits", rows => Information(rows).Scale(1 / s_ln2)),
        new("in_context_pvi", "ln p(t) − ln q(u), nats", Information),
        new("kl_divergence", "Σ p (ln p − ln q), nats", rows => (rows.Probabilities * (rows.LogProbabilities - rows.Contrast.LogProbabilities)).Sum([-1])),
        new("top_p_size", "how many of the most likely classes reach the mass top p; has no gradient", TopPSize),
    ];

    /// <summary>The step function of a name.</summary>
    /// <exception cref="VitrineException">There is none of that name.</exception>
    public static StepFunction Get(string name) => Names.Find(All, step => step.Name, name, "step function");

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
            while (sizes[row] < classes && mass < rows.Options.TopP)
            {
                mass += sorted[(int)sizes[row]++];
            }
        }
        return Tensor.From(sizes, [rows.Logits.Shape[0], rows.Ids.Length]);
    }
}
