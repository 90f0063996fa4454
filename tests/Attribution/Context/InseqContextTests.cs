using System.Globalization;
using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>PECoRe as Inseq 0.7.1's attribute-context computed it on the golden models.</summary>
public sealed class InseqContextTests
{
    public static TheoryData<string> Names => File.Exists(FilePath)
        ? [.. Cases().Select(one => one.GetProperty("name").GetString()!)
            .Where(name => GoldenModel.Named(name.Split('/')[1]) is { Unsupported: null } model && Directory.Exists(model.Folder))]
        : [];

    private static string FilePath => Path.Combine(GoldenFolder.Path, "inseq_071", "context.json");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void Context_OfInseq071_IsOurs(string name)
    {
        JsonElement one = Cases().First(c => c.GetProperty("name").GetString() == name), inputs = one.GetProperty("inputs"), expected =
            one.GetProperty("expected");
        var model = (ILanguageModel)GoldenModel.Named(name.Split('/')[1]).Model;
        string? Text(string key) => inputs.TryGetProperty(key, out JsonElement value) ? value.GetString() : null;
        var options = new ContextOptions
        {
            Metric = Text("context_sensitivity_metric") ?? "kl_divergence",
            Deviations = inputs.GetProperty("context_sensitivity_std_threshold").GetDouble(),
            Top = inputs.TryGetProperty("context_sensitivity_topk", out JsonElement top) ? top.GetInt32() : null,
            Step = Text("attributed_fn")!,
            Method = AttributionMethods.Get(Text("attribution_method")!),
        };

        ContextReliance found = ContextAnalysis.Explain(TextOf(model, Text), options, new() { Compat = Compat.Inseq });

        Close(Numbers(expected.GetProperty("cti_scores")), [.. found.Written.Select(token => token.Score)]);
        JsonElement[] cues = [.. expected.GetProperty("cci").EnumerateArray()];
        Assert.Equal(cues.Select(cue => cue.GetProperty("cti_idx").GetInt32()), found.Cues.Select(cue => cue.Token));
        foreach ((JsonElement cue, ContextCues ours) in cues.Zip(found.Cues))
        {
            if (cue.GetProperty("contrast_token").GetString() is { } other)
            {
                Assert.Equal(Id(other), ours.AlternativeId);
            }
        }
    }

    private static ContextualText TextOf(ILanguageModel model, Func<string, string?> text)
    {
        int[] context = Ids(text("input_context_text")), current = Ids(text("input_current_text")), before =
            Ids(text("output_context_text")), written = Ids(text("output_current_text"));
        if (model.Info.Task == ModelTask.CausalLanguageModel)
        {
            int[] start = model.Info.BosId is { } bos && model.Info.ModelType == "llama" ? [bos] : [];
            return ContextualText.Continuation(
                model, ExplainedText.Of([.. start, .. context, .. current]),
                    [.. start.Select(_ => false), .. context.Select(_ => true), .. current.Select(_ => false)],
                ExplainedText.Of([.. start, .. current]), WrittenText.Of(written, null));
        }
        int end = model.Info.EosIds[0];
        return ContextualText.Translation(
            model, ExplainedText.Of([.. context, .. current, end]), [.. context.Select(_ => true), .. current.Select(_ => false), false],
                ExplainedText.Of([.. current, end]), WrittenText.Of(before, null), WrittenText.Of(written, null));
    }

    private static void Close(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair =>
            Assert.True(Math.Abs(pair.First - pair.Second) <= 2e-5 + (1e-4 * Math.Abs(pair.First)), $"{pair.First} {pair.Second}"));
    }

    private static double[] Numbers(JsonElement tensor) => [.. tensor.GetProperty("data").EnumerateArray().Select(x => x.GetDouble())];

    private static int[] Ids(string? text) => [.. (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Id)];

    private static int Id(string token) => int.Parse(token.TrimStart('t'), CultureInfo.InvariantCulture);

    private static JsonElement[] Cases()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(FilePath));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(one => one.Clone())];
    }
}
