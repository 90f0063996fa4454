using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>
/// An explanation in a terminal: the text on colours, and every score as a signed number and a bar, so that it reads without colours too.
/// </summary>
public static class ConsoleView
{
    private const string Indent = "  ";
    private const int Narrowest = 24; // a token, a score and a short bar

    /// <summary>Writes an explanation.</summary>
    public static void Write(Figure explanation, TextWriter output, ConsoleOptions options)
    {
        var ink = new ConsoleInk(options.Colors);
        int width = Math.Max(Narrowest, options.Width);
        explanation = explanation with { Results = [.. explanation.Results.Select(Layout.Seen)] };
        WriteTitle(explanation, output, ink, width);
        WritePredictions(explanation.Predictions, output, ink, width);
        WriteGrids([Grids.Sensitive(explanation), Grids.Cues(explanation)], output, ink, withNotes: true);
        WriteResults(explanation, output, ink, options, width);
        WriteGrids([Grids.Ranking(explanation), Grids.Agreement(explanation)], output, ink);
    }

    /// <summary>The title and the facts, on one line where they fit.</summary>
    private static void WriteTitle(Figure explanation, TextWriter output, ConsoleInk ink, int width)
    {
        string title = Markup.Visible(explanation.Title),
            facts = string.Join(" · ", explanation.Facts.Select(f => $"{f.Name} {Bidi.Isolate(Markup.Visible(f.Value))}"));
        bool fits = TextWidth.Of(title) + Indent.Length + TextWidth.Of(facts) <= width;
        output.WriteLine(ink.Bold(title) + (fits && facts.Length > 0 ? Indent + ink.Faint(facts) : ""));
        if (!fits)
        {
            WriteWrapped(facts, "", output, ink.Faint, width);
        }
    }

    private static void WriteGrids(Grid?[] grids, TextWriter output, ConsoleInk ink, bool withNotes = false)
    {
        foreach (Grid grid in grids.OfType<Grid>())
        {
            output.WriteLine();
            output.WriteLine(ink.Bold(grid.Title));
            grid.Write(output, Indent);
            if (withNotes && grid.Note.Length > 0)
            {
                output.WriteLine(Indent + ink.Faint(grid.Note));
            }
        }
    }

    private static void WriteResults(Figure explanation, TextWriter output, ConsoleInk ink, ConsoleOptions options, int width)
    {
        if (Layout.IsComparison(explanation.Results))
        {
            WriteComparison(explanation, output, ink, options with { Width = width }, width);
            return;
        }
        foreach (AttributionResult result in explanation.Results)
        {
            if (Layout.IsSequence(result))
            {
                WriteHeading(result, null, output, ink);
                ConsoleTable.WriteMatrix(result, output, ink, options with { Width = width });
                ConsoleTable.WriteStepScores(result, output, ink);
                WriteNotes(result, null, output, ink, width);
                continue;
            }
            WriteHeading(result, 0, output, ink);
            WriteStrip(result, 0, explanation.Marks, "", output, ink, width);
            WriteNotes(result, 0, output, ink, width);
            ConsoleTable.WriteBars(result, 0, output, ink, options with { Width = width });
        }
    }

    /// <summary>Several targets or methods: one heading, what each of them has alone, one table.</summary>
    private static void WriteComparison(Figure explanation, TextWriter output, ConsoleInk ink, ConsoleOptions options, int width)
    {
        IReadOnlyList<AttributionResult> results = explanation.Results;
        string[] targets = [.. results.SelectMany(result => result.Targets.Select(target => target.Label)).Distinct()], steps =
            [.. results.Select(result => result.StepName).Distinct()];
        string methods = results.Count > 3 ? Layout.Plural(results.Count, "method")
            : string.Join(", ", results.Select(result => result.Method));
        string what = targets.Length == 1 ? Bidi.Isolate(Markup.Visible(targets[0])) : Layout.Plural(results[0].Targets.Count, "target");
        output.WriteLine();
        output.WriteLine($"{ink.Bold(methods)} → {what} ({string.Join(", ", steps)})");
        foreach (ScoreColumn column in ink.HasColor ? Layout.Columns(results) : [])
        {
            WriteStrip(column.Result, column.Target, explanation.Marks, column.Head, output, ink, width);
        }
        if (results.Count == 1)
        {
            ConsoleTable.WriteTargets(results[0], output, ink);
            WriteNotes(results[0], null, output, ink, width);
        }
        else
        {
            WriteMethods(results, output, ink, width);
        }
        ConsoleTable.WriteComparison(results, output, ink, options);
    }

    /// <summary>f(x) once, then what every method has alone.</summary>
    private static void WriteMethods(IReadOnlyList<AttributionResult> results, TextWriter output, ConsoleInk ink, int width)
    {
        string Scores(AttributionResult result) =>
            string.Join(" · ", result.Targets.Select(target =>
                $"f(x) {(result.Targets.Count > 1 ? $"of {TokenCell.Spell(target.Label).Trim()} " : "")}{Numbers.Exact(target.Score)}"));
        bool isShared = results.All(result => Scores(result) == Scores(results[0]));
        if (isShared)
        {
            WriteWrapped(Scores(results[0]), "", output, ink.Faint, width);
        }
        foreach (AttributionResult result in results)
        {
            IEnumerable<string> own = result.Targets.Count > 1 ? Layout.Notes(result) : Layout.Notes(result, result.Targets[0])
                .Skip(isShared ? 1 : 0);
            WriteWrapped($"{result.Method}: {string.Join(" · ", own)}", "", output, ink.Faint, width);
            WriteWarnings(result, output, width);
        }
    }

