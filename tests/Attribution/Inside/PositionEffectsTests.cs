using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>
/// Positions moved, mixed and taken away, for every kind of positions: against the model with other position ids, other tokens or other
/// weights.
/// </summary>
public sealed class PositionEffectsTests
{
    private const int Shift = 3;

    private static readonly int[] s_ids = [5, 9, 13, 7, 30, 41, 3];

    // The order that seed 1 makes.
    private static readonly int[] s_order = Order();

    public static TheoryData<string> Families => [.. TinyModels.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void Positions_OfEveryFamily_AreMovedMixedAndRemoved(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);

        InsideResult result = PositionUse.Run(model, Input(model), Shift);

        InsideTable effect = result["effect"], explanation = result["explanation"];
        Assert.NotEmpty(result.Parameters["positions"]);
        Assert.All(effect.Values.Concat(explanation.Values), v => Assert.True(double.IsFinite(v), family));
        Assert.Equal(family is "bloom" or "mpt" ? 2 : 3, explanation.Values.Length); // ALiBi counts backwards only: no mixed order
        Assert.Equal((explanation.Values.Length + 1) * s_ids.Length, result["attributions"].Values.Length);
        // Without any, the model is another one, and a text says something else in another order.
        Assert.True(Row(effect, "removed").Max() > 1e-7, family);
        bool isAbsolute = result.Parameters["positions"].Contains("added", StringComparison.Ordinal);
        Assert.Equal(isAbsolute, Row(effect, $"shifted by {Shift}").Max() > 1e-6);
        if (!isAbsolute)
        {
            Assert.Equal(1, explanation[0], 1e-4);
        }
    }

    [Fact]
    public void Similarity_OfManyPositions_IsOfAsManyAsCanBeShown()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "gpt_neo", edit: config => config["max_position_embeddings"] = 100);
        float[] rows = model.Parameters.First(parameter => parameter.Name == "pos_embed.W_pos").Value.ToArray();
        int d = rows.Length / 100;

        InsideTable similarity = PositionUse.Run(model, Input(model), Shift)["embedding_similarity"];

        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{2 * i}"), similarity.Axes[0].Labels);
        double Dot(int i, int j) => Enumerable.Range(0, d).Sum(k => (double)rows[(i * d) + k] * rows[(j * d) + k]);
        Assert.Equal(Dot(6, 80) / Math.Sqrt(Dot(6, 6) * Dot(80, 80)), similarity[3, 40], 1e-5);
    }

    [Theory]
    [InlineData("gpt2", 0)]
    [InlineData("bert", 0)]
    [InlineData("roberta", 2)]
    [InlineData("distilbert", 0)]
    [InlineData("llama", 0)]
    [InlineData("modernbert", 0)]
    public void Positions_Moved_AreThoseOfTheInput(string family, int first)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        InsideTable effect = PositionUse.Run(model, Input(model), Shift)["effect"];
        Tensor own = LogP(model, Input(model));
        void Is(string change, int[] positions) => Close(
            own.KlDiv(LogP(model, Input(model) with { Positions = Tensor.From([.. positions.Select(p => p + first)], [1, s_ids.Length]) })),
            Row(effect, change), $"{family} {change}");

        Is($"shifted by {Shift}", [.. Enumerable.Range(Shift, s_ids.Length)]);
        Is("mixed", s_order);
        if (family is "llama" or "modernbert")
        {
            Is("removed", new int[s_ids.Length]);
        }
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("deberta-v2")]
    public void Positions_ByDistanceRemoved_IsTheModelWithoutTheirWeights(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        if (family == "deberta-v2")
        {
            // What a bias adds to keys is no matter of distance.
            Clear(model, name => name.EndsWith(".b_Q", StringComparison.Ordinal) || name.EndsWith(".b_K", StringComparison.Ordinal));
        }
        Tensor own = LogP(model, Input(model));
        InsideResult result = PositionUse.Run(model, Input(model), Shift);
        InsideTable bias = result[family == "t5" ? "relative_bias_encoder" : "relative_bias"];

        Clear(model, name => name.StartsWith("encoder.rel_pos.", StringComparison.Ordinal)
            || name.Contains("rel_embed", StringComparison.Ordinal));

        Close(own.KlDiv(LogP(model, Input(model))), Row(result["effect"], "removed"), family);
        Assert.Contains(bias.Values, v => Math.Abs(v) > 1e-3);
        Assert.DoesNotContain(PositionUse.Run(model, Input(model), Shift).Tables, t => t.Name == bias.Name);
    }

    [Fact]
    public void Positions_MixedByDistance_IsAnotherOrderOfTheTokens()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "deberta-v2");
        float[] own = LogP(model, Input(model)).ToArray(),
            mixed = LogP(model, ModelInput.Of([.. s_order.Select(i => s_ids[i])])).ToArray();
        int n = own.Length / s_ids.Length;
        double[] effect = Row(PositionUse.Run(model, Input(model), Shift)["effect"], "mixed");

        for (int p = 0; p < s_ids.Length; p++)
        {
            double kl = Enumerable.Range(0, n).Sum(c =>
                Math.Exp(own[(s_order[p] * n) + c]) * ((double)own[(s_order[p] * n) + c] - mixed[(p * n) + c]));
            Assert.Equal(kl, effect[s_order[p]], 1e-5);
        }
    }

    [Fact]
    public void Positions_DoNotFit_AreLeftOutWithAWarning()
    {
        using var folder = new TempFolder();

        InsideResult result = PositionUse.Run(TinyModels.Load(folder.Path, "gpt2"), ModelInput.Of(s_ids), shift: 18);

        Assert.Equal(["mixed", "removed"], result["effect"].Axes[0].Labels);
        Assert.Contains("shifted by 18: the model has 24 positions only; left out.", result.Warnings);
    }

    private static ModelInput Input(ITransformer model) => model.Info.Task == ModelTask.SequenceToSequence
        ? ModelInput.Of(s_ids) with { Target = ModelInput.Of([0, 4, 12, 33]) } : ModelInput.Of(s_ids);

    private static Tensor LogP(ITransformer model, ModelInput input) =>
        model.Forward(input) is var logits ? logits.Reshape([logits.Shape.Elements / logits.Shape[^1], logits.Shape[^1]]).LogSoftmax()
            : throw new InvalidOperationException();

    private static void Clear(ITransformer model, Func<string, bool> which)
    {
        Parameter[] cleared = [.. model.Parameters.Where(p => which(p.Name))];
        Assert.NotEmpty(cleared);
        Array.ForEach(cleared, p => p.Value = p.Value.Scale(0));
    }

    private static double[] Row(InsideTable table, string change)
    {
        int row = table.Axes[0].Labels.ToList().IndexOf(change), n = table.Axes[1].Labels.Count;
        Assert.True(row >= 0, change);
        return table.Values[(row * n)..((row + 1) * n)];
    }

    private static void Close(Tensor expected, double[] actual, string what)
    {
        float[] values = expected.ToArray();
        Assert.Equal(values.Length, actual.Length);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.True(Math.Abs(values[i] - actual[i]) < 2e-5 * Math.Max(1, Math.Abs(values[i])),
                $"{what} {i}: {actual[i]}, not {values[i]}");
        }
    }

    private static int[] Order()
    {
        int[] order = [.. Enumerable.Range(0, s_ids.Length)];
        new Random(1).Shuffle(order);
        return order;
    }
}
