using System.Text.Unicode;

namespace Vitrine.Transformers;

/// <summary>What a SentencePiece model file holds (google/sentencepiece, sentencepiece_model.proto).</summary>
internal sealed class SentencePieceModel
{
    private SentencePieceModel(string source, Vocabulary pieces, float[] scores, PieceKind[] kinds, Settings settings)
    {
        (Source, Pieces, Scores, Kinds, Normalization) = (source, pieces, scores, kinds, settings);
    }

    /// <summary>What a piece is for.</summary>
    public enum PieceKind
    {
        /// <summary>An ordinary piece.</summary>
        Normal = 1,

        /// <summary>Stands for unknown characters; never matched.</summary>
        Unknown = 2,

        /// <summary>A mark like the end of a sentence; never matched.</summary>
        Control = 3,

        /// <summary>Always a piece of its own, and untouched by normalisation.</summary>
        UserDefined = 4,

        /// <summary>One byte, for spelling unknown characters.</summary>
        Byte = 6,

        /// <summary>Disabled; never matched.</summary>
        Unused = 5,
    }

    /// <summary>The file's name.</summary>
    public string Source { get; }

    /// <summary>Pieces by their index in the model, which Marian's own ids do not follow.</summary>
    public Vocabulary Pieces { get; }

    /// <summary>Log-probability of each piece (natural logarithm).</summary>
    public float[] Scores { get; }

    /// <summary>Kind of each piece.</summary>
    public PieceKind[] Kinds { get; }

    /// <summary>How text is rewritten before it is cut.</summary>
    public Settings Normalization { get; }

    /// <summary>Whether unknown characters are spelled in byte pieces.</summary>
    public bool ByteFallback { get; private init; }

    /// <summary>Whether this is a byte-pair encoding; else a unigram model.</summary>
    public bool IsBpe { get; private init; }

    /// <summary>The normalizer_spec of the model.</summary>
    /// <param name="CharsMap">Replacement rules, empty for none.</param>
    /// <param name="AddDummyPrefix">Put a space before the text.</param>
    /// <param name="RemoveExtraSpaces">Drop spaces at both ends and all but one of a run.</param>
    /// <param name="EscapeSpaces">Write spaces as <c>▁</c>.</param>
    public sealed record Settings(byte[] CharsMap, bool AddDummyPrefix, bool RemoveExtraSpaces, bool EscapeSpaces);

    /// <summary>The algorithm over this model's pieces.</summary>
    /// <param name="vocabulary">The vocabulary that tokens are reported in.</param>
    /// <param name="ids">The id there of each piece of this model.</param>
    /// <param name="unk">The id of what cannot be spelled.</param>
    public ISubwordModel Subwords(Vocabulary vocabulary, int[] ids, int unk) => IsBpe
        ? new SentencePieceBpe(this, ids, unk)
        : new Unigram(
            vocabulary,
            Enumerable.Range(0, Kinds.Length).Where(i => Kinds[i] is PieceKind.Normal or PieceKind.UserDefined)
                .Select(i => new Unigram.ScoredPiece(Pieces.PieceOf(i), ids[i], Scores[i], Kinds[i] == PieceKind.UserDefined)),
            new Unigram.Settings(unk, ByteFallback) { AsSentencePiece = true });

    /// <summary>Reads a model file.</summary>
    /// <exception cref="TokenizerException">The file is malformed, has no pieces, or is neither a unigram model nor a byte-pair
    /// encoding.</exception>
    public static SentencePieceModel Read(string path)
    {
        byte[] bytes = TokenizerFile.ReadBytes(path);
        var reader = new ProtobufReader(bytes, path);
        var pieces = new VocabularyBuilder(path, bytes.Length / 2);
        var scores = new List<float>();
        var kinds = new List<PieceKind>();
        var settings = new Settings([], true, true, true);
        (bool byteFallback, bool isBpe) = (false, false);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    ReadPiece(new ProtobufReader(reader.ReadBytes(), path), pieces, scores, kinds, path);
                    break;
                case 2:
                    (byteFallback, isBpe) = ReadTrainer(new ProtobufReader(reader.ReadBytes(), path), path);
                    break;
                case 3:
                    settings = ReadNormalizer(new ProtobufReader(reader.ReadBytes(), path), settings);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return kinds.Contains(PieceKind.Unknown)
            ? new SentencePieceModel(Path.GetFileName(path), pieces.ToVocabulary(), [.. scores], [.. kinds], settings)
            {
                ByteFallback = byteFallback,
                IsBpe = isBpe,
            }
            : throw new TokenizerException($"sentence_piece: no unknown piece; "
                + $"got {kinds.Count} pieces in {path}; expected a complete model file.");
    }

    private static void ReadPiece(ProtobufReader reader, VocabularyBuilder pieces, List<float> scores, List<PieceKind> kinds, string path)
    {
        int length = 0;
        float score = 0;
        PieceKind kind = PieceKind.Normal;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    ReadOnlySpan<byte> text = reader.ReadBytes();
                    bool valid = Utf8.ToUtf16(text, pieces.Reserve(text.Length), out _, out length, replaceInvalidSequences: false)
                        == System.Buffers.OperationStatus.Done;
                    length = valid ? length : 0;
                    break;
                case 2:
                    score = reader.ReadFloat();
                    break;
                case 3:
                    kind = (PieceKind)reader.ReadInteger();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (length == 0 || !float.IsFinite(score) || !Enum.IsDefined(kind))
        {
            throw new TokenizerException(
                $"sentence_piece: malformed piece; got number {kinds.Count} of {path} with {length} characters, "
                + $"score {score}, kind {(int)kind}; "
                + "expected UTF-8 text, a finite score and a known kind.");
        }

        pieces.AddReserved(length, kinds.Count);
        scores.Add(score);
        kinds.Add(kind);
    }

    private static (bool ByteFallback, bool IsBpe) ReadTrainer(ProtobufReader reader, string path)
    {
        bool byteFallback = false;
        int type = 1;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    type = reader.ReadInteger();
                    break;
                case 24 when reader.ReadBool():
                    throw new TokenizerException($"sentence_piece: unsupported treat_whitespace_as_suffix; "
                        + $"got it set in {path}; expected spaces before words.");
                case 24:
                    break;
                case 35:
                    byteFallback = reader.ReadBool();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return type is 1 or 2
            ? (byteFallback, type == 2)
            : throw new TokenizerException($"sentence_piece: unsupported model type; "
                + $"got {type} in {path}; expected 1 (unigram) or 2 (BPE).");
    }

    private static Settings ReadNormalizer(ProtobufReader reader, Settings settings)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    settings = settings with { CharsMap = reader.ReadBytes().ToArray() };
                    break;
                case 3:
                    settings = settings with { AddDummyPrefix = reader.ReadBool() };
                    break;
                case 4:
                    settings = settings with { RemoveExtraSpaces = reader.ReadBool() };
                    break;
                case 5:
                    settings = settings with { EscapeSpaces = reader.ReadBool() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return settings;
    }
}
