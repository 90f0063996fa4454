using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests;

/// <summary>Changes as plain data: each kind against what it must equal, on a prompt and while the model writes.</summary>
public sealed class InterveneTests
{
    private const string Text = "KING: I am", Other = "KING: I do";

    private static readonly Explainer s_explainer = Explainer.Load(Path.Combine(GoldenFolder.SourceTree(), "models", "shakespeare"));

    private static ITransformer Model => s_explainer.Model;

    private static int[] Ids(string text) => Model.Tokenizer!.Encode(text).Ids;

    [Fact]
    public void Zero_OfAHeadsPattern_IsZeroOfItsOutput()
    {
        float[] pattern = Logits(Intervention.Zero("blocks.1.attn.hook_pattern", unit: 2)),
            z = Logits(Intervention.Zero("blocks.1.attn.hook_z", unit: 2));

        TensorAssert.Close(z, pattern, 1e-5, 1e-5);
        Assert.NotEqual(Logits(), z);
    }

    [Fact]
    public void Feature_AtAnotherValue_ChangesThatFeatureAlone()
    {
        var sae = SparseAutoencoder.Load(Path.Combine(GoldenFolder.SourceTree(), "models", "shakespeare", "sae"));
        string hook = sae.Config.Hook!;
        Tensor x = PatchSweep.Capture(Model, ModelInput.Of(Ids(Text)), [hook])[hook], features = sae.Encode(x);
        float[] own = features.ToArray();
        int n = sae.Config.DSae, one = Array.FindIndex(own, v => v > 0) % n;
        Tensor row = sae["W_dec"].Select(0, one);

        using (SaeSplice.Feature(sae, one, 2.5f).Open(Model))
        {
            float[] before = x.ToArray(), after = PatchSweep.Capture(Model, ModelInput.Of(Ids(Text)), [hook])[hook].ToArray(),
                direction = row.ToArray();
            for (int i = 0; i < before.Length; i++)
            {
                (int p, int c) = Math.DivRem(i, direction.Length);
                Assert.Equal(before[i] + ((2.5f - own[(p * n) + one]) * direction[c]), after[i], 1e-4);
            }
        }
        InsideResult result = s_explainer.Inside.FeatureEffects(sae, Text, [(one, 0), (one, 20)], maxNewTokens: 3,
            TestContext.Current.CancellationToken);
        Assert.Equal([$"feature {one} = 0", $"feature {one} = 20"], result["kl"].Axes[0].Labels);
        Assert.True(result["kl"].Values.Max() > 0.01);
        Assert.Equal(3, result["written"].Texts!.Count);
        Assert.Contains("there is none of that number; got 1024", Assert.Throws<VitrineException>(() => SaeSplice.Feature(sae, n, 0))
            .Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Swap_OfTheEmbeddings_IsTheOtherText()
    {
        InsideResult result = Change(new() { Kind = ChangeKind.Swap, Hook = "hook_embed" }, r => r with { Source = Other });
        float[] logits = Model.Forward(ModelInput.Of(Ids(Other))).LogSoftmax().ToArray();
        int vocab = Model.Info.VocabSize, last = Ids(Text).Length - 1;

        Assert.Equal(Math.Exp(logits[(last * vocab)..].Max()), result["best"][1, last], 1e-5);
    }

    [Fact]
    public void Resample_FromOneText_IsTheSwap_AndMeanPerPositionOfOneText_TheSame()
    {
        string hook = "blocks.*.hook_mlp_out";
        InsideResult swapped = Change(new() { Kind = ChangeKind.Swap, Hook = hook }, r => r with { Source = Other });

        Assert.Equal(swapped["kl"].Values,
            Change(new() { Kind = ChangeKind.Resample, Hook = hook }, r => r with { Reference = [Other] })["kl"].Values);
        TensorAssert.Close([.. swapped["kl"].Values.Select(v => (float)v)],
            [.. Change(new() { Kind = ChangeKind.Mean, Hook = hook }, r => r with { Reference = [Other], PerPosition = true })["kl"].Values
                .Select(v => (float)v)], 1e-4, 1e-6);
    }

    [Fact]
    public void Mean_OverAllPositions_IsTheAverageOfTheReference()
    {
        int[][] texts = [Ids(Text), Ids("ROMEO: What light through yonder")];
        Tensor mean = Intervention.Reference(Model, texts, "blocks.1.hook_attn_out")["blocks.1.hook_attn_out"];
        List<float[]> rows = [];
        foreach (int[] ids in texts)
        {
            using ActivationCache cache = Model.Cache("blocks.1.hook_attn_out");
            _ = Model.Forward(ModelInput.Of(ids));
            rows.AddRange(cache["blocks.1.hook_attn_out"].ToArray().Chunk(Model.Info.DModel));
        }

        TensorAssert.Close([.. Enumerable.Range(0, Model.Info.DModel).Select(i => rows.Average(r => r[i]))], mean.ToArray(), 1e-4, 1e-6);
    }

    [Fact]
    public void Without_ADirection_LeavesNoneOfItInTheStream()
    {
        Tensor direction = RandomTensor.Normal(3, [Model.Info.DModel], 1);
        using IDisposable scope = Intervention.WithoutDirection(["blocks.*.hook_resid_mid"], direction).Open(Model);
        using ActivationCache cache = Model.Cache("blocks.*.hook_resid_mid");
        _ = Model.Forward(ModelInput.Of(Ids(Text)));

        Assert.All(cache.Names, n => Assert.All(cache[n].MatMul(direction.Reshape([Model.Info.DModel, 1])).ToArray(),
            v => Assert.Equal(0, v, 1e-3)));
    }

    [Fact]
    public void Subspace_OfEveryDimension_IsTheSwapOfItsPosition_AndKeepsItsFile()
    {
        int d = Model.Info.DModel;
        float[] unit = new float[d * d];
        for (int i = 0; i < d; i++)
        {
            unit[(i * d) + i] = 1;
        }
        var subspace = new AlignedSubspace("blocks.1.hook_resid_post", -1, Tensor.From(unit, [d, d]));
        using var folder = new TempFolder();
        subspace.Save(folder.File("all.safetensors"));

        InsideResult whole = Change(ActivationChange.Parse(ChangeKind.Subspace, folder.File("all.safetensors")),
                r => r with { Source = Other }),
            swapped = Change(ActivationChange.Parse(ChangeKind.Swap, "blocks.1.hook_resid_post@last"), r => r with { Source = Other });

        TensorAssert.Close([.. swapped["kl"].Values.Select(v => (float)v)], [.. whole["kl"].Values.Select(v => (float)v)], 1e-4, 1e-5);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("4..")]
    [InlineData("-1")]
    [InlineData("all")]
    public void Positions_WhileWritingWithACache_AreThoseOfTheWholeText(string positions)
    {
        var change = new ActivationChange
        {
            Kind = ChangeKind.Add,
            Vector = new("blocks.1.hook_resid_pre", RandomTensor.Normal(5, [Model.Info.DModel], 1), 1),
            Positions = InsidePositions.Parse(positions),
            Factor = 3,
        };
        InsideResult result = Change(change, r => r with { MaxNewTokens = 6 });
        List<int> ids = [.. Ids(Text)];
        // −1 means the last position of every pass: the prompt's, then every new one.
        InsidePositions whole = positions == "-1" ? new(From: ids.Count - 1) : change.Positions;
        int prompt = ids.Count;
        for (int i = 0; i < 6; i++)
        {
            using IDisposable scope = Intervention.Add("blocks.1.hook_resid_pre", change.Vector.Vector, 3, whole).Open(Model);
            float[] last = Model.Forward(ModelInput.Of([.. ids])).Select(1, ids.Count - 1).ToArray();
            ids.Add(Array.IndexOf(last, last.Max()));
        }

        Assert.Equal(Model.Tokenizer!.Decode(ids[prompt..]), result["written"].Texts![1]);
        Assert.InRange(result["written"].Values[1], 0, 6);
    }

    [Fact]
    public void Strengths_SideBySide_AreVariantsOfTheirOwn()
    {
        var vector = new SteeringVector("blocks.2.hook_resid_pre", RandomTensor.Normal(5, [Model.Info.DModel], 1), 1);
        InsideResult result = Change(new() { Kind = ChangeKind.Add, Vector = vector }, r => r with { Strengths = [0, 2] });

        Assert.Equal(["strength 0", "strength 2"], result["kl"].Axes[0].Labels);
        Assert.All(Enumerable.Range(0, Ids(Text).Length), p => Assert.Equal(0, result["kl"][0, p], 1e-6));
        Assert.True(result["kl"].Values[^1] > 1e-3);
        Assert.Equal(result.Numbers["best tokens changed, strength 2"],
            Enumerable.Range(0, Ids(Text).Length).Sum(p => result["changed"][1, p]));
    }

    [Fact]
    public void Align_Trained_BringsTheCleanAnswer()
    {
        PromptPair pair = PromptPair.Of(Model, Text, Other, " not", null);
        List<double> losses = [];

        AlignedSubspace found = s_explainer.Inside.Align([pair], "blocks.2.hook_resid_pre", rank: 2, steps: 10, progress: (_, loss) =>
            losses.Add(loss), cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(2, found.Rank);
        Assert.True(losses[^1] < losses[0], $"{losses[0]} → {losses[^1]}");
    }

    [Theory]
    [InlineData(ChangeKind.Scale, "blocks.0.hook_mlp_out", "expected hook=factor")]
    [InlineData(ChangeKind.Zero, "@last", "expected a hook")]
    [InlineData(ChangeKind.Zero, "blocks.0.attn.hook_z:x", "the number of a head")]
    [InlineData(ChangeKind.Zero, "blocks.0.attn.hook_z@first", "positions: not understood; got 'first'")]
    [InlineData(ChangeKind.Skip, "one", "expected a block")]
    [InlineData(ChangeKind.Knockout, "2:first", "positions: not understood")]
    public void Parse_OfAnotherForm_SaysWhatIsExpected(ChangeKind kind, string text, string part) =>
        Assert.Contains(part, Assert.Throws<VitrineException>(() => ActivationChange.Parse(kind, text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Sources_ThatDoNotFit_AreRefused()
    {
        string Refusal(ActivationChange change, Func<InterveneRequest, InterveneRequest> edit) =>
            Assert.ThrowsAny<VitrineException>(() => Change(change, edit)).Message;
        ActivationChange Of(ChangeKind kind) => new() { Kind = kind, Hook = "blocks.0.hook_mlp_out" };

        Assert.Contains("swap: token counts differ", Refusal(Of(ChangeKind.Swap), r => r with { Source = "KING: I am not" }));
        Assert.Contains("swap: no source", Refusal(Of(ChangeKind.Swap), r => r));
        Assert.Contains("no reference texts", Refusal(Of(ChangeKind.Mean), r => r));
        Assert.Contains("resample: no reference text is long enough", Refusal(Of(ChangeKind.Resample),
            r => r with { Reference = ["KING"] }));
        Assert.Contains("strength: nothing to add", Refusal(Of(ChangeKind.Zero), r => r with { Strengths = [1] }));
    }

    private static InsideResult Change(ActivationChange change, Func<InterveneRequest, InterveneRequest> edit) =>
        s_explainer.Inside.Intervene(Text, edit(new InterveneRequest { Changes = [change] }));

    private static float[] Logits(params Intervention[] changes)
    {
        using IDisposable scope = Intervention.OpenAll(Model, changes);
        return Model.Forward(ModelInput.Of(Ids(Text))).ToArray();
    }
}
