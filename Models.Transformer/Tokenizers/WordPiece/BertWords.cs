namespace Vitrine.Transformers;

/// <summary>BERT's words: split at white space; every punctuation character is a word of its own.</summary>
internal sealed class BertWords : IPreTokenizer
{
    public IEnumerable<TextSpan> Split(string text, TextSpan part)
    {
        int start = part.Start;
        for (int i = part.Start, length; i < part.End; i += length)
        {
            bool pair = i + 1 < part.End && char.IsSurrogatePair(text[i], text[i + 1]);
            int code = pair ? char.ConvertToUtf32(text[i], text[i + 1]) : text[i];
            length = pair ? 2 : 1;
            bool space = CharacterClasses.IsWhiteSpace(code), punctuation = CharacterClasses.IsPunctuation(code);
            if (!space && !punctuation)
            {
                continue;
            }

            if (i > start)
            {
                yield return new TextSpan(start, i);
            }

            if (punctuation)
            {
                yield return new TextSpan(i, i + length);
            }

            start = i + length;
        }

        if (part.End > start)
        {
            yield return new TextSpan(start, part.End);
        }
    }
}
