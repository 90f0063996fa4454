namespace Vitrine.Transformers;

/// <summary>Opens the tokenizer in a model folder; the files in it decide which kind it is.</summary>
public static class TokenizerLoader
{
    /// <summary>Opens the tokenizer in <paramref name="folder"/>. The first of these that is there decides, and
    /// <see cref="ITokenizer.Description"/> says which it was:
    /// <list type="number">
    /// <item><c>vocab.txt</c>: WordPiece (BERT), with <c>tokenizer_config.json</c> for lower case and accents.</item>
    /// </list></summary>
    /// <param name="folder">A folder that holds at least the tokenizer's files.</param>
    /// <exception cref="TokenizerException">No such folder, no tokenizer in it, or a malformed file.</exception>
    public static ITokenizer Load(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new TokenizerException($"tokenizer: no such folder; got '{folder}'; expected a folder with tokenizer files.");
        }

        string vocabularyText = Path.Combine(folder, "vocab.txt");
        if (File.Exists(vocabularyText))
        {
            return LoadWordPiece(folder, vocabularyText);
        }

        throw new TokenizerException(
            $"tokenizer: no tokenizer files; got {Listing(folder)} in '{folder}'; expected vocab.txt.");
    }

    private static ITokenizer LoadWordPiece(string folder, string path)
    {
        var config = new TokenizerConfig(folder);
        var standard = new WordPieceOptions();
        return WordPiece.Create(Vocabulary.ReadText(path), standard with
        {
            LowerCase = config.Flag("do_lower_case") ?? standard.LowerCase,
            StripAccents = config.Flag("strip_accents"),
            SpaceCjk = config.Flag("tokenize_chinese_chars") ?? standard.SpaceCjk,
            Unk = config.TokenName("unk_token") ?? standard.Unk,
            Cls = config.TokenName("cls_token") ?? standard.Cls,
            Sep = config.TokenName("sep_token") ?? standard.Sep,
            Pad = config.TokenName("pad_token") ?? standard.Pad,
            Mask = config.TokenName("mask_token") ?? standard.Mask,
        }, "vocab.txt");
    }

    private static string Listing(string folder)
    {
        string[] names = [.. Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal).Take(9)];
        return names.Length == 0 ? "no files" : string.Join(", ", names.Take(8)) + (names.Length > 8 ? ", …" : "");
    }
}
