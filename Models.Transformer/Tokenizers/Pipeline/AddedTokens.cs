using System.Buffers;

namespace Vitrine.Transformers;

/// <summary>Cuts a text at the added tokens it contains: leftmost first, the longest of those that start together.</summary>
internal sealed class AddedTokens
{
    private readonly AddedToken[] _longestFirst;
    private readonly SearchValues<char> _firsts;

    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        _longestFirst = [.. tokens.Where(t => t.Pattern.Length > 0).OrderByDescending(t => t.Pattern.Length)];
        _firsts = SearchValues.Create(string.Concat(_longestFirst.Select(t => t.Pattern[..1])));
    }

    /// <summary>The parts of <paramref name="text"/> in order: a token, or text between tokens (token null, never empty).</summary>
    public IEnumerable<(TextSpan Span, AddedToken? Token)> Split(string text)
    {
        int from = 0;
        for (int at = Next(text, 0); at < text.Length;)
        {
            if (MatchAt(text, at) is not { } token)
            {
                at = Next(text, at + 1);
                continue;
            }

            int start = at, end = at + token.Pattern.Length;
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

    private AddedToken? MatchAt(string text, int at)
    {
        foreach (AddedToken token in _longestFirst)
        {
            int end = at + token.Pattern.Length;
            if (text.AsSpan(at).StartsWith(token.Pattern, StringComparison.Ordinal)
                && !(token.SingleWord && ((at > 0 && IsWord(text[at - 1])) || (end < text.Length && IsWord(text[end])))))
            {
                return token;
            }
        }

        return null;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
