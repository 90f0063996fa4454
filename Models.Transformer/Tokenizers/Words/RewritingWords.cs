namespace Vitrine.Transformers;

/// <summary>Pre-tokenizers that also change the text: spaces made visible, a space put in front, bytes as characters.</summary>
internal static class RewritingWords
{
    /// <summary>When something goes before the text.</summary>
    public enum Prefix
    {
        /// <summary>Never.</summary>
        Never,

        /// <summary>Before the part that begins the text.</summary>
        First,

        /// <summary>Before every part between added tokens.</summary>
        Always,
    }

    /// <summary>SentencePiece's look: spaces become <c>▁</c>, one goes in front; split before each, or not at all.</summary>
    public static IPreTokenizer Metaspace(char space, Prefix prefix, bool split) => new Rewriter(
        text =>
        {
            text = text.Map(' ', space);
            bool add = prefix == Prefix.Always || (prefix == Prefix.First && text.Origin(0).Start == 0);
            return add && text.Text[0] != space ? text.Prepend(space.ToString()) : text;
        },
        split ? new PatternWords(new LiteralPattern(space.ToString()), SplitBehavior.MergedWithNext) : null);

    /// <summary>Puts a space before a text that starts with none; it comes from no character.</summary>
    public static IPreTokenizer SpaceBefore { get; } = new Rewriter(text => text.Text[0] == ' '
        ? text : text.PrependFromNowhere(' '), null);

    /// <summary>Writes every byte of UTF-8 as a character of <see cref="ByteAlphabet"/>.</summary>
    public static IPreTokenizer Bytes { get; } = new Rewriter(ByteAlphabet.Spell, null);

    private sealed class Rewriter(Func<AlignedText, AlignedText> rewrite, IPreTokenizer? next) : IPreTokenizer
    {
        public void Split(TextPart part, List<TextPart> words)
        {
            if (part.Span.IsEmpty)
            {
                return;
            }

            TextPart whole = TextPart.Whole(rewrite(part.Text.Slice(part.Span)));
            if (next is null)
            {
                words.Add(whole);
            }
            else
            {
                next.Split(whole, words);
            }
        }
    }
}
