using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>Estimated patches next to exact ones: how far the first look can be believed.</summary>
public static class PatchCheck
{
    /// <summary>Estimates every piece of a place, patches every piece, and compares.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="place">What is replaced.</param>
    /// <param name="top">How many of the largest estimates are compared.</param>
    /// <param name="request">Direction, axes, layers, memory.</param>
    /// <returns>
    /// Table <c>top</c> <c>[piece, estimate or exact]</c>; numbers <c>spearman_all</c>, <c>spearman_top</c> (rank correlation of |change|),
    /// <c>sign_agreement</c> among the top, and
    /// <c>largest_missed</c>: the largest exact |change| that is not among the top estimates.
    /// </returns>
    public static InsideResult Run(ITransformer model, IReadOnlyList<PromptPair> pairs, PatchPlace place, int top = 20,
        PatchRequest? request = null)
    {
        ArgumentNullException.ThrowIfNull(place);
        request ??= new();
        InsideTable estimated = AttributionPatching.Run(model, pairs, [place], request with { Progress = null })[place.Name];
        InsideResult exact = ActivationPatching.Run(model, pairs, place, request);
        double atBase = exact.Numbers[request.Direction == PatchDirection.Denoise ? "metric_corrupted" : "metric_clean"];
        double[] truth = [.. exact["raw"].Values.Select(v => v - atBase)];
        int[] order = [.. Enumerable.Range(0, truth.Length).OrderByDescending(i => Math.Abs(estimated.Values[i])).Take(top)];
        HashSet<int> known = [.. order];
        double[] sizes = [.. estimated.Values.Select(Math.Abs)], real = [.. truth.Select(Math.Abs)];
        return exact with
        {
            Method = "patch_check",
            Numbers = new Dictionary<string, double>(exact.Numbers)
            {
                ["spearman_all"] = PairStatistics.Spearman(sizes, real),
                ["spearman_top"] = PairStatistics.Spearman([.. order.Select(i => sizes[i])], [.. order.Select(i => real[i])]),
                ["sign_agreement"] = order.Length == 0 ? double.NaN
                    : order.Count(i => Math.Sign(estimated.Values[i]) == Math.Sign(truth[i])) / (double)order.Length,
                ["largest_missed"] = Enumerable.Range(0, truth.Length).Where(i => !known.Contains(i)).Select(i => real[i]).DefaultIfEmpty(0)
                    .Max(),
            },
            Tables =
            [
                InsideTable.Of("top", "change of the metric", [.. order.SelectMany(i => new[] { estimated.Values[i], truth[i] })],
                    new InsideAxis(string.Join(" · ", estimated.Axes.Select(a => a.Name)),
                        [.. order.Select(i => string.Join(" · ", estimated.LabelsOf(i)))]), new InsideAxis("by", ["estimate", "exact"])),
                .. exact.Tables,
                estimated with { Name = "estimate" },
            ],
            Parameters = new Dictionary<string, string>(exact.Parameters) { ["top"] = top.ToString(CultureInfo.InvariantCulture) },
        };
    }
}
