using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>models/induction looks up what followed last time, by the two kinds of heads of which its card speaks.</summary>
public partial class InductionModelTests
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz";
    private static readonly string s_folder = Path.Combine(GoldenFolder.SourceTree(), "models", "induction");
    private static readonly string s_card = File.ReadAllText(Path.Combine(s_folder, "README.md"));
    private readonly ITransformer _model = ModelLoader.Load(s_folder);

    private HeadScores Scores(int length, int count, int seed) => HeadScores.Measure(
        _model, HeadScores.Rounds(_model.Tokenizer!.Encode(Letters).Ids, length, count, seed),
        cancellation: TestContext.Current.CancellationToken);

    [Fact]
    public void Heads_OnSequencesItNeverSaw_AreThoseOfAnInductionCircuit()
    {
        HeadScores scores = Scores(24, 32, seed: 2026);
        HeadScore previous = scores.Heads.Where(h => h.Layer == 0).MaxBy(h => h.Previous)!,
            induction = scores.Heads.Where(h => h.Layer == 1).MaxBy(h => h.Induction)!;

        Assert.InRange(scores.FirstLoss, Math.Log(Letters.Length) - 0.3, 5); // nothing tells which letter comes
        Assert.InRange(scores.RepeatLoss, 0, 0.4);
        Assert.InRange(induction.Induction, 0.8, 1);
        Assert.InRange(previous.Previous, 0.4, 1);
        Assert.InRange(previous.LossWithout, 2.5, 9); // what follows cannot be found without it
        Assert.True(induction.LossWithout > scores.RepeatLoss + 0.2, $"{induction}");
    }

    [Fact]
    public void Heads_OfTheSecondLayer_CarryTheRepeatsTogether()
    {
        using HookScope off = _model.Intervene("blocks.1.attn.hook_z", z => z.Scale(0));

        Assert.Equal(Stated(@"Without both heads of the second layer: (\d+\.\d+)"), Scores(24, 64, seed: 1).RepeatLoss, 0.05);
    }

    [Fact]
    public void Card_ItsTable_IsMeasured()
    {
        HeadScores scores = Scores(24, 64, seed: 1);
        Match[] rows = [.. Row().Matches(s_card).Cast<Match>()];

        Assert.Equal(Stated(@"repeats \*\*(\d+\.\d+)"), scores.RepeatLoss, 0.02); // other machines may round otherwise
        Assert.Equal(scores.Heads.Select(h => $"{h.Layer}.{h.Head}"), rows.Select(row => row.Groups[1].Value));
        Assert.All(scores.Heads.Zip(rows), pair =>
        {
            double[] stated = [.. pair.Second.Groups.Values.Skip(2).Select(g => double.Parse(g.Value, CultureInfo.InvariantCulture))];
            Assert.Equal([pair.First.Previous, pair.First.Duplicate, pair.First.Induction, pair.First.LossWithout], stated,
                (a, b) => Math.Abs(a - b) < 0.02);
        });
    }

    [Fact]
    public void Generate_BeginningOfASecondRound_GoesOnAsTheFirst()
    {
        Match example = Example().Match(s_card);
        int[] prompt = _model.Tokenizer!.Encode(example.Groups[1].Value).Ids;
        var options = new GenerationOptions { MaxNewTokens = example.Groups[2].Value.Length };

        GenerationResult result = ((IGenerator)_model).Generate(ModelInput.Of(prompt), options,
            cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(example.Groups[2].Value, _model.Tokenizer.Decode(result.Sequences[0].Tokens));
        Assert.Contains(example.Groups[2].Value, example.Groups[1].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_OfTheFeedForwardLayers_AreZero() => Assert.All(
        _model.Parameters.Where(p => p.Name.Contains(".mlp.", StringComparison.Ordinal)),
        p => Assert.All(p.Value.ToArray(), v => Assert.Equal(0, v)));

    private static double Stated(string pattern) =>
        double.Parse(Regex.Match(s_card, pattern).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\| (\d\.\d) \| (\d\.\d\d) \| (\d\.\d\d) \| (\d\.\d\d) \| (\d\.\d\d) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("""vitrine generate --model models/induction "(\w+)" --max-new-tokens \d+\n(\w+)\n""")]
    private static partial Regex Example();
}
