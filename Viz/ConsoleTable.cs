using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>Scores as lines of numbers and bars.</summary>
internal static class ConsoleTable
{
    private const int LongestToken = 24;

    /// <summary>One target's scores: token, number, and a bar to the left of the axis (against) or to the right (for).</summary>
    public static void WriteBars(AttributionResult result, int target, TextWriter output, ConsoleInk ink, ConsoleOptions options)
    {
        ColorScale scale = Layout.ScaleOf(result, target);
        Row[] rows = [.. RowsOf(result, [scale], side => [side.Scores[target]])];
        Row[] shown = Strongest(rows, options.Top);
        int name = NameWidth(shown), number = NumberWidth(shown, scale, 0);
        int bar = Math.Clamp((options.Width - name - number - 6) / (scale.IsSigned ? 2 : 1), 4, 24);
        output.WriteLine();
        foreach (Row row in shown)
        {
            double score = row.Scores[0];
            string left = score < 0 ? ink.Bar(BarToLeft(scale.Strength(score), bar), score) : new string(' ', bar);
            string right = score > 0 ? ink.Bar(Bar(scale.Strength(score), bar), score) : "";
            string figure = scale.Format(score).PadLeft(number);
            output.WriteLine($"  {row.Shown(name, ink)} {figure}  {(scale.IsSigned ? left + "│" : "")}{right}".TrimEnd());
        }
        WriteRest(rows.Length, shown.Length, output, ink);
    }

    /// <summary>Methods and targets side by side: one line per token, one column for each, on its own scale.</summary>
    public static void WriteComparison(IReadOnlyList<AttributionResult> results, TextWriter output, ConsoleInk ink, ConsoleOptions options)
    {
        ScoreColumn[] columns = Layout.Columns(results);
        ColorScale[] scales = [.. columns.Select(c => c.Scale)];
        Row[] rows = [.. results[0].Sides.SelectMany((side, s) => TokenCell.Of(side, []).Select(cell =>
            new Row(cell, "", [.. columns.Select(c => c.Of(s, cell.Position))], scales)))];
        Row[] shown = Strongest(rows, options.Top);
        string[] heads = [.. columns.Select(c => TextWidth.Cut(c.Head, 36))];
        int[] widths = [.. heads.Select((head, c) => Math.Max(TextWidth.Of(head), NumberWidth(shown, scales[c], c)))];
        output.WriteLine();
        WriteColumns(shown, heads, widths, scales, output, ink, options.Width);
        WriteRest(rows.Length, shown.Length, output, ink);
    }

    /// <summary>A text the model wrote: one line per token it read, one column per token it wrote.</summary>
    public static void WriteMatrix(AttributionResult result, TextWriter output, ConsoleInk ink, ConsoleOptions options)
    {
        ColorScale scale = Layout.ScaleOf(result);
        ColorScale[] scales = [.. Enumerable.Repeat(scale, result.Targets.Count)];
        Row[] rows = [.. RowsOf(result, scales, side => [.. side.Scores.Select((column, t) => Reached(result, side, column, t))])];
        Row[] shown = Strongest(rows, options.Top);
        string[] heads = [.. result.Targets.Select(t => TextWidth.Cut(TokenCell.Spell(t.Label), 12))];
        int[] widths = [.. heads.Select((h, c) => Math.Max(TextWidth.Of(h), NumberWidth(shown, scale, c)))];
        output.WriteLine();
        WriteColumns(shown, heads, widths, scales, output, ink, options.Width);
        WriteRest(rows.Length, shown.Length, output, ink);
    }

    /// <summary>What is said of each of several targets alone: one line per target, one column per number.</summary>
    public static void WriteTargets(AttributionResult result, TextWriter output, ConsoleInk ink)
    {
        (string Name, string Value)[][] own = [.. result.Targets.Select(target => Layout.Own(result, target).ToArray())];
        string[] names = [.. result.Targets.Select(target =>
            Bidi.Isolate(TextWidth.Cut(TokenCell.Spell(target.Label).Trim(), LongestToken)))];
        int name = names.Max(TextWidth.Of);
        int[] widths = [.. own[0].Select((head, c) => own.Max(row => Math.Max(head.Name.Length, row[c].Value.Length)))];
        output.WriteLine("  " + new string(' ', name)
            + string.Concat(own[0].Select((head, c) => "  " + ink.Faint(head.Name.PadLeft(widths[c])))));
        for (int t = 0; t < names.Length; t++)
        {
            output.WriteLine("  " + TextWidth.PadRight(names[t], name)
                + string.Concat(own[t].Select((number, c) => "  " + number.Value.PadLeft(widths[c]))));
        }
    }