    private static void WritePredictions(IReadOnlyList<Prediction> predictions, TextWriter output, ConsoleInk ink, int width)
    {
        if (predictions.Count == 0)
        {
            return;
        }
        output.WriteLine();
        int label = Math.Min(30, predictions.Max(p => TextWidth.Of(Markup.Visible(p.Label))));
        foreach (Prediction prediction in predictions)
        {
            string name = TextWidth.PadRight(Bidi.Isolate(TextWidth.Cut(Markup.Visible(prediction.Label), label)), label);
            string bar = ConsoleTable.Bar(prediction.Probability, Math.Min(30, width - label - 14));
            output.WriteLine(prediction.Value is { } value
                ? $"{Indent}{(prediction.IsExplained ? ink.Bold(name) : name)} {Numbers.Exact(value),8}"
                : $"{Indent}{(prediction.IsExplained ? ink.Bold(name) : name)} {Numbers.Percent(prediction.Probability),8}  "
                    + $"{ink.Faint(bar)}".TrimEnd());
        }
    }

    /// <summary>The text on colours with its legend. Without colours the text says nothing and is left out.</summary>
    private static void WriteStrip(AttributionResult result, int target, IReadOnlyList<TextMark> marks, string name, TextWriter output,
        ConsoleInk ink, int width)
    {
        if (!ink.HasColor)
        {
            return;
        }
        if (name.Length > 0)
        {
            output.WriteLine(Indent + Bidi.Isolate(name));
        }
        ColorScale scale = Layout.ScaleOf(result, target);
        foreach (SideScores side in result.Sides)
        {
            WriteTokens(TokenCell.Of(side, marks), side.Scores[target], scale, output, ink, width);
        }
        WriteLegend(scale, output, ink);
    }

    private static void WriteHeading(AttributionResult result, int? target, TextWriter output, ConsoleInk ink)
    {
        string what = target is { } one ? $" → {Bidi.Isolate(Markup.Visible(result.Targets[one].Label))} ({result.StepName})" : $" "
            + $"→ {Layout.Count(result)} ({result.StepName})";
        output.WriteLine();
        output.WriteLine(ink.Bold(result.Method) + what);
    }

    private static void WriteNotes(AttributionResult result, int? target, TextWriter output, ConsoleInk ink, int width)
    {
        string note = target is { } one ? Layout.Note(result, result.Targets[one]) : Layout.Note(result);
        if (note.Length > 0)
        {
            WriteWrapped(note, "", output, ink.Faint, width);
        }
        WriteWarnings(result, output, width);
    }

    private static void WriteWarnings(AttributionResult result, TextWriter output, int width)
    {
        foreach (string warning in result.Warnings)
        {
            WriteWrapped(Markup.Visible(warning), "! ", output, line => line, width);
        }
    }

    private static void WriteWrapped(string text, string mark, TextWriter output, Func<string, string> style, int width)
    {
        string line = mark;
        foreach (string word in text.Replace(" ·", "\u00A0·", StringComparison.Ordinal).Split(' ')) // a separator stays with what it ends
        {
            if (line.Length > mark.Length && Indent.Length + TextWidth.Of(line) + TextWidth.Of(word) > width)
            {
                output.WriteLine(Indent + style(line.TrimEnd()));
                line = new string(' ', mark.Length);
            }
            line += word.Replace('\u00A0', ' ') + " ";
        }
        output.WriteLine(Indent + style(line.TrimEnd()));
    }

    private static void WriteTokens(TokenCell[] cells, float[] scores, ColorScale scale, TextWriter output, ConsoleInk ink, int width)
    {
        output.Write(Indent);
        int column = Indent.Length;
        for (int i = 0; i < cells.Length; i++)
        {
            bool breaks = cells[i].Gap.Contains('\n', StringComparison.Ordinal)
                || (i > 0 && cells[i].TextIndex > 0 && cells[i].TextIndex != cells[i - 1].TextIndex && column > Indent.Length);
            int gap = cells[i].Gap.Length > 0 && column > Indent.Length ? 1 : 0;
            int word = 0; // a word's pieces stay on one line
            for (int j = i; j < cells.Length && (j == i || cells[j].Gap.Length == 0); j++)
            {
                word += TextWidth.Of(cells[j].Text);
            }
            bool isInside = cells[i].Gap.Length == 0 && i > 0;
            if (column > Indent.Length && (breaks || (!isInside && column + gap + word > width)
                || column + TextWidth.Of(cells[i].Text) > width))
            {
                output.WriteLine();
                output.Write(Indent);
                (column, gap) = (Indent.Length, 0);
            }
            string text = cells[i].IsMarked ? $"[{cells[i].Text}]" : cells[i].Text;
            output.Write(new string(' ', gap) + (cells[i].IsSpecial && scale.Terminal(scores[i]) is null
                ? ink.Faint(text) : ink.OnScore(text, scores[i], scale)));
            column += gap + TextWidth.Of(text);
        }
        output.WriteLine();
    }

    private static void WriteLegend(ColorScale scale, TextWriter output, ConsoleInk ink)
    {
        double[] steps = scale.IsSigned ? [-1, -0.8, -0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.8, 1] : [0, 0.2, 0.4, 0.6, 0.8, 1];
        string blocks = string.Concat(steps.Select(s => ink.OnScore("  ", s * scale.Limit, scale)));
        string low = scale.IsSigned ? $"against {scale.Format(-scale.Limit)} " : "0 ";
        output.WriteLine($"{Indent}{ink.Faint(low)}{blocks}{ink.Faint($" {scale.Format(scale.Limit)}{(scale.IsSigned ? " for" : "")}")}");
    }
}
