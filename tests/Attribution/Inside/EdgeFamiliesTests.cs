using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>Circuits of every family that has them: sum rules, limits, and edges whose exact score a plain patch gives.</summary>
public sealed class EdgeFamiliesTests
{
    private static readonly PromptPair s_pair =
        PromptPair.Of([5, 9, 13, 7, 30, 41], [5, 9, 17, 7, 22, 41], InsideMetric.LogitDifference(7, 11));

    public static TheoryData<string> Decoders => ["gpt2", "llama", "mistral", "qwen2", "qwen3", "phi3", "bloom", "gpt_neo", "gemma",
        "gpt_neox", "gptj", "phi", "granite", "nemotron", "mpt", "xglm", "codegen", "cohere"];

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Edges_OfTheFamily_KeepTheRules(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        EdgeScores eap = EdgeScoring.Run(model, [s_pair], new() { Method = EdgeMethod.Eap }),
            exact = EdgeScoring.Run(model, [s_pair], new() { Method = EdgeMethod.Exact });
        EdgeGraph graph = eap.Graph;
        var noise = new PatchRequest { Direction = PatchDirection.Noise };
        InsideTable estimate = AttributionPatching.Run(model, [s_pair], [PatchPlace.Get("z")], noise)["z"],
            queries = ActivationPatching.Run(model, [s_pair], PatchPlace.Get("q"), noise)["raw"],
            outputs = ActivationPatching.Run(model, [s_pair], PatchPlace.Get("mlp_out"), noise with { Axes = PatchAxes.Layer })["raw"];

        Assert.Equal(family is "gpt_neox" or "gptj" or "phi" or "codegen" or "cohere", graph.IsParallel);
        for (int head = 0; head < graph.Heads; head++)
        {
            for (int layer = 0; layer < 2; layer++)
            {
                Close(estimate[layer, head], Enumerable.Range(0, graph.Targets.Count).Sum(t => eap[graph.SourceOf(layer, head), t]),
                    $"sum over targets of a{layer}.h{head}");
            }
            // The first block's query reads the input alone.
            Close(queries[0, head] - exact.MetricClean, exact[0, graph.TargetOf(0, 'q', head)], $"input->a0.h{head}<q>");
        }
        // The last feed-forward layer is read by the logits alone.
        Close(outputs[1] - exact.MetricClean, exact[graph.SourceOf(1, -1), graph.Targets.Count - 1], "m1->logits");
        var all = Circuit.All(graph);
        Close(1, CircuitEvaluation.Faithfulness(model, [s_pair], all).Faithfulness, "all edges");
        Close(0, CircuitEvaluation.Faithfulness(model, [s_pair], all.Complement()).Faithfulness, "no edge");
        // One edge out of all is the exact score.
        int target = graph.TargetOf(1, 'v', 1), source = graph.SourceOf(0, 2);
        var without = Circuit.Of(graph, all.Edges.Where(e => e != graph.NameOf(source, target)));
        Close(CircuitEvaluation.Faithfulness(model, [s_pair], without).Metric - exact.MetricClean, exact[source, target],
            graph.NameOf(source, target));
    }

    [Theory]
    [InlineData("gemma2")]
    [InlineData("gemma3_text")]
    [InlineData("opt")]
    [InlineData("bert")]
    [InlineData("t5")]
    public void Circuit_OfAModelWhosePartsDoNotAddUp_IsRefusedInOneSentence(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);

        VitrineException e = Assert.Throws<VitrineException>(() => EdgeGraph.Of(model));

        Assert.Contains("circuit: the model's parts do not add up in one stream", e.Message, StringComparison.Ordinal);
        Assert.Contains(family, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Direct_OfTheFamily_SumsToTheMetric(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);

        InsideResult result = DirectLogitAttribution.Run(model, s_pair.Clean, s_pair.Metric);

        Close(s_pair.Metric.Of(model, s_pair.Clean).Item(), result["parts"].Values.Sum(), "parts");
        Close(0, result.Numbers["rest"], "rest");
    }

    private static void Close(double expected, double actual, string what) =>
        Assert.True(Math.Abs(expected - actual) < 1e-4 * Math.Max(1, Math.Abs(expected)), $"{what}: {actual} instead of {expected}");
}
