namespace Vitrine.Transformers;

/// <summary>BERT's words: split at white space; every punctuation character is a word of its own.</summary>
internal sealed class BertWords : IPreTokenizer
{
    public void Split(TextPart part, List<TextPart> words)
    {
        (int start, int end) = part.Span;
        string text = part.Text.Text;
        for (int i = start, length; i < end; i += length)
        {
            int code = CharacterClasses.CodeAt(text, i, end, out length);
            bool space = CharacterClasses.IsWhiteSpace(code), punctuation = CharacterClasses.IsPunctuation(code);
            if (!space && !punctuation)
            {
                continue;
            }

            if (i > start)
            {
                words.Add(part with { Span = new TextSpan(start, i) });
            }

            if (punctuation)
            {
                words.Add(part with { Span = new TextSpan(i, i + length) });
            }

            start = i + length;
        }

        if (end > start)
        {
            words.Add(part with { Span = new TextSpan(start, end) });
        }
    }
}
