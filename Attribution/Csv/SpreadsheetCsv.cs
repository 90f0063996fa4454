using System.Globalization;
using System.Text;

namespace Vitrine.Attributions;

/// <summary>A table that a spreadsheet may open: no text of it is taken for a formula, and none holds control characters.</summary>
/// <remarks>
/// Excel, LibreOffice and others compute what begins with <c>=</c>, <c>+</c>, <c>-</c> or <c>@</c>, also after a tab or a return; an
/// apostrophe before it makes it text (OWASP, CSV injection). Numbers stay as they are. The table is no longer what it was: a program that
/// reads it back sees the apostrophe.
/// </remarks>
public static class SpreadsheetCsv
{
    /// <summary>A table of RFC 4180 with an apostrophe before every text that a spreadsheet would compute.</summary>
    /// <param name="csv">What one of the <c>ToCsv</c> methods wrote.</param>
    public static string Safe(string csv)
    {
        ArgumentNullException.ThrowIfNull(csv);
        var safe = new StringBuilder(csv.Length + 64);
        for (int at = 0; at < csv.Length;)
        {
            int end = EndOfField(csv, at);
            string field = csv[at..end];
            bool isQuoted = field is ['"', ..];
            string text = isQuoted ? field[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : field, shown = Text(text);
            safe.Append(shown == text ? field : isQuoted || shown.AsSpan().IndexOfAny("\",\r\n") >= 0
                ? $"\"{shown.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : shown);
            for (at = end; at < csv.Length && csv[at] is ',' or '\r' or '\n'; at++)
            {
                safe.Append(csv[at]);
                if (csv[at] == ',')
                {
                    at++;
                    break;
                }
            }
        }
        return safe.ToString();
    }

    private static int EndOfField(string csv, int start)
    {
        if (csv[start] != '"')
        {
            int end = csv.AsSpan(start).IndexOfAny(",\r\n");
            return end < 0 ? csv.Length : start + end;
        }
        for (int at = start + 1; at < csv.Length; at++)
        {
            if (csv[at] != '"')
            {
                continue;
            }
            at++; // two quotes are one that stands in the text
            if (at == csv.Length || csv[at] != '"')
            {
                return at;
            }
        }
        return csv.Length;
    }

    private static string Text(string text)
    {
        string shown = string.Concat(text.Select(c => c is (< ' ' and not '\n') or '\x7F' or (>= '\x80' and < '\xA0')
            ? c < ' ' ? (char)(0x2400 + c) : '\uFFFD' : c));
        char first = text.SkipWhile(c => char.IsWhiteSpace(c) || char.IsControl(c)).FirstOrDefault();
        bool isFormula = first is '=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠'
            && !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        return isFormula ? "'" + shown : shown;
    }
}
