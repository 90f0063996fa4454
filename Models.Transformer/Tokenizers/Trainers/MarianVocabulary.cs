namespace Vitrine.Transformers;

/// <summary>Makes the vocabulary that Marian shares between two languages out of their SentencePiece models.</summary>
public static class MarianVocabulary
{
    /// <summary>
    /// <c>&lt;/s&gt;</c>, <c>&lt;unk&gt;</c>, the pieces of <c>source.spm</c>, those of <c>target.spm</c> that are new, and
    /// <c>&lt;pad&gt;</c>: the order of OPUS-MT, where <c>&lt;/s&gt;</c> is 0 and <c>&lt;pad&gt;</c> the last. What is never cut out of a
    /// text (controls, the unknown piece) is left out.
    /// </summary>
    /// <param name="folder">Holds both models, e.g. of <c>spm_train --model_type=unigram</c>.</param>
    /// <exception cref="TokenizerException">A model is missing or malformed.</exception>
    public static Vocabulary Join(string folder)
    {
        List<string> pieces = ["</s>", "<unk>"];
        var known = new HashSet<string>([.. pieces, "<pad>"], StringComparer.Ordinal);
        foreach (string name in (string[])["source.spm", "target.spm"])
        {
            SentencePieceModel model = SentencePieceModel.Read(Path.Combine(folder, name));
            pieces.AddRange(Enumerable.Range(0, model.Kinds.Length)
                .Where(i => model.Kinds[i] is not (SentencePieceModel.PieceKind.Unknown or SentencePieceModel.PieceKind.Control))
                .Select(model.Pieces.PieceOf)
                .Where(known.Add));
        }
        return Vocabulary.FromPieces([.. pieces, "<pad>"]);
    }
}
