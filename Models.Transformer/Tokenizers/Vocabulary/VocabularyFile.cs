using System.Globalization;
using System.Text;

namespace Vitrine.Transformers;

/// <summary>The two file formats of vocabularies.</summary>
internal static class VocabularyFile
{
    public static Vocabulary ReadText(string path)
    {
        char[] text = TokenizerFile.ReadChars(path);
        var spans = new List<TextSpan>(text.Length / 7);
        for (int start = 0; start < text.Length;)
        {
            // Only these two end a line: BERT's own vocabulary may hold other Unicode line separators.
            int length = text.AsSpan(start).IndexOfAny('\n', '\r');
            int end = length < 0 ? text.Length : start + length;
            spans.Add(new TextSpan(start, end));
            bool pair = end + 1 < text.Length && text[end] == '\r' && text[end + 1] == '\n';
            start = end + (pair ? 2 : 1);
        }

        return spans.Count > 0
            ? new Vocabulary(text, [.. spans])
            : throw new TokenizerException($"vocabulary: no pieces; got an empty {path}; expected one piece a line.");
    }

    public static void WriteText(string path, Vocabulary vocabulary)
    {
        var lines = new StringBuilder();
        for (int id = 0; id < vocabulary.Count; id++)
        {
            string piece = vocabulary.Contains(id) ? vocabulary.PieceOf(id) : "\n";
            if (piece.AsSpan().IndexOfAny('\n', '\r') >= 0)
            {
                throw new InvalidOperationException(
                    $"vocabulary: cannot be written as lines; got no piece or a line break at id {id}; expected one line per id. "
                    + $"Write it as JSON.");
            }

            lines.Append(piece).Append('\n');
        }

        AtomicFile.WriteText(path, lines.ToString());
    }

    /// <summary>Writes <c>{"piece": id, …}</c> with the pieces in the order of their ids, atomically.</summary>
    public static void WriteJson(string path, IEnumerable<(string Piece, int Id)> pieces)
    {
        var json = new StringBuilder("{");
        foreach ((string piece, int id) in pieces)
        {
            json.Append(json.Length > 1 ? ", \"" : "\"");
            foreach (char c in piece)
            {
                _ = c < ' ' ? json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : json.Append(c is '"' or '\\' ? "\\" : "")
                    .Append(c);
            }
            json.Append(CultureInfo.InvariantCulture, $"\": {id}");
        }
        AtomicFile.WriteText(path, json.Append("}\n").ToString());
    }

    /// <summary>Reads <c>{"piece": id, …}</c> straight into the vocabulary's buffer. A general JSON reader takes four times
    /// as long for these two kinds of value, and start-up waits for it.</summary>
    public static Vocabulary ReadJson(string path)
    {
        var json = new JsonScanner(TokenizerFile.ReadBytes(path), path);
        var builder = new VocabularyBuilder(path, json.Length / 2);
        json.Expect((byte)'{');
        for (bool more = !json.TryTake((byte)'}'); more;)
        {
            int length = json.ReadString(builder);
            json.Expect((byte)':');
            builder.AddReserved(length, json.ReadInteger());
            more = json.TryTake((byte)',');
            if (!more)
            {
                json.Expect((byte)'}');
            }
        }

        json.ExpectEnd();
        return builder.ToVocabulary();
    }
}
