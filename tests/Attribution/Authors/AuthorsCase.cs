using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions;

/// <summary>authors/METHOD/MODEL and authors_metrics/METRIC/…: what the authors' public code computed on the golden models.</summary>
internal static class AuthorsCase
{
    /// <summary>The explained number of a case.</summary>
    public static ScoreFunction Function(GoldenCase one, string? step = null, bool allLabels = false)
    {
        var golden = GoldenModel.Named(one.Json("model").GetString()!);
        ExplainedText text = ExplainedText.Of(GoldenScore.Row(one, "input_ids")!);
        step ??= one.HasValue("score") ? one.Json("score").GetString()! : "logit";
        int target = one.HasValue("target") ? (int)one.Number("target") : 0;
        ITransformer model = golden.Model;
        return model.Info.Task switch
        {
            ModelTask.SequenceClassification => Targets.Labels(model, text, allLabels ? [0, 1] : [target], step),
            ModelTask.CausalLanguageModel =>
                Targets.Continuation((ILanguageModel)model, text, GoldenScore.Row(one, "forced_ids") ?? [target], step),
            _ => Targets.Translation((ILanguageModel)model, text, ExplainedText.Of(GoldenScore.Row(one, "decoder_input_ids")!),
                [new((int)one.Number("read_position"), target)], step),
        };
    }

    /// <summary>The case's groups, absent tokens as it names them; token 0 where it names none.</summary>
    public static AttributionRequest Request(GoldenCase one, ScoreFunction f) => new()
    {
        Baseline = one.HasValue("baseline_ids") ? Baseline.Given(GoldenScore.Row(one, "baseline_ids")!) : Baseline.Token(0),
        FeatureGroups = one.HasValue("groups") ? [[.. Padded(GoldenScore.Row(one, "groups")!, f.Sides[0].Length)]] : null,
    };

    /// <summary>The scores of a result's first target over one side.</summary>
    public static float[] Scores(AttributionResult result, int side = 0) => result.Sides[side].Scores[0];

    /// <summary>One number per group: the sum over its tokens.</summary>
    public static float[] PerGroup(AttributionResult result, GoldenCase one) =>
        [.. GoldenScore.Row(one, "groups")!.Zip(Scores(result)).Where(pair => pair.First >= 0).GroupBy(pair => pair.First)
            .OrderBy(group => group.Key).Select(group => group.Sum(pair => pair.Second))];

    /// <summary>Recorded rows of 0 and 1 as coalitions.</summary>
    public static Coalition[] Coalitions(GoldenCase one, string input, int players) =>
        [.. one.Numbers(input).Data.Chunk(players).Select(row => Coalition.Of(players, player => row[player] > 0.5))];

    /// <summary>Divides by a sum of magnitudes, or by a norm.</summary>
    public static float[] Over(float[] scores, Func<float[], double> size) =>
        size(scores) is var by ? Array.ConvertAll(scores, score => (float)(score / by)) : scores;

    private static IEnumerable<int> Padded(int[] groups, int length) =>
        groups.Concat(Enumerable.Repeat(-1, Math.Max(0, length - groups.Length))).Take(length);
}
