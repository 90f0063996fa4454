using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>Every tool on every family: numbers, or one clear sentence for those of which the tool cannot speak.</summary>
public sealed class InsideFamiliesTests
{
    private static readonly int[] s_ids = [5, 9, 13, 5, 9, 41], s_other = [5, 9, 17, 5, 22, 41];

    private static readonly (string Name, Func<ITransformer, PromptPair, InsideResult> Run)[] s_tools =
    [
        ("heads", (model, pair) => HeadStatistics.Run(model, pair.Clean)),
        ("neuron view", (model, pair) => NeuronView.Run(model, pair.Clean, 1, 1, 2)),
        ("lens", (model, pair) => LogitLens.Run(model, pair.Clean, mids: true)),
        ("direct", (model, pair) => DirectLogitAttribution.Run(model, pair.Clean, pair.Metric)),
        ("neurons", (model, pair) => Neurons.Strongest(model, pair.Clean, 1, metric: pair.Metric)),
        ("writes", (model, pair) => Neurons.Writes(model, 1, 3, top: 4)),
        ("trace", (model, pair) => CausalTracing.Run(model, pair.Clean, pair.Metric, (1, 3), samples: 2)),
        ("atp", (model, pair) => AtpStar.Run(model, [pair])),
        ("check", (model, pair) => PatchCheck.Run(model, [pair], PatchPlace.Get("z"), top: 4)),
        ("paths", (model, pair) => PathPatching.Run(model, [pair], PathKind.Direct, "v")),
        ("edges", (model, pair) => EdgeScoring.Run(model, [pair]).ToResult()),
        ("weights", (model, pair) => WeightCircuits.Run(model)),
        ("similarity", (model, pair) => LayerSimilarity.Run(model, null, [pair.Clean, pair.Corrupted])),
        ("skip", (model, pair) => InterventionEffect.Compare(model, pair.Clean,
            [("skip", [Intervention.SkipLayer(1, PatchPlace.Stacks(model)[^1])])])),
        ("knockout", (model, pair) => InterventionEffect.Compare(model, pair.Clean,
            [("hide", [Intervention.Knockout(new(Only: [2]), new(Only: [1]), stack: PatchPlace.Stacks(model)[^1])])])),
    ];

    // Families that differ from others of their task: norms after each layer, embeddings of another width, blocks that share weights.
    private static readonly Dictionary<string, string[]> s_refused = new()
    {
        ["gemma2"] = ["direct", "paths", "edges"],
        ["gemma3_text"] = ["direct", "paths", "edges"],
        ["olmo2"] = ["direct", "paths", "edges"],
        ["opt"] = ["direct", "writes", "paths", "edges"],
        ["electra"] = ["direct", "writes", "paths", "edges"],
        ["roformer"] = ["direct", "writes", "paths", "edges"],
        ["albert"] = ["direct", "writes", "paths", "edges", "weights"],
    };

    public static TheoryData<string> Families => [.. TinyModels.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void Tool_OfEveryFamily_SaysNumbersOrWhyNot(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        var pair = PromptPair.Of(s_ids, s_other, InsideMetric.LogitDifference(7, 11));
        if (model.Info.Task == ModelTask.SequenceToSequence)
        {
            ModelInput target = ModelInput.Of([4, 12, 4, 12]);
            pair = pair with { Clean = pair.Clean with { Target = target }, Corrupted = pair.Corrupted with { Target = target } };
        }
        List<string> refused = [];
        foreach ((string name, Func<ITransformer, PromptPair, InsideResult> run) in s_tools)
        {
            try
            {
                InsideResult result = run(model, pair);
                Assert.NotEmpty(result.Tables);
                Assert.All(result.Tables, t => Assert.True(t.Values.Length == 0 || t.Values.Any(double.IsFinite), $"{name} {t.Name}"));
            }
            catch (VitrineException e)
            {
                refused.Add(name);
                Assert.True(e.Message.Contains("; expected ", StringComparison.Ordinal) && !e.Message.Contains('\n'),
                    $"{name}: {e.Message}");
            }
        }

        string[] expected = [.. s_refused.GetValueOrDefault(family) ?? (model.Info.Task switch
        {
            ModelTask.SequenceToSequence => ["direct", "paths", "edges"],
            ModelTask.MaskedLanguageModel => ["direct", "paths", "edges"],
            _ => [],
        })];
        Assert.True(expected.SequenceEqual(refused), $"{family} refuses {string.Join(", ", refused)}");
    }
}
