namespace Vitrine.Attributions;

/// <summary>How the explained numbers of several written tokens become one, as in Inseq: probabilities multiply, information adds
/// up.</summary>
public static class StepAggregators
{
    private static readonly Aggregator s_product = Aggregators.Get("prod"), s_strongest = Aggregators.Get("absmax");

    /// <summary>The aggregator of a step function; <c>absmax</c> where neither a product nor a sum means anything.</summary>
    public static Aggregator Of(string stepName) => stepName switch
    {
        "probability" or "perplexity" or "contrast_prob" or "contrast_prob_diff" or "mc_dropout_prob_avg" => s_product,
        "log_probability" or "entropy" or "crossentropy" or "pcxmi" or "kl_divergence" or "in_context_pvi" => Aggregators.Sum,
        _ => s_strongest,
    };
}
