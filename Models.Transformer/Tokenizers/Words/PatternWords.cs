namespace Vitrine.Transformers;

/// <summary>What becomes of the places where a pattern matches (Hugging Face tokenizers, SplitDelimiterBehavior).</summary>
internal enum SplitBehavior
{
    /// <summary>They go.</summary>
    Removed,

    /// <summary>Each is a word of its own.</summary>
    Isolated,

    /// <summary>They end the word before them.</summary>
    MergedWithPrevious,

    /// <summary>They begin the word after them.</summary>
    MergedWithNext,

    /// <summary>Matches that follow one another are one word.</summary>
    Contiguous,
}

/// <summary>Splits where a pattern matches.</summary>
/// <param name="pattern">The pattern.</param>
/// <param name="behavior">What becomes of its matches.</param>
/// <param name="invert">Whether the text between the matches is the delimiter.</param>
internal sealed class PatternWords(ITextPattern pattern, SplitBehavior behavior, bool invert = false) : IPreTokenizer
{
    public void Split(TextPart part, List<TextPart> words)
    {
        (int from, int end) = part.Span;
        string text = part.Text.Text;
        bool previous = false, first = true;
        while (from < end)
        {
            if (!pattern.TryFind(text, from, end, out TextSpan match) || match.End == match.Start)
            {
                match = new TextSpan(end, end);
            }

            if (match.Start > from)
            {
                Add(new TextSpan(from, match.Start), invert);
            }

            if (!match.IsEmpty)
            {
                Add(match, !invert);
            }

            from = match.End;
        }

        void Add(TextSpan span, bool isDelimiter)
        {
            if (behavior == SplitBehavior.Removed && isDelimiter)
            {
                return;
            }

            bool joins = !first && behavior switch
            {
                SplitBehavior.MergedWithPrevious => isDelimiter && !previous,
                SplitBehavior.MergedWithNext => previous && !isDelimiter,
                SplitBehavior.Contiguous => previous == isDelimiter,
                _ => false,
            };
            if (joins)
            {
                words[^1] = words[^1] with { Span = new TextSpan(words[^1].Span.Start, span.End) };
            }
            else
            {
                words.Add(part with { Span = span });
            }

            (previous, first) = (isDelimiter, false);
        }
    }
}

/// <summary>Splits with one rule after another: each cuts the words that the rules before it left.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> steps) : IPreTokenizer
{
    public void Split(TextPart part, List<TextPart> words)
    {
        List<TextPart> current = [part];
        foreach (IPreTokenizer step in steps)
        {
            List<TextPart> next = new(current.Count);
            foreach (TextPart word in current)
            {
                step.Split(word, next);
            }

            current = next;
        }

        words.AddRange(current);
    }
}
