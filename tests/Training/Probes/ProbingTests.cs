using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>Probes on a model with the answer put into it.</summary>
public sealed class ProbingTests : IDisposable
{
    private static readonly string[] s_words = ["film", "plot", "cast", "music", "ending", "dialogue", "the", "is", "long", "and"];
    private readonly TempFolder _folder = new();
    private readonly ITransformer _model;

    public ProbingTests()
    {
        NewModel.Bert(_folder.Path, "BertForSequenceClassification", WordPieceTrainer.WholeWords([string.Join(' ', s_words)], 1),
            new ModelSizes { DModel = 16, NLayers = 2, NHeads = 2, MaxPositions = 24 }, ["a", "b"]);
        _model = NewModel.Start(_folder.Path, seed: 3);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("logistic")]
    [InlineData("linear")]
    [InlineData("centroid")]
    [InlineData("mlp")]
    public void Run_LabelPlantedBehindTheFirstBlock_IsReadThereAndNowhereBefore(string probe)
    {
        IReadOnlyList<ProbeText> texts = Texts(240);
        Dictionary<string, int> truth = texts.ToDictionary(t => t.Text, t => t.Label == "yes" ? 1 : 0);

        ProbeReport report = Planted(texts, truth, new()
        {
            Probes = [probe],
            Hooks = ["blocks.0.hook_resid_pre", "blocks.0.hook_resid_post"],
            Pooling = ProbePooling.Mean
        });

        ProbeScore before = report.Scores[0], after = report.Scores[1];
        Assert.Equal(1, after.Accuracy.Value);
        Assert.InRange(before.Accuracy.Value, 0.3, 0.7);
        Assert.Equal(after.Accuracy.Value - after.Control, after.Selectivity);
    }

    [Fact]
    public void Run_ActivationsThatHoldOnlyTheLabel_ControlTaskIsAtChance()
    {
        IReadOnlyList<ProbeText> texts = Texts(400);
        Dictionary<string, int> truth = texts.ToDictionary(t => t.Text, t => t.Label == "yes" ? 1 : 0);

        ProbeScore score = Planted(texts, truth, new() { Hooks = ["blocks.0.hook_resid_post"], Pooling = ProbePooling.Token },
            alone: true).Scores[0];

        Assert.Equal(1, score.Accuracy.Value);
        // words have random labels, of which the text tells nothing: no better than the commoner of the two
        Assert.InRange(score.Control!.Value, 0.35, 0.85);
    }

    [Fact]
    public void Run_WordTypesAsLabels_EmbeddingsKnowThemAndTheControlTask()
    {
        IReadOnlyList<ProbeText> texts = [.. Texts(120).Select(t => t with { Spans = [.. Words(t.Text)] })];

        ProbeReport report = new Probing(_model, texts,
            new() { Hooks = ["embed.hook_embed"], Pooling = ProbePooling.Token, C = 100 }).Run(null, TestContext.Current.CancellationToken);

        Assert.Equal(1, report.Scores[0].Accuracy.Value);
        Assert.Equal(1, report.Scores[0].Control); // a word's embedding tells any function of the word
        Assert.Equal(s_words.Length, report.Classes.Count);

        IEnumerable<LabelledSpan> Words(string text)
        {
            int start = 0;
            foreach (string word in text.Split(' '))
            {
                yield return new(start, start + word.Length, word);
                start += word.Length + 1;
            }
        }
    }

    [Fact]
    public void Run_LabelAtOnePosition_TheMapShowsIt()
    {
        IReadOnlyList<ProbeText> texts = [.. Enumerable.Range(0, 200).Select(i => new Random(i))
            .Select(random => Of(random.GetItems(s_words, 4))).DistinctBy(t => t.Text)];

        ProbeReport report = new Probing(_model, texts, new()
        {
            Hooks = ["embed.hook_embed"],
            Pooling = ProbePooling.Mean,
            Positions = 9,
            Control = false,
            C = 100
        }).Run(null, TestContext.Current.CancellationToken);

        Assert.Equal("[CLS]", report.PositionLabels[0]);
        Assert.Equal(1, report.Positions[2].Accuracy);
        Assert.InRange(report.Positions[1].Accuracy, 0.2, 0.8);
        Assert.True(double.IsNaN(report.Positions[8].Accuracy)); // no text is so long

        ProbeText Of(string[] words) => new(string.Join(' ', words), Array.IndexOf(s_words, words[1]) < 5 ? "low" : "high", []);
    }

    [Fact]
    public void Run_LittleMemoryOrMuch_SameScores()
    {
        IReadOnlyList<ProbeText> texts = Texts(60);

        ProbeReport much = new Probing(_model, texts, new()).Run(null, TestContext.Current.CancellationToken),
            little = new Probing(_model, texts, new() { Memory = 1 }).Run(null, TestContext.Current.CancellationToken);

        Assert.Equal(much.Scores, little.Scores);
        Assert.Equal(3, much.Scores.Count);
    }

