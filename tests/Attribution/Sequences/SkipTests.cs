using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>Tokens that take no part, and tokens with replacements of their own.</summary>
public class SkipTests
{
    public static TheoryData<string> Methods => [.. AttributionMethods.All.Select(method => method.Name)
        // not for this model or score, or slow
        .Where(name => name is not ("guided_backprop" or "deconvolution" or "decompx" or "globenc" or "progressive_inference"
            or "alti_logit" or "attention_flow"))];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Skip_EveryMethod_LeavesTheTokensAloneAndWithoutScore(string method)
    {
        var skip = new TokenFilter("token:21", "written");
        var f = new Watched(Models.Function("gpt2", "probability"), skip);

        AttributionResult result = AttributionMethods.Get(method).Attribute(f, new()
        {
            Skip = skip,
            Steps = 4,
            Samples = 6,
            NoiseScale = 0.1,
            Hooks = ["blocks.0.hook_resid_pre"],
            Neurons = [[1, 2]],
            Baseline = Baseline.Token(0),
        });

        Assert.Equal(0, f.Moved);
        Assert.All(result.Sides[0].Scores, row => Assert.Equal([0, 0, 0], (float[])[row[1], row[5], row[6]]));
    }

    [Fact]
    public void Skip_KeepsCompleteness()
    {
        ScoreFunction f = Models.Function("gpt2", "log_probability");

        AttributionResult result = new IntegratedGradients().Attribute(f,
            new() { Skip = new TokenFilter("token:21"), Baseline = Baseline.Zero, Steps = 200 });

        Assert.All(result.Targets, target => Assert.InRange(Math.Abs(target.Delta!.Value), 0, 0.05));
        Assert.All(result.Sides[0].Scores, row => Assert.Equal(0, row[1]));
    }

    [Fact]
    public void Skip_NameOfNoToken_IsSaid()
    {
        AttributionResult result = new Saliency().Attribute(Models.Function("gpt2"),
            new() { Skip = new TokenFilter("token:21", "cat", "special") });

        Assert.Equal(["skip: no token is called 'cat'"], result.Warnings);
    }

    [Theory]
    [InlineData("##ing", 2)]
    [InlineData("the", 1)]
    [InlineData("token:7", 2)]
    [InlineData("special", 0)]
    [InlineData("punctuation", 3)]
    [InlineData("written", 4)]
    public void Filter_OfAName_FindsItsToken(string name, int expected)
    {
        var side = new InputSide
        {
            Name = "source",
            Texts = ["theing,x"],
            Tokens = [new(1, "[CLS]", Text: -1, IsSpecial: true), new(6, "Ġthe", 0, 3), new(7, "##ing", 3, 6), new(8, ",", 6, 7),
                new(9, "x", 7, 8)],
            Embeddings = Tensor.Zeros([5, 2]),
            GivenLength = 4,
        };

        Assert.Equal([expected], Enumerable.Range(0, 5).Where(p => new TokenFilter(name).Has(side, p)));
    }

    [Fact]
    public void Baseline_OfReplacements_ChangesTheNamedTokensAlone()
    {
        ScoreFunction f = Models.Function("bert_cls");
        ResolvedBaseline kept = Resolve(f, Baseline.Replacing([new("token:33", "token:4")], Baseline.Keep)),
            padded = Resolve(f, Baseline.Replacing([new("token:33", "token:4")], Baseline.Token(2)));

        Assert.Equal([7, 21, 4, 48, 9], kept.Ids![0]);
        Assert.Equal([2, 2, 4, 2, 2], padded.Ids![0]);
        Assert.Equal("token:2 token:33=token:4", padded.Name);
        TensorAssert.Close(kept.Embeddings[0].Slice(0, 2, 1).ToArray(), f.Embed(0, Tensor.From([4], [1])).ToArray(), rtol: 0, atol: 0);
        TensorAssert.Close(kept.Embeddings[0].Slice(0, 3, 2).ToArray(), f.Sides[0].Embeddings.Slice(0, 3, 2).ToArray(), rtol: 0, atol: 0);
    }

