using System.Buffers;

namespace Vitrine.Transformers;

/// <summary>Cuts a text at the added tokens it contains: leftmost first, the longest of those that start together.</summary>
internal sealed class AddedTokens
{
    private readonly AddedToken[] _tokens;
    private readonly PieceTrie _patterns = new();
    private readonly SearchValues<char> _firsts;

    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        _tokens = [.. tokens.Where(t => t.Pattern.Length > 0)];
        for (int i = _tokens.Length - 1; i >= 0; i--)
        {
            _patterns.Add(_tokens[i].Pattern, i); // of two equal patterns the first counts
        }

        _firsts = SearchValues.Create([.. _tokens.Select(t => t.Pattern[0]).Distinct()]);
    }

    /// <summary>Appends the parts of <paramref name="text"/> in order: a token, or text between tokens (token null, never empty).</summary>
    public void Split(string text, List<(TextSpan Span, AddedToken? Token)> parts)
    {
        int from = 0;
        for (int at = Next(text, 0); at < text.Length;)
        {
            int found = _patterns.LongestMatch(text.AsSpan(at), out int length);
            if (found == PieceTrie.None)
            {
                at = Next(text, at + 1);
                continue;
            }

            AddedToken token = _tokens[found];
            int start = at, end = at + length;
            if (token.SingleWord && ((at > 0 && IsWord(text[at - 1])) || (end < text.Length && IsWord(text[end]))))
            {
                at = Next(text, end);
                continue;
            }

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
                parts.Add((new TextSpan(from, start), null));
            }

            parts.Add((new TextSpan(start, end), token));
            from = end;
            at = Next(text, end);
        }

        if (from < text.Length)
        {
            parts.Add((new TextSpan(from, text.Length), null));
        }
    }

    private int Next(string text, int from)
    {
        int found = text.AsSpan(from).IndexOfAny(_firsts);
        return found < 0 ? text.Length : from + found;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
