namespace Vitrine.Transformers;

/// <summary>Builds what turns pieces into text again from the decoder that a tokenizer.json names.</summary>
/// <param name="path">The file, for errors.</param>
/// <param name="unsupported">Receives the components that are not understood.</param>
internal sealed class JsonDecoders(string path, List<string> unsupported)
{
    /// <summary>The decoder; the model's usual way where the file does not say.</summary>
    /// <param name="part">The component.</param>
    /// <param name="model">The kind of model.</param>
    /// <param name="bytes">Whether its pieces are written in bytes.</param>
    public IPieceDecoder Read(JsonField part, string model, bool bytes) => part.TypeName() switch
    {
        "" => bytes ? new ByteLevelDecoder() : model == "WordPiece" ? new WordPieceDecoder("##", cleanUp: true) : new Steps([Spaced]),
        "ByteLevel" => new ByteLevelDecoder(),
        "WordPiece" => new WordPieceDecoder(part.Text("prefix") ?? "##", part.Flag("cleanup", true)),
        _ => new Steps([.. StepsOf(part)]),
    };

    private IEnumerable<Func<IReadOnlyList<string>, IReadOnlyList<string>>> StepsOf(JsonField part)
    {
        switch (part.TypeName())
        {
            case "Sequence":
                return part.Part("decoders").Items().SelectMany(StepsOf);
            case "ByteLevel":
                return [pieces => [new ByteLevelDecoder().Decode(pieces)]];
            case "WordPiece":
                var wordPiece = new WordPieceDecoder(part.Text("prefix") ?? "##", part.Flag("cleanup", true));
                return [pieces => [wordPiece.Decode(pieces)]];
            case "ByteFallback":
                return [ByteFallback];
            case "Fuse":
                return [pieces => [string.Concat(pieces)]];
            case "Strip":
                char content = part.Character("content", ' ');
                (int start, int stop) = (part.Whole("start", 0) ?? 0, part.Whole("stop", 0) ?? 0);
                return [pieces => [.. pieces.Select(piece => Strip(piece, content, start, stop))]];
            case "Metaspace":
                char space = part.Character("replacement", SentencePieceNormalizer.Space);
                bool keep = part.Text("prepend_scheme") is { } scheme ? scheme == "never" : !part.Flag("add_prefix_space", true);
                return [pieces => [.. pieces.Select((piece, i) => (i > 0 || keep
                    ? piece : piece.Replace(space.ToString(), "", StringComparison.Ordinal)).Replace(space, ' '))]];
            case "BPEDecoder":
                string suffix = part.Text("suffix") ?? "</w>";
                return [pieces => [.. pieces.Select((piece, i) => piece.Replace(suffix, i < pieces.Count - 1
                    ? " " : "", StringComparison.Ordinal))]];
            case "Replace" when part.Part("pattern").Text("String") is { Length: > 0 } literal:
                string with = part.Part("content").Text();
                return [pieces => [.. pieces.Select(piece => piece.Replace(literal, with, StringComparison.Ordinal))]];
            case "Replace" when RegexPattern.Parse(part.Part("pattern").Part("Regex").Text(), path, out _) is { } pattern:
                string content2 = part.Part("content").Text();
                return [pieces => [.. pieces.Select(piece => TextEdits.Replace(AlignedText.Verbatim(piece, new(0, piece.Length)), pattern,
                    content2).Text)]];
            default:
                unsupported.Add($"{part.Path} {part.TypeName()}");
                return [];
        }
    }

    private sealed class Steps(IReadOnlyList<Func<IReadOnlyList<string>, IReadOnlyList<string>>> steps) : IPieceDecoder
    {
        public string Decode(IReadOnlyList<string> pieces) => string.Concat(steps.Aggregate(pieces, (current, step) => step(current)));
    }

    private static List<string> Spaced(IReadOnlyList<string> pieces) => [string.Join(' ', pieces)];

    private static string Strip(string piece, char content, int start, int stop)
    {
        int from = 0, to = piece.Length;
        while (from < Math.Min(start, piece.Length) && piece[from] == content)
        {
            from++;
        }

        while (to > Math.Max(from, piece.Length - stop) && piece[to - 1] == content)
        {
            to--;
        }

        return piece[from..to];
    }

    /// <summary>Runs of byte pieces as the text they spell; one U+FFFD for each byte of a run that is no UTF-8.</summary>
    private static List<string> ByteFallback(IReadOnlyList<string> pieces)
    {
        var result = new List<string>(pieces.Count);
        var bytes = new List<byte>();
        foreach (string piece in pieces)
        {
            if (SentencePieceDecoder.TryByte(piece, out byte value))
            {
                bytes.Add(value);
                continue;
            }

            Flush();
            result.Add(piece);
        }

        Flush();
        return result;

        void Flush()
        {
            byte[] run = [.. bytes];
            bytes.Clear();
            if (run.Length > 0)
            {
                result.Add(System.Text.Unicode.Utf8.IsValid(run)
                    ? System.Text.Encoding.UTF8.GetString(run) : new string('\uFFFD', run.Length));
            }
        }
    }
}
