using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// PECoRe: which written tokens depend on the context (context-sensitive token identification), and which tokens of the context they come
/// from (contextual cues imputation).
/// </summary>
/// <remarks>
/// Sarti, Chrupała, Nissim &amp; Bisazza 2024, Quantifying the plausibility of context reliance in neural machine translation. First the
/// same text is forced on the model with and without its context, and a metric compares the two at every token: KL(with ‖ without),
/// pcxmi…; tokens from mean + k deviations on are sensitive. Then, for each of them, “why this token and not the one that the model
/// would write without the context” is attributed to the context; where that is the same token, “why more probable than without”.
/// <c>--compat inseq</c> compares the other way round, KL(without ‖ with). Deviations are of the sample (n − 1). Scores of up to 1e-6
/// are rounding and never sensitive.
/// </remarks>
public static class ContextAnalysis
{
    private const double Rounding = 1e-6;

    /// <summary>Measures and explains a text's reliance on its context.</summary>
    /// <param name="text">The text, twice.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="request">How the attribution method runs; null: the defaults.</param>
    /// <exception cref="VitrineException">A step is not contrastive, or the method cannot explain it.</exception>
    public static ContextReliance Explain(ContextualText text, ContextOptions? options = null, AttributionRequest? request = null)
    {
        (options, request) = (options ?? new(), request ?? AttributionRequest.Default);
        int[] all = [.. Enumerable.Range(0, text.Written.Tokens.Count)];
        ScoreFunction with = text.With(all, "logit"), without = text.Without(all, "logit");
        float[] scores = Metric(options.Metric, text, all, with, without, request.Compat);
        (double threshold, int[] sensitive) = Select(scores, options.Deviations, options.Top);
        IReadOnlyList<string> surfaces = text.Written.Surfaces;
        WrittenToken[] written = [.. all.Select(n => new WrittenToken(
            surfaces[n], text.Written.Tokens[n].Id, scores[n], with.Probabilities[n], without.Probabilities[n], sensitive.Contains(n)))];
        if (sensitive.Length == 0)
        {
            return new() { Metric = options.Metric, Threshold = threshold, Written = written, Cues = [] };
        }
        int[] alternatives = Likeliest(without, sensitive);
        AttributionResult attribution = Attribute(text, options, request, sensitive, alternatives);
        return new()
        {
            Metric = options.Metric,
            Threshold = threshold,
            Written = written,
            Cues = [.. sensitive.Select((n, i) => Cues(attribution, i, n, alternatives[i], options, text))],
            Attribution = attribution,
        };
    }

    private static float[] Metric(string metric, ContextualText text, int[] all, ScoreFunction with, ScoreFunction without, Compat compat)
    {
        ScoreFunction f = compat == Compat.Inseq
            ? text.Without(all, new StepOptions(metric) { Compat = compat }.Against(with))
            : text.With(all, new StepOptions(metric).Against(without));
        using Recorder.Pause pause = Recorder.Suspend();
        return f.Score(Sweep.Input(f)).ToArray();
    }

    /// <summary>Who reaches mean + k deviations, the strongest first.</summary>
    private static (double Threshold, int[] Chosen) Select(float[] scores, double deviations, int? top)
    {
        double mean = scores.Average(x => (double)x);
        double deviation = scores.Length < 2 ? 0 : Math.Sqrt(scores.Sum(x => (x - mean) * (x - mean)) / (scores.Length - 1));
        double threshold = mean + (deviations * deviation);
        return (threshold, [.. Enumerable.Range(0, scores.Length)
            .Where(i => Math.Abs(scores[i]) >= threshold && Math.Abs(scores[i]) > Rounding)
            .OrderByDescending(i => Math.Abs(scores[i])).Take(top ?? int.MaxValue)]);
    }

    /// <summary>What the model would write in the place of some tokens.</summary>
    private static int[] Likeliest(ScoreFunction f, int[] numbers)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        float[] logits = f.Logits(Sweep.Input(f)).ToArray();
        int classes = logits.Length / f.Targets.Count;
        return [.. numbers.Select(n => Enumerable.Range(0, classes).MaxBy(i => logits[(n * classes) + i]))];
    }

    /// <summary>Every sensitive token against its alternative: another token of the same row, or the same token of the row without
    /// context.</summary>
    private static AttributionResult Attribute(ContextualText text, ContextOptions options, AttributionRequest request, int[] sensitive,
        int[] alternatives)
    {
        var step = new StepOptions(options.Step) { Compat = request.Compat };
        bool needsInput = step.Function.Contrast == ContrastNeed.Input;
        int[] others = [.. Enumerable.Range(0, sensitive.Length)
            .Where(i => !needsInput && alternatives[i] != text.Written.Tokens[sensitive[i]].Id)];
        int[] same = [.. Enumerable.Range(0, sensitive.Length).Except(others)];
        List<(int[] Rows, AttributionResult Result)> parts = [];
        if (others.Length > 0)
        {
            parts.Add((others, options.Method.Attribute(text.With([.. others.Select(i => sensitive[i])],
                step with { ContrastIds = [.. others.Select(i => alternatives[i])] }), request)));
        }
        if (same.Length > 0)
        {
            int[] numbers = [.. same.Select(i => sensitive[i])];
            StepOptions against = step.Function.Contrast == ContrastNeed.None ? step : step.Against(text.Without(numbers, "logit"));
            parts.Add((same, options.Method.Attribute(text.With(numbers, against), request)));
        }
        AttributionResult first = parts[0].Result;
        (AttributionResult Result, int Row)[] order =
            [.. parts.SelectMany(part => part.Rows.Select((i, row) => (i, part.Result, row))).OrderBy(of => of.i)
                .Select(of => (of.Result, of.row))];
        AttributionResult joined = first with
        {
            Targets = [.. order.Select((of, i) => of.Result.Targets[of.Row] with { Label = Label(text, sensitive[i], alternatives[i]) })],
            Sides = [.. first.Sides.Select((side, s) =>
                side with { Scores = [.. order.Select(of => of.Result.Sides[s].Scores[of.Row])], Raw = null, RawAxes = [] })],
        };
        return joined.Slices(text.IsContext.SelectMany((side, s) =>
            Enumerable.Range(0, side.Length).Where(p => side[p]).Select(p => new TokenSpan(s, p, p + 1))));
    }

    private static string Label(ContextualText text, int number, int alternative) => text.Written.Tokens[number].Id == alternative
        ? text.Written.Surfaces[number] : $"{text.Written.Surfaces[number]} (not {text.Spell(alternative).Trim(' ')})";

    private static ContextCues Cues(AttributionResult attribution, int row, int token, int alternative, ContextOptions options,
        ContextualText text)
    {
        (int Side, int Position)[] places =
            [.. attribution.Sides.SelectMany((side, s) => Enumerable.Range(0, side.Tokens.Count).Select(p => (s, p)))];
        float[] scores = [.. places.Select(place => attribution.Sides[place.Side].Scores[row][place.Position])];
        (double threshold, int[] chosen) = Select(scores, options.CueDeviations, null);
        return new(token, text.Spell(alternative), alternative, threshold, [.. chosen.Select(i => new ContextCue(
            places[i].Side, places[i].Position, attribution.Sides[places[i].Side].Tokens[places[i].Position].Piece, scores[i]))]);
    }
}
