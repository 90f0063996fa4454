namespace Vitrine.Transformers;

/// <summary>A byte-level vocabulary that was learned: what GPT-2 keeps in <c>vocab.json</c> and <c>merges.txt</c>.</summary>
/// <param name="Pieces">By id: the 256 bytes, the merged pieces in the order they were learned, and <see cref="EndOfText"/>.</param>
/// <param name="Merges">Pairs of pieces in the order they were learned.</param>
public sealed record BytePairVocabulary(IReadOnlyList<string> Pieces, IReadOnlyList<BytePairMerge> Merges)
{
    /// <summary>The piece that ends a text: <c>&lt;|endoftext|&gt;</c>.</summary>
    public const string EndOfText = "<|endoftext|>";

    /// <summary>Writes <c>vocab.json</c> and <c>merges.txt</c>.</summary>
    public void Write(string folder)
    {
        VocabularyFile.WriteJson(Path.Combine(folder, "vocab.json"), Pieces.Select((piece, id) => (piece, id)));
        string merges = string.Concat(Merges.Select(m => $"{m.Left} {m.Right}\n").Prepend("#version: 0.2\n"));
        AtomicFile.WriteText(Path.Combine(folder, "merges.txt"), merges);
    }
}

/// <summary>Two neighbouring pieces that become one.</summary>
/// <param name="Left">In the alphabet of bytes, where a space is <c>Ġ</c>.</param>
/// <param name="Right">Likewise.</param>
public readonly record struct BytePairMerge(string Left, string Right);