    [Theory]
    [InlineData("gpt2", "blocks.1.hook_resid_post")]
    [InlineData("llama", "blocks.1.hook_resid_post")]
    [InlineData("marian", "encoder.1.hook_resid_post")]
    public void Points_EveryFamily_HasResidualsAsDefault(string family, string last)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        Token[] tokens = [.. Enumerable.Range(3, 3).Select(id => new Token(id, new TextSpan(0, 1), 0, 0, 0))];
        var text = new Encoding(tokens, ["a b c"], Vocabulary.FromPieces([]));

        IReadOnlyList<(string Hook, int Width)> points = Activations.Points(model, [], text);

        Assert.Equal(3, points.Count);
        Assert.Equal((last, 16), points[^1]);
    }

    [Fact]
    public void Probing_WhatCannotBe_SaysWhy()
    {
        IReadOnlyList<ProbeText> texts = Texts(40);
        ProbeText[] lonely = [.. texts, new("the film", "maybe", [])];

        Refused(() => _ = new Probing(_model, [], new()), "no data");
        Refused(() => _ = new Probing(_model, lonely, new()), "got 1 of 'maybe'");
        Refused(() => _ = new Probing(_model, [.. texts.Where(t => t.Label == "yes")], new()), "only the label 'yes'");
        Refused(() => _ = new Probing(_model, texts, new() { Probes = ["svm"] }), "logistic, linear, centroid, mlp");
        Refused(() => _ = new Probing(_model, texts, new() { Hooks = ["blocks.0.attn.hook_pattern"] }), "no row per token");
        Refused(() => _ = new Probing(_model, texts, new() { TestPart = 1 }), "out of range");
        Refused(() => _ = new Probing(_model, [new("the film", null, [new(0, 3, "x")])], new()), "--pool token");
        Assert.Contains("blocks.0.hook_resid_post",
            Assert.Throws<HookException>(() => _ = new Probing(_model, texts, new() { Hooks = ["blocks.0.hook_resid_pots"] })).Message,
            StringComparison.Ordinal);

        static void Refused(Action make, string part) =>
            Assert.Contains(part, Assert.Throws<TrainingException>(make).Message, StringComparison.Ordinal);
    }

    /// <summary>Probes a model whose first block adds the label to every token's first number (or leaves nothing but it).</summary>
    private ProbeReport Planted(IReadOnlyList<ProbeText> texts, Dictionary<string, int> truth, ProbeOptions options, bool alone = false)
    {
        Dictionary<string, int> byIds = texts.DistinctBy(t => t.Text)
            .ToDictionary(t => string.Join(' ', _model.Tokenizer!.Encode(t.Text).Ids), t => truth[t.Text]);
        var probing = new Probing(_model, texts, options);
        Tensor table = _model.Parameters.First(p => p.Name == "embed.embed.W_E").Value;
        int[] rowsOf = [];
        using HookScope read = _model.Intervene("embed.hook_embed", x =>
        {
            rowsOf = [.. Enumerable.Range(0, x.Shape[0]).Select(row => byIds.GetValueOrDefault(Ids(x, row, table)))];
            return x;
        });
        using HookScope plant = _model.Intervene("blocks.0.hook_resid_post", x =>
        {
            float[] label = new float[x.Shape.Elements];
            for (int i = 0; i < label.Length; i += x.Shape[2])
            {
                label[i] = 20 * rowsOf[i / (x.Shape[1] * x.Shape[2])];
            }
            Tensor added = Tensor.From(label, x.Shape);
            return alone ? added : x + added;
        });
        return probing.Run(null, TestContext.Current.CancellationToken);
    }

    // Which text a row of embeddings is of: every word has its own vector.
    private static string Ids(Tensor embedded, int row, Tensor table)
    {
        (float[] values, float[] words, int width) = (embedded.Select(0, row).ToArray(), table.ToArray(), table.Shape[1]);
        IEnumerable<int> ids = Enumerable.Range(0, values.Length / width).Select(pos => Enumerable.Range(0, words.Length / width)
            .First(id => words.AsSpan(id * width, width).SequenceEqual(values.AsSpan(pos * width, width))));
        return string.Join(' ', ids.Where(id => id != 0)); // 0 is padding
    }

    /// <summary>Texts of random words whose label is a coin: nothing in them tells it.</summary>
    private static IReadOnlyList<ProbeText> Texts(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new Random(i))
            .Select(random => new ProbeText(string.Join(' ', random.GetItems(s_words, 6)), random.Next(2) == 0 ? "no" : "yes", []))
            .DistinctBy(t => t.Text)];
}
