namespace Vitrine.Transformers;

/// <summary>One place in a finished sequence: a text, or a special token.</summary>
/// <param name="Sequence">0 or 1 for the first or second text; -1 for a special token.</param>
/// <param name="Id">The special token's id.</param>
/// <param name="Type">Token type (segment) of everything in this place.</param>
internal readonly record struct TemplatePlace(int Sequence, int Id, int Type)
{
    public static TemplatePlace Text(int sequence, int type) => new(sequence, -1, type);

    public static TemplatePlace Token(int id, int type) => new(-1, id, type);
}

/// <summary>What a model wants around one text and around a pair, as <c>[CLS] A [SEP] B [SEP]</c>.</summary>
internal sealed record PostTemplate(IReadOnlyList<TemplatePlace> Single, IReadOnlyList<TemplatePlace> Pair)
{
    /// <summary>Nothing around the texts; the second of a pair in segment 1, which GPT-2 itself does not look at.</summary>
    public static PostTemplate Plain { get; } =
        new([TemplatePlace.Text(0, 0)], [TemplatePlace.Text(0, 0), TemplatePlace.Text(1, 1)]);

    /// <summary>BERT: <c>[CLS] A [SEP]</c> and <c>[CLS] A [SEP] B [SEP]</c>, the second part in segment 1.</summary>
    public static PostTemplate Bert(int cls, int sep) => new(
        [TemplatePlace.Token(cls, 0), TemplatePlace.Text(0, 0), TemplatePlace.Token(sep, 0)],
        [TemplatePlace.Token(cls, 0), TemplatePlace.Text(0, 0), TemplatePlace.Token(sep, 0),
            TemplatePlace.Text(1, 1), TemplatePlace.Token(sep, 1)]);

    /// <summary>
    /// RoBERTa: <c>&lt;s&gt; A &lt;/s&gt;</c> and <c>&lt;s&gt; A &lt;/s&gt;&lt;/s&gt; B &lt;/s&gt;</c>, all in segment 0.
    /// </summary>
    public static PostTemplate Roberta(int cls, int sep) => new(
        [TemplatePlace.Token(cls, 0), TemplatePlace.Text(0, 0), TemplatePlace.Token(sep, 0)],
        [TemplatePlace.Token(cls, 0), TemplatePlace.Text(0, 0), TemplatePlace.Token(sep, 0),
            TemplatePlace.Token(sep, 0), TemplatePlace.Text(1, 0), TemplatePlace.Token(sep, 0)]);

    /// <summary>Marian: <c>A &lt;/s&gt;</c> and <c>A B &lt;/s&gt;</c>.</summary>
    public static PostTemplate EndOfSentence(int eos) => new(
        [TemplatePlace.Text(0, 0), TemplatePlace.Token(eos, 0)],
        [TemplatePlace.Text(0, 0), TemplatePlace.Text(1, 0), TemplatePlace.Token(eos, 0)]);

    /// <summary>A begin token before each text.</summary>
    public static PostTemplate BeginOfText(int bos) => new(
        [TemplatePlace.Token(bos, 0), TemplatePlace.Text(0, 0)],
        [TemplatePlace.Token(bos, 0), TemplatePlace.Text(0, 0), TemplatePlace.Token(bos, 1), TemplatePlace.Text(1, 1)]);

    /// <summary>A begin and an end token around each text, where they are given; the second of a pair in segment 1.</summary>
    public static PostTemplate Ends(int? bos, int? eos)
    {
        TemplatePlace[] around(int sequence) =>
        [
            .. bos is { } b ? (TemplatePlace[])[TemplatePlace.Token(b, sequence)] : [],
            TemplatePlace.Text(sequence, sequence),
            .. eos is { } e ? (TemplatePlace[])[TemplatePlace.Token(e, sequence)] : [],
        ];
        return new(around(0), [.. around(0), .. around(1)]);
    }

    /// <summary>A language code and the end token: <c>[code] A &lt;/s&gt;</c>, or <c>A &lt;/s&gt; [code]</c>.</summary>
    public static PostTemplate Language(int code, int eos, bool codeFirst)
    {
        TemplatePlace lang = TemplatePlace.Token(code, 0), end = TemplatePlace.Token(eos, 0), a = TemplatePlace.Text(0, 0),
            b = TemplatePlace.Text(1, 0);
        return codeFirst ? new([lang, a, end], [lang, a, b, end]) : new([a, end, lang], [a, b, end, lang]);
    }

    /// <summary>The same texts in the same segments without the special tokens.</summary>
    public PostTemplate WithoutTokens() =>
        new([.. Single.Where(p => p.Sequence >= 0)], [.. Pair.Where(p => p.Sequence >= 0)]);
}
