namespace Vitrine.Transformers;

/// <summary>Something to look for in a text.</summary>
internal interface ITextPattern
{
    /// <summary>
    /// The first match in <paramref name="text"/> that begins at <paramref name="from"/> or later and ends by <paramref name="end"/>.
    /// </summary>
    bool TryFind(string text, int from, int end, out TextSpan match);
}

/// <summary>A literal string.</summary>
internal sealed class LiteralPattern(string literal) : ITextPattern
{
    public bool TryFind(string text, int from, int end, out TextSpan match)
    {
        int at = literal.Length == 0 ? -1 : text.AsSpan(from, end - from).IndexOf(literal, StringComparison.Ordinal);
        match = at < 0 ? default : new TextSpan(from + at, from + at + literal.Length);
        return at >= 0;
    }
}

/// <summary>One character of a class, or a run of them.</summary>
internal sealed class CharacterPattern(Predicate<int> isMember, bool runs = false) : ITextPattern
{
    public bool TryFind(string text, int from, int end, out TextSpan match)
    {
        for (int at = from, length; at < end; at += length)
        {
            if (!isMember(CharacterClasses.CodeAt(text, at, end, out length)))
            {
                continue;
            }

            int stop = at + length;
            while (runs && stop < end && isMember(CharacterClasses.CodeAt(text, stop, end, out int next)))
            {
                stop += next;
            }

            match = new TextSpan(at, stop);
            return true;
        }

        match = default;
        return false;
    }
}