    /// <summary>Numbers of the targets that were asked for next to the explanation: one line per target, one column per number.</summary>
    public static void WriteStepScores(AttributionResult result, TextWriter output, ConsoleInk ink)
    {
        if (result.Targets[0].StepScores is not { Count: > 0 } first)
        {
            return;
        }
        string[] names =
            [.. result.Targets.Select(target => Bidi.Isolate(TextWidth.Cut(TokenCell.Spell(target.Label).Trim(), LongestToken)))];
        int name = names.Max(TextWidth.Of);
        output.WriteLine("  " + new string(' ', name) + string.Concat(first.Keys.Select(step => "  " + step.PadLeft(12))));
        for (int t = 0; t < names.Length; t++)
        {
            IEnumerable<string> cells = (result.Targets[t].StepScores ?? first)
                .Select(score => "  " + Numbers.Exact(score.Value).PadLeft(Math.Max(12, score.Key.Length)));
            output.WriteLine($"  {ink.Faint(TextWidth.PadRight(names[t], name))}{string.Concat(cells)}");
        }
        output.WriteLine();
    }

    /// <summary>A bar of eighths of a cell.</summary>
    public static string Bar(double strength, int cells)
    {
        int eighths = (int)Math.Round(Math.Clamp(strength, 0, 1) * cells * 8);
        return new string('█', eighths / 8) + (eighths % 8 > 0 ? "▏▎▍▌▋▊▉"[(eighths % 8) - 1].ToString() : "");
    }

    // Characters fill a cell from its left only, except the half block.
    private static string BarToLeft(double strength, int cells)
    {
        int halves = (int)Math.Round(Math.Clamp(strength, 0, 1) * cells * 2);
        return ((halves % 2 > 0 ? "▐" : "") + new string('█', halves / 2)).PadLeft(cells);
    }

    /// <summary>Columns in as many blocks as the width asks for.</summary>
    private static void WriteColumns(
        Row[] rows, string[] heads, int[] widths, ColorScale[] scales, TextWriter output, ConsoleInk ink, int width)
    {
        int name = NameWidth(rows);
        for (int first = 0, next; first < heads.Length; first = next)
        {
            int used = name + 2;
            for (next = first; next < heads.Length && (next == first || used + widths[next] + 2 <= width); next++)
            {
                used += widths[next] + 2;
            }
            output.WriteLine(new string(' ', name + 2) + string.Concat(Enumerable.Range(first, next - first)
                .Select(c => "  " + PadLeft(Bidi.Isolate(heads[c]), widths[c]))));
            foreach (Row row in rows)
            {
                output.Write("  " + row.Shown(name, ink));
                for (int c = first; c < next; c++)
                {
                    string figure = Figure(row.Scores[c], scales[c]);
                    output.Write(new string(' ', widths[c] - figure.Length + 2) + ink.OnScore(figure, row.Scores[c], scales[c]));
                }
                output.WriteLine();
            }
            output.WriteLine();
        }
    }

    private static void WriteRest(int all, int shown, TextWriter output, ConsoleInk ink)
    {
        if (shown < all)
        {
            output.WriteLine("  " + ink.Faint(string.Create(CultureInfo.InvariantCulture, $"the {shown} strongest of {all} tokens; "
                + $"--top shows more or fewer")));
        }
    }

    // NaN where a target could not see: the tokens written after it.
    private static float[] Reached(AttributionResult result, SideScores side, float[] scores, int target)
    {
        int reach = result.Targets[target].Reach[result.Sides.ToList().IndexOf(side)];
        return [.. scores.Select((score, p) => p < reach ? score : float.NaN)];
    }

    private static IEnumerable<Row> RowsOf(AttributionResult result, ColorScale[] scales,
        Func<SideScores, IReadOnlyList<float[]>> scores) =>
        result.Sides.SelectMany(side => TokenCell.Of(side, []).Select(cell => new Row(
            cell, cell.Position >= side.GivenLength || side.Name == "target"
            ? "→" : "", [.. scores(side).Select(column => column[cell.Position])], scales)));

    private static Row[] Strongest(Row[] rows, int? top)
    {
        int[] shown = Layout.Strongest([.. rows.Select(r => r.Strength)], top);
        return [.. shown.Select(i => rows[i] with { IsExcerpt = shown.Length < rows.Length })];
    }

    private static int NameWidth(Row[] rows) => rows.Select(row => TextWidth.Of(row.Name)).DefaultIfEmpty(0).Max();

    private static int NumberWidth(Row[] rows, ColorScale scale, int column) =>
        rows.Select(row => Figure(row.Scores[column], scale).Length).DefaultIfEmpty(0).Max();

    private static string Figure(float score, ColorScale scale) => float.IsNaN(score) ? "" : scale.Format(score);

    private static string PadLeft(string text, int cells) => new string(' ', Math.Max(0, cells - TextWidth.Of(text))) + text;

    /// <summary>A token and its scores; <c>Mark</c> tells what the model wrote from what it was given.</summary>
    private sealed record Row(TokenCell Cell, string Mark, float[] Scores, ColorScale[] Scales)
    {
        /// <summary>Whether other tokens are left out, so that its position must be told.</summary>
        public bool IsExcerpt { get; init; }

        public string Name => Mark + Layout.Name(Cell, IsExcerpt, LongestToken - Mark.Length);

        public double Strength => Scores.Select((score, c) => Scales[c].Strength(score)).Max();

        public string Shown(int width, ConsoleInk ink)
        {
            string name = TextWidth.PadRight(Name, width);
            return Cell.IsSpecial ? ink.Faint(name) : name;
        }
    }
}
