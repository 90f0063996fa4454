using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>The models below models/ are what their cards say.</summary>
public partial class ShippedModelTests
{
    private static string Folder(string name) => Path.Combine(GoldenFolder.SourceTree(), "models", name);

    [Fact]
    public void All_Together_AreSmallAndHaveCards()
    {
        DirectoryInfo[] folders = new DirectoryInfo(Folder(".")).GetDirectories();

        Assert.True(folders.SelectMany(f => f.EnumerateFiles()).Sum(f => f.Length) < 60 << 20);
        Assert.All(folders, folder => Assert.All(
            (string[])["license:", "## Data and licences", "## How it was made", "## Limits"],
            part => Assert.Contains(part, File.ReadAllText(Path.Combine(folder.FullName, "README.md")), StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("induction")]
    [InlineData("sorter")]
    [InlineData("shakespeare")]
    [InlineData("stories")]
    [InlineData("zh-en")]
    public void Folder_OfAModelThatWrites_SaysHow(string name)
    {
        var model = (IGenerator)ModelLoader.Load(Folder(name));

        Assert.True(File.Exists(Path.Combine(Folder(name), "generation_config.json")));
        Assert.Equal(model.Info.EosIds, model.GenerationDefaults.EosIds);
        Assert.NotNull(model.GenerationDefaults.PadId);
    }

    [Fact]
    public void Sorter_LinesItNeverSaw_AreSorted()
    {
        ITransformer model = ModelLoader.Load(Folder("sorter"));
        string[] lines = [.. SortingLines.Make(500, 8, seed: 2026)];

        IReadOnlyList<Metric> metrics = new LineModelTask(lines, lines, model, model.Tokenizer!, "=").Evaluate(model);

        Assert.InRange(metrics.First(m => m.Name == "exact_match").Value, 0.99, 1);
    }

    [Fact]
    public void Shakespeare_LastTenth_IsPredictedAsStated()
    {
        string text = File.ReadAllText(DataFolder.Find("shakespeare/input.txt"));
        ITransformer model = ModelLoader.Load(Folder("shakespeare"));
        int cut = (int)(text.Length * (1 - 0.1));
        string part = text[cut..(cut + 12_000)]; // a ninth of it, for time; the whole is the card's number

        double nats = new LanguageModelTask(part, part, model, model.Tokenizer!).Evaluate(model)
            .First(m => m.Name == "nats_per_character").Value;

        Assert.InRange(nats, 1.3, 1.7);
        Assert.InRange(Stated("shakespeare"), 1.4, 1.6);
    }

    [Fact]
    public void Reader_CombinationsItNeverLearnt_AreAnsweredAsStated()
    {
        ITransformer model = ModelLoader.Load(Folder("reader"));
        AnsweredQuestion[] all = [.. Stories.Make(30_000, seed: 1).Select(s => s.Question)];
        (_, IReadOnlyList<AnsweredQuestion> held) = HeldOut.Split(all, q => q.Group!, 0.05, 1);

        double right = new QuestionAnsweringTask([], held, model, model.Tokenizer!).Evaluate(model)[0].Value;

        Assert.Equal(Stated("reader"), 100 * right, 0.2);
        Assert.True(right >= 0.95, $"exact match {right}");
    }

    [Fact]
    public void Stories_WordsThatFollowFromOthers_AreWrittenAsStated()
    {
        ITransformer model = ModelLoader.Load(Folder("stories"));
        int right = 0;
        foreach (string line in Tales.Questions(400, seed: 99))
        {
            using JsonDocument json = JsonDocument.Parse(line);
            int[] told = model.Tokenizer!.Encode(json.RootElement.GetProperty("text").GetString()!).Ids;
            float[] logits = model.Forward(ModelInput.Of(told)).ToArray();
            int first = model.Tokenizer.Encode(json.RootElement.GetProperty("forced").GetString()!).Ids[0];
            float[] last = logits[^model.Info.VocabSize..];
            right += last[first] == last.Max() ? 1 : 0;
        }

        Assert.Equal(Stated("stories"), right / 4.0, 0.6); // two words on the border, on another machine
    }

    [Fact]
    public void Entailment_CombinationsNeverLearned_AreJudgedAsStated()
    {
        ITransformer model = ModelLoader.Load(Folder("entailment"));
        LabelledText[] all =
        [
            .. Entailments.Make(40_000, seed: 1)
                .Select(pair => new LabelledText(pair.Label, pair.Premise) { Second = pair.Hypothesis, Group = pair.Group }),
        ];
        (IReadOnlyList<LabelledText> learned, IReadOnlyList<LabelledText> held) = HeldOut.Split(all, text => text.Key, 0.1, 1);

        double accuracy = new ClassificationTask(learned, held, model, model.Tokenizer!).Evaluate(model)[0].Value;

        Assert.Equal(Stated("entailment"), 100 * accuracy, 0.2);
        Assert.True(accuracy >= 0.91, $"accuracy {accuracy}");
    }

    [Fact]
    public void Entities_NamesNeverLearnedTogether_AreFoundAsStated()
    {
        ITransformer model = ModelLoader.Load(Folder("entities"));
        SentenceGrammar grammar = SentenceGrammar.Read(Path.Combine(Folder("entities"), "sentences.txt"));
        MarkedText[] all = [.. grammar.Make(20_000, seed: 1).Select(MarkedText.Parse)];
        (_, IReadOnlyList<MarkedText> held) = HeldOut.Split(all, text => text.Group, 0.1, 1);

        double f1 = new TokenClassificationTask([], held, model, model.Tokenizer!).Evaluate(model)[0].Value;

        Assert.Equal(Stated("entities"), 100 * f1, 0.2);
        Assert.True(f1 >= 0.95, $"f1 {f1}");
    }

    [Fact]
    public void ZhEn_PairsItNeverLearnt_AreTranslatedAsStated()
    {
        TextPair[] pairs = [.. TextLines.Pairs(DataFolder.Find("tatoeba-cmn-eng/cmn.txt"), swap: true)];
        (_, IReadOnlyList<TextPair> held) = HeldOut.Split(pairs, pair => pair.Target, 0.03925, 1);
        TextPair[] tenth = [.. held.Where((_, i) => i % 10 == 0)]; // for time; the whole is the card's first number

        double bleu = TranslationTask.Judge((IGenerator)ModelLoader.Load(Folder("zh-en")), tenth,
            TestContext.Current.CancellationToken)[0].Value;

        Assert.Equal(1000, held.Count);
        Assert.Equal(double.Parse(Tenth().Match(Card("zh-en")).Groups[1].Value, CultureInfo.InvariantCulture), bleu, 0.5);
    }

    [Fact]
    public void ZhEn_SentencesOfTheCard_AreTranslatedAsThere()
    {
        var model = (IGenerator)ModelLoader.Load(Folder("zh-en"));
        var tokenizer = (MarianTokenizer)model.Tokenizer!;
        (string Chinese, string English)[] examples =
            [.. Example().Matches(Card("zh-en")).Select(m => (m.Groups[1].Value, m.Groups[2].Value))];

        Assert.Contains(("我喜歡音樂。", "I like music."), examples);
        Assert.Contains(("他昨天去了北京。", "He went to Beijing yesterday."), examples);
        Assert.All(examples, e => Assert.Equal(e.English, tokenizer.Target.Decode(
            [.. model.Generate(ModelInput.Of(tokenizer.Encode(e.Chinese).Ids), model.GenerationDefaults,
                cancellation: TestContext.Current.CancellationToken).Sequences[0].Tokens]).Trim()));
    }

    /// <summary>The first bold number of a card.</summary>
    private static double Stated(string name) =>
        double.Parse(Bold().Match(Card(name)).Groups[1].Value, CultureInfo.InvariantCulture);

    private static string Card(string name) => File.ReadAllText(Path.Combine(Folder(name), "README.md"));

    [GeneratedRegex(@"every tenth of them: (\d+\.\d+)")]
    private static partial Regex Tenth();

    [GeneratedRegex(@"^\| (\p{IsCJKUnifiedIdeographs}[^|]*) \| ([^|]*) \|$", RegexOptions.Multiline)]
    private static partial Regex Example();

    [GeneratedRegex(@"\*\*(\d+\.\d+)")]
    private static partial Regex Bold();
}
