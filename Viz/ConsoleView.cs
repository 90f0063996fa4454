using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>
/// An explanation in a terminal: the text on colours, and every score as a signed number and a bar, so that it reads without colours too.
/// </summary>
public static class ConsoleView
{
    private const string Indent = "  ";

    /// <summary>Writes an explanation.</summary>
    public static void Write(Figure explanation, TextWriter output, ConsoleOptions options)
    {
        var ink = new ConsoleInk(options.Colors);
        int width = Math.Max(40, options.Width);
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
        if (explanation.Results.Count > 1 && Layout.IsComparison(explanation.Results))
        {
            foreach (AttributionResult result in explanation.Results)
            {
                WriteStrips(result, explanation.Marks, output, ink, width);
            }
            ConsoleTable.WriteComparison(explanation.Results, output, ink, options with { Width = width });
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
            for (int target = 0; target < result.Targets.Count; target++)
            {
                WriteStrip(result, target, explanation.Marks, output, ink, width);
                ConsoleTable.WriteBars(result, target, output, ink, options with { Width = width });
            }
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
            string shown = prediction.IsExplained ? ink.Bold(name) : name;
            output.WriteLine($"{Indent}{shown} {Numbers.Percent(prediction.Probability),8}  {ink.Faint(bar)}".TrimEnd());
        }
    }

    private static void WriteStrips(AttributionResult result, IReadOnlyList<TextMark> marks, TextWriter output, ConsoleInk ink, int width)
    {
        for (int target = 0; target < result.Targets.Count; target++)
        {
            WriteStrip(result, target, marks, output, ink, width);
        }
    }

    /// <summary>Heading, the text on colours with its legend, notes. Without colours the text says nothing and is left out.</summary>
    private static void WriteStrip(AttributionResult result, int target, IReadOnlyList<TextMark> marks, TextWriter output, ConsoleInk ink,
        int width)
    {
        WriteHeading(result, target, output, ink);
        if (ink.HasColor)
        {
            ColorScale scale = Layout.ScaleOf(result, target);
            foreach (SideScores side in result.Sides)
            {
                WriteTokens(TokenCell.Of(side, marks), side.Scores[target], scale, output, ink, width);
            }
            WriteLegend(scale, output, ink);
        }
        WriteNotes(result, target, output, ink, width);
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
