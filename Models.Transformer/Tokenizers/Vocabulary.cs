using System.Text.Json;

namespace Vitrine.Transformers;

/// <summary>The pieces a tokenizer can produce, by id and by spelling.</summary>
public sealed class Vocabulary
{
    private readonly string?[] _pieces;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsBySpan;

    private Vocabulary(string?[] pieces, Dictionary<string, int> ids)
    {
        _pieces = pieces;
        _ids = ids;
        _idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        MaxPieceLength = ids.Count == 0 ? 0 : ids.Keys.Max(p => p.Length);
    }

    /// <summary>Number of ids: one more than the highest. The model's embedding has at least as many rows.</summary>
    public int Count => _pieces.Length;

    /// <summary>Length of the longest piece, in UTF-16 code units.</summary>
    public int MaxPieceLength { get; }

    /// <summary>A vocabulary from pieces in the order of their ids. Where a piece occurs twice, its last id counts.</summary>
    public static Vocabulary FromPieces(IReadOnlyList<string> pieces)
    {
        var ids = new Dictionary<string, int>(pieces.Count, StringComparer.Ordinal);
        for (int id = 0; id < pieces.Count; id++)
        {
            ids[pieces[id]] = id;
        }

        return new Vocabulary([.. pieces], ids);
    }

    /// <summary>Reads BERT's <c>vocab.txt</c>: one piece a line, the line number (from 0) is the id.</summary>
    /// <exception cref="TokenizerException">The file is empty or not UTF-8.</exception>
    public static Vocabulary ReadText(string path)
    {
        ReadOnlySpan<char> text = TokenizerFile.ReadText(path);
        var pieces = new List<string>(text.Length / 7);
        while (text.Length > 0)
        {
            // Only these two end a line: BERT's own vocabulary holds other Unicode line separators.
            int end = text.IndexOfAny('\n', '\r');
            end = end < 0 ? text.Length : end;
            pieces.Add(text[..end].ToString());
            bool pair = end + 1 < text.Length && text[end] == '\r' && text[end + 1] == '\n';
            text = text[Math.Min(text.Length, end + (pair ? 2 : 1))..];
        }

        return pieces.Count > 0
            ? FromPieces(pieces)
            : throw new TokenizerException($"vocabulary: no pieces; got an empty {path}; expected one piece a line.");
    }

    /// <summary>Reads <c>vocab.json</c>: one object from piece to id.</summary>
    /// <exception cref="TokenizerException">The file is not such an object, or its ids are not nearly dense.</exception>
    public static Vocabulary ReadJson(string path)
    {
        byte[] json = TokenizerFile.ReadBytes(path);
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            return FromJson(ref reader, path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new TokenizerException(
                $"vocabulary: not a JSON object from piece to id; got {path} ({e.Message}); expected {{\"piece\": 0, …}}.", e);
        }
    }

    /// <summary>The id of <paramref name="piece"/>, or false where the vocabulary lacks it.</summary>
    public bool TryGetId(ReadOnlySpan<char> piece, out int id) => _idsBySpan.TryGetValue(piece, out id);

    /// <summary>The id of <paramref name="piece"/>, or null where the vocabulary lacks it.</summary>
    public int? IdOf(string piece) => _ids.TryGetValue(piece, out int id) ? id : null;

    /// <summary>Whether <paramref name="id"/> stands for a piece.</summary>
    public bool Contains(int id) => (uint)id < (uint)_pieces.Length && _pieces[id] is not null;

    /// <summary>The spelling of an id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No piece has this id.</exception>
    public string PieceOf(int id) => Contains(id) && _pieces[id] is { } piece
        ? piece
        : throw new ArgumentOutOfRangeException(nameof(id), id,
            $"vocabulary: no piece has this id; got {id}; expected 0 to {Count - 1}.");

    /// <summary>Writes the pieces as BERT's <c>vocab.txt</c>, one a line in the order of their ids.</summary>
    /// <exception cref="InvalidOperationException">An id has no piece, or a piece holds a line break.</exception>
    public void WriteText(string path)
    {
        foreach (string? piece in _pieces)
        {
            if (piece is null || piece.AsSpan().IndexOfAny('\n', '\r') >= 0)
            {
                throw new InvalidOperationException(
                    $"vocabulary: cannot be written as lines; got {(piece is null ? "an id without a piece" : "a piece with a line break")}; "
                    + "expected one line per id. Write it as JSON.");
            }
        }

        File.WriteAllText(path, string.Concat(_pieces.Select(p => p + "\n")));
    }

    /// <summary>This vocabulary with further pieces at given ids, as <c>added_tokens</c> lists them.</summary>
    internal Vocabulary With(IEnumerable<KeyValuePair<string, int>> added, string source)
    {
        var ids = new Dictionary<string, int>(_ids, StringComparer.Ordinal);
        foreach ((string piece, int id) in added)
        {
            ids[piece] = id;
        }

        return ids.Count == _ids.Count && ids.All(p => _ids.TryGetValue(p.Key, out int id) && id == p.Value)
            ? this
            : FromIds(ids, source);
    }

    /// <summary>Reads the object that <paramref name="reader"/> stands on.</summary>
    internal static Vocabulary FromJson(ref Utf8JsonReader reader, string source)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("not an object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string piece = reader.GetString() ?? "";
            reader.Read();
            ids[piece] = reader.GetInt32();
        }

        return FromIds(ids, source);
    }

    /// <summary>Inverts the map. A few ids may be unused; far-flung ones are refused, because they cost memory.</summary>
    private static Vocabulary FromIds(Dictionary<string, int> ids, string source)
    {
        int max = -1;
        foreach ((string piece, int id) in ids)
        {
            if (id < 0 || id > (2 * ids.Count) + 1024)
            {
                throw new TokenizerException(
                    $"vocabulary: id out of range; got {id} for '{piece}' in {source}; expected ids from 0 to about {ids.Count}.");
            }

            max = Math.Max(max, id);
        }

        var pieces = new string?[max + 1];
        foreach ((string piece, int id) in ids)
        {
            pieces[id] = piece;
        }

        return new Vocabulary(pieces, ids);
    }
}
