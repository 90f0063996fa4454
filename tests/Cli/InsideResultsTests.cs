using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>Every kind of result of looking inside: all its files are written, and <c>vitrine show</c> draws what was saved.</summary>
public sealed class InsideResultsTests
{
    private const string Induction = "--model models/induction keyfjordsagnbixkeyfjo";

    private static string Folder => GoldenFolder.SourceTree();

    public static TheoryData<string> Commands =>
    [
        "patch", "patch --place hook_z --axes position-head",
        "patch --place pattern --axes query-key", "patch --method estimate --place resid_mid", "patch --method check",
        "patch --metric kl",
        "patch --method atp --direction noise", "patch --method paths --path linear",
        "patch --method trace --clean keyfjordkeyfjo --subject key",
        "patch --model models/zh-en --clean 我喜欢音乐。 --corrupted 我喜欢苹果。 --correct I --stack encoder --place resid_pre",
        "patch --model models/zh-en --method trace --clean 我喜欢音乐。 --subject 音乐 --target I",
        "patch --model models/zh-en --method atp --clean 我喜欢音乐。 --corrupted 我喜欢苹果。 --correct I",
        "patch --model models/sentiment --method trace --clean terrible --subject terrible --correct negative",
        "patch --model models/sentiment --clean good --corrupted bad --correct positive --place mlp_out",
        "circuit --top 12", "circuit --curve", "circuit --method exact --ablation mean", "circuit --method information-flow --greedy 8",
        $"lens {Induction}", $"lens --mids --correct r {Induction}", $"lens --direct {Induction}", "lens --model models/zh-en 我喜欢音乐。",
        $"attention {Induction}", $"attention --maps all {Induction}", $"attention --maps 1.0 {Induction}",
        "attention --model models/zh-en --stack cross --maps 0 我喜欢音乐。",
        $"attention --why 1.0.20 {Induction}", "attention --model models/zh-en --stack cross 我喜欢音乐。",
        $"neurons {Induction}", "neurons --model models/induction --layer 1 --neuron 0", $"neurons --factors 3 {Induction}",
        "neurons --model models/induction --data models/entities/sentences.txt --top 2",
        "neurons --layer 1 --ablate 3 --ablate 3,5 --generate 2 KING",
        $"intervene --zero blocks.0.attn.hook_z:0@last --generate 3 {Induction}", "intervene --model models/zh-en --skip decoder.0 我喜欢音乐。",
        "neurons --layer 1 --neuron 3 KING", "sae --feature 371 KING", "sae KING --top 5", "sae --sae models/shakespeare/sae --feature 371",
        "sae --sae models/shakespeare/sae KING --correct :", "sae --sae models/shakespeare/sae --set 371=0 --set 371=9 KING",
        "sae --sae models/shakespeare/sae --data models/entities/sentences.txt",
        "weights", "weights --head 1.0", "weights --folded",
        $"positions {Induction}", "positions --model models/zh-en 我喜欢音乐。", "similarity keyfjordsagnbixkeyfjo --model models/induction",
        "similarity keyfjordsagnbixkeyfjo --model models/induction --other-quantize int8 --measure svcca",
        "similarity 我喜欢音乐。 --model models/zh-en",
    ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Result_InEveryFile_IsDrawnAgainByShow(string line)
    {
        using var folder = new TempFolder();
        string json = folder.File("a.json"), csv = folder.File("a.csv"), svg = folder.File("a.svg"), html = folder.File("a.html"),
            again = folder.File("b.html"), picture = folder.File("b.svg");

        CliRun.Of([.. line.Split(' '), "--json", json, "--csv", csv, "--svg", svg, "--html", html], folder: Folder).IsDone();
        CliRun.Of(["show", json, "--html", again, "--svg", picture], folder: Folder).IsDone();

        Assert.StartsWith("{", File.ReadAllText(json), StringComparison.Ordinal);
        Assert.StartsWith("method,direction,metric,table", File.ReadAllText(csv), StringComparison.Ordinal);
        foreach (string file in new[] { svg, picture })
        {
            string drawn = File.ReadAllText(file);
            Assert.Contains("</svg>", drawn, StringComparison.Ordinal);
            Assert.DoesNotContain("NaN", drawn, StringComparison.Ordinal);
            Assert.DoesNotContain("∞", drawn, StringComparison.Ordinal);
        }
        Assert.Contains("</html>", File.ReadAllText(html), StringComparison.Ordinal);
        Assert.Contains("</table>", File.ReadAllText(again), StringComparison.Ordinal);
    }

    [Fact]
    public void Training_OfLensesVectorsSubspaces_IsAResultLikeOthers()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("text.txt"), string.Concat(Enumerable.Repeat("keyfjordsagnbixkeyfjordsagnbix", 40)));
        File.WriteAllText(folder.File("sides.csv"), "positive,negative\nabcab,abdab\nxyzxy,xyaxy\nkeyke,kefke\n");
        File.WriteAllText(folder.File("pairs.csv"), "clean,corrupted,correct\nabcab,abdab,c\nxyzxy,xyaxy,z\n");
        (string Line, string Method, string Table)[] made =
        [
            ($"lens --train {folder.File("text.txt")} --tuned {folder.File("lens")} --steps 3", "tuned_lens_training", "kl"),
            ($"intervene --from {folder.File("sides.csv")} --save {folder.File("v.safetensors")}", "steering_vector", "projection"),
            ($"intervene --from {folder.File("pairs.csv")} --rank 2 --steps 3 --save {folder.File("s.safetensors")}", "aligned_subspace",
                "loss"),
        ];
        foreach ((string line, string method, string table) in made)
        {
            string json = folder.File(method + ".json");
            CliRun.Of([.. line.Split(' '), "--model", "models/induction", "--json", json], folder: Folder).IsDone();
            InsideResult result = InsideJson.FromJson(File.ReadAllText(json));

            Assert.Equal(method, result.Method);
            Assert.All(result[table].Values, v => Assert.True(double.IsFinite(v)));
            CliRun.Of(["show", json, "--table", table, "--svg", folder.File("a.svg")], folder: Folder).IsDone();
        }
        Assert.Contains("expected one of kl", CliRun.Of(["show", folder.File("tuned_lens_training.json"), "--table", "ce", "--svg", "-"],
            folder: Folder).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("patch --clean abcab --corrupted abdab --correct c --metric loss", "metric: not known; got 'loss'")]
    [InlineData("patch --method trace --clean abcab --subject ab --wrong c", "--wrong: has no effect with --method trace")]
    [InlineData("patch --window 3", "--window: has no effect with --method exact")]
    [InlineData("lens --folded abcab", "--folded: has no effect without --direct")]
    [InlineData("lens --direct --mids abcab", "--mids: has no effect with --direct")]
    [InlineData("patch --clean abcab --corrupted abdab", "--correct is missing")]
    [InlineData("patch --clean abcab --corrupted abdab --correct c --metric logit_diff", "logit_diff needs two answers")]
    [InlineData("patch --clean abcab --generate ioi", "several sources")]
    [InlineData("patch --generate greater", "generate: no such task; got 'greater'")]
    [InlineData("patch --template abc --corrupted abd --correct a --wrong b", "template: no slots")]
    [InlineData("patch --pairs nowhere.jsonl", "nowhere.jsonl'; there is no such file")]
    [InlineData("patch --place cross_z", "place cross_z: the model has no such hook")]
    [InlineData("patch --axes rows", "--axes: not known; got 'rows'")]
    [InlineData("patch --place resid_pre --axes unit", "expected position or layer")]
    [InlineData("patch --direction back", "--direction: not known; got 'back'")]
    [InlineData("patch --method trace --clean abcab --subject x", "subject: not in the text; got 'x'")]
    [InlineData("circuit --method best", "--method: not known; got 'best'")]
    [InlineData("circuit --steps 0", "steps: no steps; got 0")]
    [InlineData("circuit --ablation none", "--ablation: not known; got 'none'")]
    [InlineData("lens --model models/induction --direct --correct ab abc", "'ab' is 2 tokens")]
    [InlineData("lens --model models/induction --tuned nowhere abc", "nowhere")]
    [InlineData("neurons --model models/induction --layer 9 abc", "neurons: no such layer; got 9")]
    [InlineData("neurons --model models/induction --layer 0 --neuron 9999", "neurons: no such neuron; got 9999")]
    [InlineData("attention --model models/induction --stack encoder abc", "the model has no such hook")]
    [InlineData("sae --sae models/shakespeare/sae --model models/induction abc", "blocks.2.hook_resid_post")]
    [InlineData("sae --sae models/shakespeare/sae --feature 4000", "feature: there is none of that number; got 4000")]
    [InlineData("intervene --model models/induction --swap blocks.0.attn.hook_z --source abcd abc", "swap: token counts differ")]
    [InlineData("intervene --model models/induction --zero blocks.0.attn.hook_z:7 abc", "no such head or neuron")]
    [InlineData("similarity --model models/induction --measure cosine abc", "cosine")]
    [InlineData("attention --model models/induction --maps 7 abc", "attention: no such head; got 7")]
    [InlineData("attention --model models/induction --maps a abc", "--maps: not understood; got 'a'")]
    [InlineData("intervene --model models/induction --knockout 99 abc", "positions: outside the text; got 99; expected 0 to 2")]
    [InlineData("intervene --model models/induction --zero blocks.0.hook_mlp_out@-9 abc", "positions: outside the text; got -9")]
    [InlineData("patch --model models/sentiment", "pairs: none given")]
    [InlineData("patch --model models/shakespeare --generate greater-than", "the model's vocabulary does not fit the task greater-than")]
    [InlineData("similarity --model models/shakespeare --other models/stories ROMEO", "the models read other tokens")]
    [InlineData("lens --model models/zh-en --train README.md --tuned nowhere", "tuned lens: the model has an encoder and a decoder")]
    [InlineData("neurons --model models/induction --ablate 9999 abc", "no such head or neuron")]
    [InlineData("neurons --model models/induction --ablate x abc", "--ablate: not understood; got 'x'")]
    [InlineData("sae --sae models/shakespeare/sae --names models/entities/names.tsv abc", "expected the columns feature, name and pattern")]
    [InlineData("patch --model models/zh-en --method trace --clean 我喜欢音乐。 --subject 茶", "subject: not in the text; got '茶'")]
    public void BadInput_IsOneClearSentence(string line, string part)
    {
        CliRun run = CliRun.Of(line.Split(' '), folder: Folder);

        Assert.NotEqual(ExitCode.Success, run.Code);
        Assert.Contains(part, run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Error.Count(c => c == '\n'));
    }
}
