namespace Vitrine.Transformers;

/// <summary>Puts a space before a text that does not start with one; it comes from no character of the text.</summary>
internal static class PrefixSpace
{
    public static AlignedText Before(AlignedText text)
    {
        if (text.Length == 0 || text.Text[0] == ' ')
        {
            return text;
        }

        int start = text.Origin(0).Start;
        var builder = new AlignedTextBuilder(text);
        builder.Append(' ', new TextSpan(start, start));
        foreach (AlignedRune rune in text.Runes())
        {
            builder.Append(rune.Value, rune.Origin);
        }

        return builder.ToText();
    }
}
