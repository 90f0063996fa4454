using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// AtP*: attribution patching with the softmax of attention computed instead of linearised (QK fix), and with gradients that skip one block
/// at a time, so that a direct and an indirect effect cannot cancel (GradDrop). Kramár, Lieberum, Shah and Nanda 2024.
/// </summary>
/// <remarks>
/// Query (t, h): Σ_k (A′[t, k] − A[t, k]) · ∂m/∂A[t, k] with the other run's query and the base run's keys. Key (t, h): the same over all
/// queries,
/// with key t alone of the other run. GradDrop: mean over blocks of |score with the block's outputs held constant|; the node's own block
/// gives 0, so the mean divides by L − 1. The other run's scores come from the model itself, by one pass with three rows of queries and
/// keys. An encoder–decoder has nodes in three places: the encoder, the decoder, and the decoder's attention to the encoder, whose keys
/// and values are at source positions; its L blocks are those of both sides.
/// </remarks>
public static class AtpStar
{
    /// <summary>Scores of queries, keys, values, heads and feed-forward outputs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="request">Direction (the paper's is noise), memory.</param>
    /// <param name="gradDrop">Whether to make the extra passes of GradDrop.</param>
    /// <returns>
    /// Tables <c>atp_*</c> (signed), <c>graddrop_*</c> (unsigned) and <c>dropped_*</c> (per dropped block), <c>[layer, position,
    /// head]</c>, of <c>q</c>, <c>k</c>, <c>v</c>, <c>z</c>, <c>mlp_out</c>, <c>q_fix</c> and <c>k_fix</c>; of an encoder–decoder with
    /// <c>encoder_</c>, <c>decoder_</c> or <c>cross_</c> before them.
    /// </returns>
    /// <exception cref="VitrineException">The pairs do not fit together.</exception>
    public static InsideResult Run(ITransformer model, IReadOnlyList<PromptPair> pairs, PatchRequest? request = null, bool gradDrop = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        request ??= new() { Direction = PatchDirection.Noise };
        Dictionary<string, List<double[]>> scores = [];
        Dictionary<string, AtpNodes> nodes = [];
        List<double> bases = [], sources = [];
        (int source, int read) = (PromptPair.Ids(pairs[0].Clean).Shape[1], pairs[0].Positions);
        if (pairs.FirstOrDefault(p => p.Positions != read || PromptPair.Ids(p.Clean).Shape[1] != source) is { } other)
        {
            bool ofTarget = other.Positions != read;
            throw new VitrineException($"atp*: pairs of several lengths; got {(ofTarget ? read : source)} and "
                + $"{(ofTarget ? other.Positions : PromptPair.Ids(other.Clean).Shape[1])} tokens; "
                + "expected pairs of equally many tokens.");
        }
        for (int p = 0; p < pairs.Count; p++)
        {
            request.Cancellation.ThrowIfCancellationRequested();
            (ModelInput @base, ModelInput theirs) = request.Of(pairs[p]);
            var one = new AtpPair(model, @base, theirs, pairs[p].Metric, request, gradDrop);
            bases.Add(one.MetricBase);
            sources.Add(one.MetricSource);
            foreach ((string name, AtpScores found) in one.Scores)
            {
                (scores.TryGetValue(name, out List<double[]>? all) ? all : scores[name] = []).Add(found.Values);
                nodes[name] = found.Nodes;
            }
            request.Progress?.Report((p + 1.0) / pairs.Count);
        }
        InsideAxis dropped = new("dropped_layer", AtpPair.BlocksOf(model));
        List<InsideTable> tables = [];
        foreach ((string name, List<double[]> all) in scores)
        {
            (double[] mean, double[]? low, double[]? high) = PairStatistics.Mean(all, request.Resamples, request.Seed);
            AtpNodes n = nodes[name];
            InsideAxis layer = InsideAxis.Numbered("layer", n.Layers), positions = new("position",
                [.. Enumerable.Range(0, n.Positions).Select(i => pairs[0].Label(i, n.OfSource))]);
            InsideAxis[] axes = n.Heads == 0 ? [layer, positions] : [layer, positions, InsideAxis.Numbered("head", n.Heads)];
            axes = name.StartsWith("dropped_", StringComparison.Ordinal) ? [dropped, .. axes] : axes;
            tables.Add(InsideTable.Of(name, Meaning(name), mean, axes) with { Low = low, High = high });
        }
        return new()
        {
            Method = "atp_star",
            Direction = request.Direction.ToString().ToLowerInvariant(),
            Metric = pairs[0].Metric.Name,
            Numbers = ActivationPatching.Metrics(request.Direction, bases.Average(), sources.Average()),
            Tables = tables,
            Parameters = new Dictionary<string,
                string>
            {
                ["pairs"] = pairs.Count.ToString(CultureInfo.InvariantCulture),
                ["qk_fix"] = "true",
                ["grad_drop"] = gradDrop
                ? "true" : "false"
            },
            Warnings = dropped.Labels.Count < 2 && gradDrop ? ["GradDrop needs two blocks: its scores are 0."] : [],
        };
    }

    private static string Meaning(string name) => name.Split('_')[0] switch
    {
        "graddrop" => "mean over dropped blocks of |estimated change of the metric|; unsigned",
        "dropped" => "estimated change of the metric with one block's outputs held constant",
        _ => name.EndsWith("_fix", StringComparison.Ordinal) ? "estimated change of the metric, the softmax computed"
            : "estimated change of the metric",
    };
}