    [Fact]
    public void Baseline_PerToken_LeavesWhatIsWritten()
    {
        ScoreFunction f = Models.Function("gpt2");

        Assert.Equal([1, 21, 2, 3, 4, 5, 6], Resolve(f, Baseline.PerToken("token:1", "", "token:2", "token:3", "token:4")).Ids![0]);
        Assert.Contains("got 2; expected 5",
            Assert.Throws<VitrineException>(() => Resolve(f, Baseline.PerToken("token:1", "token:2"))).Message, StringComparison.Ordinal);
        Assert.Contains("no tokenizer", Assert.Throws<VitrineException>(() => Resolve(f, Baseline.PerToken("a", "", "", "", ""))).Message,
            StringComparison.Ordinal);
        Assert.Contains("no such token",
            Assert.Throws<VitrineException>(() => Resolve(f, Baseline.PerToken("token:999999", "", "", "", ""))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_AWordForAWord_ScoresThatWordAlone()
    {
        using var model = new TinyModel();
        model.Write("line.txt", "[CLS]\n\nbad\nmovie\n[SEP]\n");
        string[] words = ["explain", "a good movie", "--model", model.Path, "--method", "feature_ablation", "--json", "-", "--baseline"];
        AttributionResult Run(params string[] more) =>
            AttributionJson.FromJson(CliRun.Of([.. words, .. more], folder: model.Path).IsDone().Output);

        AttributionResult pair = Run("keep", "--baseline", "good=bad"), file = Run("file:line.txt"),
            ids = Run("ids:" + string.Join(',', pair.Sides[0].Tokens.Select(t => t.Piece == "good" ? 6 : t.Id)));

        Assert.Equal("keep good=bad", pair.Baseline);
        Assert.Equal([1, 2, 3], [pair.Sides[0].Tokens.Count(t => t.Piece == "good"), Array.FindIndex(pair.Sides[0].Scores[0], s => s != 0),
            pair.Sides[0].Tokens.ToList().FindIndex(t => t.Piece == "movie")]);
        Assert.Equal(pair.Sides[0].Scores[0], file.Sides[0].Scores[0]);
        Assert.Equal(pair.Sides[0].Scores[0], ids.Sides[0].Scores[0]);
        Assert.Equal(0, Run("pad", "--skip", "movie").Sides[0].Scores[0][3]);
        CliRun.Of([.. words, "pad", "--baseline", "zero"]).IsRefused(ExitCode.Usage, "more than once", "pad and zero");
        CliRun.Of([.. words, "good=nosuchword"]).IsRefused(ExitCode.Usage, "not one token", "nosuchword");
        CliRun.Of([.. words, "file:none.txt"], folder: model.Path).IsRefused(ExitCode.Input, "none.txt");
    }

    private static ResolvedBaseline Resolve(ScoreFunction f, Baseline baseline) => ResolvedBaseline.Of(f, new() { Baseline = baseline });

    /// <summary>Counts the passes in which a token that takes no part is not the input's.</summary>
    private sealed class Watched(ScoreFunction inner, TokenFilter skip) : WrappedScore(inner)
    {
        public int Moved { get; private set; }

        public override Tensor Logits(IReadOnlyList<Tensor> embeddings) => Inner.Logits(embeddings);

        public override Tensor Features(IReadOnlyList<Tensor> embeddings)
        {
            foreach (int p in Enumerable.Range(0, Sides[0].Length).Where(p => skip.Has(Sides[0], p)))
            {
                float[] own = Sides[0].Embeddings.Slice(0, p, 1).ToArray();
                Moved += embeddings[0].Slice(1, p, 1).ToArray().Chunk(own.Length)
                    .Count(row => row.Zip(own, (a, b) => Math.Abs(a - b)).Max() > 1e-6);
            }
            return Inner.Features(embeddings);
        }
    }
}
