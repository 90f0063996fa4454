using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Vitrine.Transformers;

/// <summary>A regular expression of a tokenizer.json, written for Oniguruma over code points.</summary>
/// <remarks>.NET sees code units, two of them beyond U+FFFF. Such characters are replaced by one of the same general category before
/// matching, and the places are translated back: patterns of tokenizers ask for categories, not for single emoji. Constructs that mean
/// something else in .NET are refused by name. The patterns of GPT-2 and GPT-4 have scanners of their own.</remarks>
internal sealed partial class RegexPattern : ITextPattern
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    // A character of the Basic Multilingual Plane for each category that characters beyond it have.
    private static readonly Dictionary<UnicodeCategory, char> s_standIns = new()
    {
        [UnicodeCategory.UppercaseLetter] = 'Ж',
        [UnicodeCategory.LowercaseLetter] = 'ж',
        [UnicodeCategory.ModifierLetter] = 'ʰ',
        [UnicodeCategory.OtherLetter] = 'ƻ',
        [UnicodeCategory.NonSpacingMark] = '\u0300',
        [UnicodeCategory.SpacingCombiningMark] = '\u0903',
        [UnicodeCategory.EnclosingMark] = '\u0488',
        [UnicodeCategory.DecimalDigitNumber] = '٣',
        [UnicodeCategory.LetterNumber] = 'ↂ',
        [UnicodeCategory.OtherNumber] = '৴',
        [UnicodeCategory.ConnectorPunctuation] = '‿',
        [UnicodeCategory.DashPunctuation] = '‒',
        [UnicodeCategory.OpenPunctuation] = '‚',
        [UnicodeCategory.ClosePunctuation] = '༻',
        [UnicodeCategory.OtherPunctuation] = '‽',
        [UnicodeCategory.MathSymbol] = '∀',
        [UnicodeCategory.CurrencySymbol] = '₠',
        [UnicodeCategory.ModifierSymbol] = '˂',
        [UnicodeCategory.OtherSymbol] = '☃',
        [UnicodeCategory.Format] = '\u200B',
        [UnicodeCategory.PrivateUse] = '\uE000',
        [UnicodeCategory.OtherNotAssigned] = '\u0378',
    };

    private readonly Regex _regex;
    private readonly string _source;
    private Projection? _last; // of the text that was asked about last; another thread may replace it at any time

    private RegexPattern(Regex regex, string source) => (_regex, _source) = (regex, source);

    /// <summary>The scanner or the expression for <paramref name="pattern"/>; null, and why, where it cannot be understood.</summary>
    public static ITextPattern? Parse(string pattern, string source, out string reason)
    {
        reason = "";
        switch (pattern)
        {
            case @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+":
                return new Gpt2Words();
            case @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+":
            case @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+":
                return new Cl100kWords(3);
            case @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+":
                return new Cl100kWords(1);
        }

        if (Foreign().Match(pattern) is { Success: true } foreign)
        {
            reason = $"'{foreign.Value}' in the pattern '{pattern}'";
            return null;
        }

        try
        {
            return new RegexPattern(new Regex(pattern, RegexOptions.CultureInvariant, s_patience), source);
        }
        catch (ArgumentException)
        {
            reason = $"the pattern '{pattern}'";
            return null;
        }
    }

    public bool TryFind(string text, int from, int end, out TextSpan match)
    {
        (string projected, int[]? units) = Project(text);
        (int start, int stop) = units is null ? (from, end) : (Array.BinarySearch(units, from), Array.BinarySearch(units, end));
        try
        {
            Match found = _regex.Match(projected, start, stop - start);
            match = !found.Success ? default
                : units is null ? new TextSpan(found.Index, found.Index + found.Length)
                : new TextSpan(units[found.Index], units[found.Index + found.Length]);
            return found.Success;
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new TokenizerException(
                $"tokenizer_json: a pattern takes too long; got more than {s_patience.TotalSeconds} s for '{_regex}' of {_source}; "
                    + "expected "
                + $"a pattern without nested repetitions.", e);
        }
    }

    /// <summary>The text with one code unit per character, and where each of them begins in it; null where nothing changes.</summary>
    private (string Projected, int[]? Units) Project(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return (text, null);
        }

        if (_last is { } last && ReferenceEquals(last.Source, text))
        {
            return (last.Text, last.Units);
        }

        var projected = new StringBuilder(text.Length);
        var units = new List<int>(text.Length + 1);
        for (int i = 0, length; i < text.Length; i += length)
        {
            int code = CharacterClasses.CodeAt(text, i, text.Length, out length);
            units.Add(i);
            projected.Append(length == 1 ? text[i] : s_standIns.GetValueOrDefault(CharacterClasses.Category(code), '\u0378'));
        }

        units.Add(text.Length);
        var made = new Projection(text, projected.ToString(), [.. units]);
        _last = made;
        return (made.Text, made.Units);
    }

    private sealed record Projection(string Source, string Text, int[] Units);

    /// <summary>What Oniguruma and .NET read differently, or only Oniguruma reads.</summary>
    [GeneratedRegex(@"(?<=(?<!\\)(?:\\\\)*)\\[hHRXKGZBbyYg]|\[\[:|&&|\(\?~|\(\?[^:=!<i>#]|[*+?}]\+")]
    private static partial Regex Foreign();
}
