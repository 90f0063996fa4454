using System.Buffers;

namespace Vitrine.Transformers;

/// <summary>A token that is matched literally in the text before anything else happens to it.</summary>
/// <param name="Content">Its spelling.</param>
/// <param name="Id">Its id.</param>
internal sealed record AddedToken(string Content, int Id)
{
    /// <summary>Left out when decoding without special tokens.</summary>
    public bool Special { get; init; } = true;

    /// <summary>Matches only where no word character touches it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Takes the white space before it.</summary>
    public bool LeftStrip { get; init; }

    /// <summary>Takes the white space after it.</summary>
    public bool RightStrip { get; init; }

    /// <summary>Is looked for in the normalised text instead of the raw one.</summary>
    public bool Normalized { get; init; }
}

/// <summary>Cuts a text at the added tokens it contains: leftmost first, the longest of those that start together.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<char, (string Pattern, AddedToken Token)[]> _byFirst;
    private readonly SearchValues<char> _firsts;

    /// <param name="tokens">The tokens, each with the spelling to look for (its normalised form where that applies).</param>
    public AddedTokens(IEnumerable<(string Pattern, AddedToken Token)> tokens)
    {
        _byFirst = tokens.Where(t => t.Pattern.Length > 0).GroupBy(t => t.Pattern[0])
            .ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Pattern.Length).ToArray());
        _firsts = SearchValues.Create([.. _byFirst.Keys]);
    }

    /// <summary>The parts of <paramref name="text"/> in order: a token, or text between tokens (token null, never empty).</summary>
    public IEnumerable<(TextSpan Span, AddedToken? Token)> Split(string text)
    {
        int from = 0;
        for (int at = Next(text, 0); at < text.Length;)
        {
            if (MatchAt(text, at) is not var (pattern, token))
            {
                at = Next(text, at + 1);
                continue;
            }

            int start = at, end = at + pattern.Length;
            while (token.LeftStrip && start > from && char.IsWhiteSpace(text[start - 1]))
            {
                start--;
            }

            while (token.RightStrip && end < text.Length && char.IsWhiteSpace(text[end]))
            {
                end++;
            }

            if (start > from)
            {
                yield return (new TextSpan(from, start), null);
            }

            yield return (new TextSpan(start, end), token);
            from = end;
            at = Next(text, end);
        }

        if (from < text.Length)
        {
            yield return (new TextSpan(from, text.Length), null);
        }
    }

    private int Next(string text, int from)
    {
        int found = text.AsSpan(from).IndexOfAny(_firsts);
        return found < 0 ? text.Length : from + found;
    }

    private (string Pattern, AddedToken Token)? MatchAt(string text, int at)
    {
        foreach ((string pattern, AddedToken token) in _byFirst[text[at]])
        {
            int end = at + pattern.Length;
            if (text.AsSpan(at).StartsWith(pattern, StringComparison.Ordinal)
                && !(token.SingleWord && ((at > 0 && IsWord(text[at - 1])) || (end < text.Length && IsWord(text[end])))))
            {
                return (pattern, token);
            }
        }

        return null;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
