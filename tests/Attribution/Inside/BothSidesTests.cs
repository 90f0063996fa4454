using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>
/// AtP*, causal tracing and similarity of models with an encoder and a decoder, against forward passes without any sharing.
/// </summary>
public sealed class BothSidesTests
{
    private static readonly int[] s_clean = [5, 9, 13, 7, 30, 41], s_corrupted = [5, 9, 17, 7, 22, 41];

    public static TheoryData<string> Families => ["marian", "t5", "bart"];

    private static PromptPair Pair()
    {
        var pair = PromptPair.Of(s_clean, s_corrupted, InsideMetric.LogitDifference(7, 11));
        return pair with
        {
            Clean = pair.Clean with { Target = ModelInput.Of([4, 12, 33, 9]) },
            Corrupted = pair.Corrupted with { Target = ModelInput.Of([4, 12, 20, 9]) },
        };
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Atp_WithoutFix_IsAttributionPatchingOfEverySide(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        PatchRequest request = new() { Direction = PatchDirection.Noise };
        InsideResult atp = AtpStar.Run(model, [Pair()], request);
        foreach ((string stack, string prefix, string[] places) in new[] { ("encoder", "encoder_", new[] { "v", "z", "mlp_out" }),
            ("decoder", "decoder_", ["v", "z", "mlp_out"]), ("decoder", "cross_", ["cross_v", "cross_z"]) })
        {
            foreach (string place in places)
            {
                InsideTable expected = AttributionPatching.Run(model, [Pair()], [PatchPlace.Get(place)], request with
                {
                    Stack = stack,
                    Axes = place == "mlp_out" ? PatchAxes.Position : PatchAxes.PositionUnit,
                })[place];
                InsideTable found = atp[$"atp_{prefix}{place[(prefix == "cross_" ? "cross_".Length : 0)..]}"];

                Assert.Equal(expected.Axes.Select(a => a.Labels.Count), found.Axes.Select(a => a.Labels.Count));
                Assert.All(Enumerable.Range(0, expected.Values.Length), i => Assert.Equal(expected.Values[i], found.Values[i], 1e-4));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Atp_QueriesAndKeysOfCrossAttention_ComputeTheSoftmax(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        PromptPair pair = Pair();
        InsideResult atp = AtpStar.Run(model, [pair], new() { Direction = PatchDirection.Noise });
        const string Pattern = "decoder.1.cross_attn.hook_pattern", Query = "decoder.1.cross_attn.hook_q",
            Key = "decoder.1.cross_attn.hook_k";
        float[] slope = NodeGradients.Of(model, pair.Clean, pair.Corrupted, pair.Metric, [Pattern], 0)[Pattern].Gradient.ToArray();
        Tensor clean = PatchSweep.Capture(model, pair.Clean, [Pattern])[Pattern];
        double Brute(string hook, int position, int head)
        {
            Tensor theirs = PatchSweep.Capture(model, pair.Corrupted, [hook])[hook];
            using IDisposable swap = Intervention.Swap(hook, theirs, head, new(Only: [position])).Open(model);
            float[] now = PatchSweep.Capture(model, pair.Clean, [Pattern])[Pattern].ToArray(), before = clean.ToArray();
            return now.Select((a, i) => ((double)a - before[i]) * slope[i]).Sum();
        }

        for (int head = 0; head < clean.Shape[1]; head++)
        {
            for (int query = 0; query < 4; query++)
            {
                Assert.Equal(Brute(Query, query, head), atp["atp_cross_q_fix"][1, query, head], 1e-4);
            }
            for (int key = 0; key < s_clean.Length; key++)
            {
                Assert.Equal(Brute(Key, key, head), atp["atp_cross_k_fix"][1, key, head], 1e-4);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Atp_DroppedBlock_IsTheSlopeWithItsOutputsHeld(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        PromptPair pair = Pair();
        InsideTable dropped = AtpStar.Run(model, [pair], new() { Direction = PatchDirection.Noise })["dropped_encoder_z"];
        const string Hook = "encoder.0.attn.hook_z";
        Tensor step = PatchSweep.Capture(model, pair.Corrupted, [Hook])[Hook] - PatchSweep.Capture(model, pair.Clean, [Hook])[Hook];
        string[] blocks = [.. dropped.Axes[0].Labels];

        Assert.Equal(["encoder.0", "encoder.1", "decoder.0", "decoder.1"], blocks);
        for (int b = 0; b < blocks.Length; b++)
        {
            string[] outputs = [.. model.HookPoints.Select(p => p.Name).Where(n =>
                n.StartsWith(blocks[b] + ".hook_", StringComparison.Ordinal) && n.EndsWith("_out", StringComparison.Ordinal))];
            Dictionary<string, Tensor> held = PatchSweep.Capture(model, pair.Clean, outputs);
            double Moved(float by)
            {
                using var scopes = new Scopes();
                scopes.Add(model.Intervene(Hook, x => x + step.Scale(by)));
                foreach (string output in outputs)
                {
                    scopes.Add(model.Intervene(output, _ => held[output]));
                }
                return pair.Metric.Of(model, pair.Clean).Item();
            }
            double slope = (Moved(4e-3f) - Moved(-4e-3f)) / 8e-3;
            int size = dropped.Values.Length / blocks.Length, layer = size / 2;

            Assert.Equal(slope, dropped.Values.AsSpan(b * size, layer).ToArray().Sum(), 5e-3 * Math.Max(1, Math.Abs(slope)));
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Tracing_EveryStateOfBothSides_EqualsAForwardPassEach(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        ModelInput input = Pair().Clean;
        var metric = InsideMetric.Probability(7);
        Tensor noise = RandomTensor.Normal(5, [3, 2, model.Info.DModel]);
        InsideResult traced = CausalTracing.Run(model, input, metric, (1, 3), noise, window: 2);
        Tensor embed = PatchSweep.Capture(model, input, ["encoder.hook_embed"])["encoder.hook_embed"];

        double Brute(string[] hooks, int position) => Enumerable.Range(0, 3).Average(sample =>
        {
            using var scopes = new Scopes();
            Tensor noisy = TensorOps.Concat(1, embed.Slice(1, 0, 1), embed.Slice(1, 1, 2) + noise.Slice(0, sample, 1),
                embed.Slice(1, 3, embed.Shape[1] - 3));
            Dictionary<string, Tensor> clean = PatchSweep.Capture(model, input, hooks);
            scopes.Add(model.Intervene("encoder.hook_embed", _ => noisy));
            foreach (string hook in hooks)
            {
                scopes.Add(Intervention.Swap(hook, clean[hook], null, new(Only: [position])).Open(model));
            }
            return (double)metric.Of(model, input).Item();
        });

        Assert.Equal(14, traced.Tables.Count);
        foreach (InsideTable table in traced.Tables.Skip(7))
        {
            InsideTable share = traced[table.Name + "_normalised"];
            double least = traced.Numbers["metric_corrupted"], gap = traced.Numbers["metric_clean"] - least;
            Assert.All(table.Values.Zip(share.Values), v => Assert.Equal(v.First, least + (v.Second * gap), 1e-6));

            (string stack, string kind) = table.Name.Split('_', 2) is [var s, var k] ? (s, k) : throw new InvalidOperationException();
            for (int p = 0; p < table.Axes[0].Labels.Count; p++)
            {
                for (int l = 0; l < 2; l++)
                {
                    int[] window = kind == "resid_post" ? [l] : l == 0 ? [0] : [0, 1];
                    string[] hooks = [.. window.Select(b => $"{stack}.{b}.hook_{kind}")];
                    Assert.Equal(Brute(hooks, p), table[p, l], 1e-5);
                }
            }
        }
    }

    [Fact]
    public void Similarity_OfAnEncoderDecoder_ComparesEachStackByItself()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "t5");

        InsideResult result = LayerSimilarity.Run(model, null, [Pair().Clean, Pair().Corrupted],
            cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(["cka_encoder", "cka_decoder"], result.Tables.Select(t => t.Name));
        Assert.Equal(("12", "8"), (result.Parameters["examples_encoder"], result.Parameters["examples_decoder"]));
        Assert.All(result.Tables, t => Assert.Equal(1, t[0, 0], 1e-6));
    }
}
