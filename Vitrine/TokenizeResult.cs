using System.Text.Json.Nodes;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>A text, cut into pieces.</summary>
/// <param name="Tokenizer">What cut it.</param>
/// <param name="Encoding">Ids, pieces, offsets in UTF-16 code units, words.</param>
public sealed record TokenizeResult(string Tokenizer, Encoding Encoding)
{
    /// <summary>The table that <c>vitrine tokenize</c> prints; offsets count Unicode characters, the end is exclusive.</summary>
    public override string ToString()
    {
        var text = new StringWriter { NewLine = "\n" };
        text.WriteLine(Tokenizer);
        text.WriteLine();
        TextSpan[] offsets = Encoding.CodePointOffsets();
        new Grid
        {
            Head = [">#", ">id", "piece", "offsets", "text"],
            Rows = [.. Enumerable.Range(0, Encoding.Count).Select(i => (string[])
            [
                Number(i), Number(Encoding.Ids[i]), Encoding.Pieces[i],
                Encoding.SequenceIds[i] < 0 ? "" : $"{Number(offsets[i].Start)}–{Number(offsets[i].End)}",
                Encoding.Surface(i),
            ])],
        }.Write(text);
        return text.ToString();
    }

    /// <summary>The same as JSON (<c>docs/JSON.md</c>); offsets count Unicode characters.</summary>
    public string ToJson() => ResultJsonText.Of(new()
    {
        ["format"] = "vitrine.tokens",
        ["version"] = 1,
        ["tokenizer"] = Tokenizer,
        ["texts"] = ResultJsonText.Texts(Encoding.Texts),
        ["ids"] = Ids(),
        ["pieces"] = Pieces(),
        ["offsets"] = Offsets(),
    });

    /// <summary>The first text with its ids, pieces and offsets on one line, for many texts in a row.</summary>
    public string ToJsonLine() => ResultJsonText.Line(new()
    {
        ["text"] = Encoding.Texts[0],
        ["ids"] = Ids(),
        ["pieces"] = Pieces(),
        ["offsets"] = Offsets(),
    });

    private JsonArray Ids() => new([.. Encoding.Ids.Select(id => (JsonNode)id)]);

    private JsonArray Pieces() => new([.. Encoding.Pieces.Select(piece => (JsonNode)piece)]);

    private JsonArray Offsets() => new([.. Encoding.CodePointOffsets().Select(span => (JsonNode)new JsonArray(span.Start, span.End))]);

    private static string Number(int value) => FormattableString.Invariant($"{value}");
}
