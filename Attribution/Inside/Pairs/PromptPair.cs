using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A clean input, a corrupted one of equally many tokens, and the number that tells them apart.</summary>
public sealed record PromptPair
{
    /// <summary>The input with the behaviour that is explained.</summary>
    public required ModelInput Clean { get; init; }

    /// <summary>The same with what matters changed.</summary>
    public required ModelInput Corrupted { get; init; }

    /// <summary>What is measured.</summary>
    public required InsideMetric Metric { get; init; }

    /// <summary>What the positions are called, one text per token of the clean input; empty: by number.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];

    /// <summary>Of an encoder–decoder the same for the source; empty: by number.</summary>
    public IReadOnlyList<string> SourceTokens { get; init; } = [];

    /// <summary>A pair of token sequences of equal length.</summary>
    /// <param name="clean">Token ids.</param>
    /// <param name="corrupted">Token ids.</param>
    /// <param name="metric">What is measured.</param>
    /// <exception cref="VitrineException">The lengths differ.</exception>
    public static PromptPair Of(IReadOnlyList<int> clean, IReadOnlyList<int> corrupted, InsideMetric metric)
    {
        ArgumentNullException.ThrowIfNull(clean);
        ArgumentNullException.ThrowIfNull(corrupted);
        return new PromptPair { Clean = ModelInput.Of([.. clean]), Corrupted = ModelInput.Of([.. corrupted]), Metric = metric }.Checked();
    }

    /// <summary>A pair of texts whose answers are one token each.</summary>
    /// <param name="model">The model; its tokenizer cuts the texts.</param>
    /// <param name="clean">The text before the answer; for a masked language model with its mask.</param>
    /// <param name="corrupted">The same with what matters changed.</param>
    /// <param name="correct">The answer of the clean text: a token as it is spelt, or the name of a label.</param>
    /// <param name="wrong">The answer it is compared with; null: the corrupted text's own answer is not known, and ln p of the correct one
    /// is measured.</param>
    /// <param name="metric">From the ids of both answers to the number; null: logit difference, or ln p without a wrong answer.</param>
    /// <param name="target">Of an encoder–decoder: what stands before the answer in the target; null: nothing.</param>
    /// <param name="align">Whether a text with fewer tokens is filled up where both differ: <see cref="TokenAlignment"/>.</param>
    /// <exception cref="VitrineException">The texts have different numbers of tokens, or an answer is several.</exception>
    public static PromptPair Of(ITransformer model, string clean, string corrupted, string correct, string? wrong, Func<int, int?,
        InsideMetric>? metric = null, string? target = null, bool align = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ITokenizer tokenizer = model.Tokenizer
            ?? throw new VitrineException("pair: the model has no tokenizer; got texts; expected token ids.");
        Encoding first = tokenizer.Encode(clean), second = tokenizer.Encode(corrupted);
        if (first.Ids.Length == 0 || second.Ids.Length == 0)
        {
            throw new VitrineException($"pair: no tokens in the {(first.Ids.Length == 0 ? "clean" : "corrupted")} text; expected at least "
                + "one word.");
        }
        if (first.Ids.Length != second.Ids.Length && !align)
        {
            throw Unequal(first, second);
        }
        (int[] a, int[] b) = TokenAlignment.Of(first.Ids, second.Ids, TokenAlignment.Filler(model));
        int right = Answer(model, correct);
        int? other = wrong is null ? null : Answer(model, wrong);
        InsideMetric number = (metric
            ?? ((one, two) => two is { } foil ? InsideMetric.LogitDifference(one, foil) : InsideMetric.LogProbability(one)))(right, other)
            .Spelled(model);
        if (model.Info.Task == ModelTask.MaskedLanguageModel)
        {
            number = number with { Position = MaskOf(tokenizer, a) };
        }
        string[] pieces = [.. a.Select((id, i) => id == b[i] ? Spelt(tokenizer, id)
            : $"{Spelt(tokenizer, id)}/{Spelt(tokenizer, b[i]).Trim()}")];
        var pair = new PromptPair { Clean = ModelInput.Of(a), Corrupted = ModelInput.Of(b), Metric = number, Tokens = pieces };
        return model.Info.Task == ModelTask.SequenceToSequence ? pair.Before(model, target ?? "") : pair;
    }

    // Both sources with one target: the decoder's start token and what stands before the answer.
    private PromptPair Before(ITransformer model, string text)
    {
        ITokenizer tokenizer = Spelling.OfWritten(model) ?? throw new VitrineException("pair: the model has no tokenizer for its target.");
        int start = model.Info.DecoderStartId ?? throw new VitrineException("pair: the model names no start token for its target.");
        int[] ids = [start, .. text.Length == 0 ? [] : tokenizer.Encode(text, special: false).Ids];
        ModelInput target = ModelInput.Of(ids);
        return this with
        {
            Clean = Clean with { Target = target },
            Corrupted = Corrupted with { Target = target },
            Tokens = [.. ids.Select(id => Spelt(tokenizer, id))],
            SourceTokens = Tokens,
        };
    }

    internal static int MaskOf(ITokenizer tokenizer, int[] ids) => tokenizer.Special.Mask is { } mask && Array.IndexOf(ids, mask) is >= 0
        and var at ? at
        : throw new VitrineException("mask: none in the text; got a masked language model, which answers at its mask; "
            + $"expected {(tokenizer.Special.Mask is { } id ? $"'{tokenizer.Vocabulary.PieceOf(id)}'" : "a mask")} where the answer "
            + "stands.");

    /// <summary>The other direction: what was clean is corrupted.</summary>
    public PromptPair Swapped => this with { Clean = Corrupted, Corrupted = Clean };

    /// <summary>The same pair measured by KL(clean run ‖ run), nats, at the metric's position: 0 in the clean run.</summary>
    /// <param name="model">The model.</param>
    public PromptPair ByDivergence(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        using Recorder.Pause pause = Recorder.Suspend();
        Tensor logits = model.Forward(Clean);
        int at = Metric.Position < 0 ? Positions + Metric.Position : Metric.Position;
        return this with
        {
            Metric = InsideMetric.KlFrom(logits.Shape.Rank == 3 ? logits.Select(1, at) : logits) with { Position = Metric.Position },
        };
    }

    /// <summary>Positions of the text whose output is read.</summary>
    internal int Positions => Ids(Clean.Target ?? Clean).Shape[1];

    /// <summary>The first position at which the texts differ; the number of positions when they are equal.</summary>
    internal int FirstDifference
    {
        get
        {
            if (Clean.Target is not null || Clean.Ids is not { } first || Corrupted.Ids is not { } second)
            {
                return 0;
            }
            int[] a = first.ToIntArray(), b = second.ToIntArray();
            int at = 0;
            while (at < a.Length && a[at] == b[at])
            {
                at++;
            }
            return at;
        }
    }

    /// <summary>What a position is called.</summary>
    /// <param name="position">From 0.</param>
    /// <param name="source">Of the encoder's text.</param>
    internal string Label(int position, bool source = false)
    {
        IReadOnlyList<string> names = source ? SourceTokens : Tokens;
        string number = position.ToString(CultureInfo.InvariantCulture);
        return position < names.Count ? $"{number} {names[position]}" : number;
    }

    /// <summary>This pair, once both inputs are known to have equally many tokens.</summary>
    /// <exception cref="VitrineException">They have not.</exception>
    public PromptPair Checked()
    {
        (int clean, int corrupted) = (Ids(Clean).Shape[1], Ids(Corrupted).Shape[1]);
        if (clean != corrupted)
        {
            throw new VitrineException(
                $"pair: token counts differ; got {clean} clean and {corrupted} corrupted; expected equal numbers. Change words for "
                    + $"words of as many tokens.");
        }
        if (clean == 0)
        {
            throw new VitrineException("pair: no tokens; got two empty texts; expected at least one token each.");
        }
        return this;
    }

    /// <summary>One token or label of that spelling.</summary>
    /// <exception cref="VitrineException">There is none, or the spelling is several tokens.</exception>
    public static int Answer(ITransformer model, string answer)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(answer);
        if (model is not ILanguageModel)
        {
            int label = model.Info.Labels.ToList().FindIndex(l => string.Equals(l, answer, StringComparison.OrdinalIgnoreCase));
            return label >= 0 ? label
                : int.TryParse(answer, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    && number < Math.Max(1, model.Info.Labels.Count) ? number
                : throw new VitrineException(
                    $"answer: no such label; got '{answer}'; expected one of {string.Join(", ", model.Info.Labels)}.");
        }
        ITokenizer tokenizer = Spelling.OfWritten(model)
            ?? throw new VitrineException($"answer: the model has no tokenizer; got '{answer}'; expected a token id.");
        int[] ids = tokenizer.Encode(answer, special: false).Ids;
        return ids.Length == 1
            ? ids[0]
            : throw new VitrineException(
                $"answer: '{answer}' is {ids.Length} tokens; got {string.Join(" + ", ids.Select(id => $"'{Spelt(tokenizer, id)}'"))}; "
                + "expected one. A leading space belongs to a word in most vocabularies.");
    }

    // What the model writes: a token, or the name of a label.
    internal static string Word(ITransformer model, int id) => model is ILanguageModel
        ? Spelling.OfWritten(model) is { } tokenizer ? Spelt(tokenizer, id) : id.ToString(CultureInfo.InvariantCulture)
        : id < model.Info.Labels.Count ? model.Info.Labels[id] : id.ToString(CultureInfo.InvariantCulture);

    // A piece that is a part of a character is spelt by its bytes.
    internal static string Spelt(ITokenizer tokenizer, int id) => tokenizer.Decode([id], skipSpecial: false) switch
    {
        "" => id.ToString(CultureInfo.InvariantCulture),
        var text when text.Contains('\uFFFD', StringComparison.Ordinal) => tokenizer.Vocabulary.PieceOf(id) is var piece
            && piece.StartsWith("<0x", StringComparison.Ordinal) ? piece
            : string.Concat(ByteAlphabet.ToBytes(piece).Select(b => string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"))),
        var text => text,
    };

    internal static Tensor Ids(ModelInput input) => input.Ids ?? input.Embeddings
        ?? throw new VitrineException("pair: no input; expected token ids or embeddings.");

    private static VitrineException Unequal(Encoding a, Encoding b)
    {
        int at = Enumerable.Range(0, Math.Min(a.Ids.Length, b.Ids.Length))
            .FirstOrDefault(i => a.Ids[i] != b.Ids[i], Math.Min(a.Ids.Length, b.Ids.Length));
        static string Pieces(Encoding e, int from) => string.Join(" ", e.Pieces.Skip(from).Take(5).Select(t => $"'{t}'"));
        return new VitrineException(
            $"pair: token counts differ; got {a.Ids.Length} clean and {b.Ids.Length} corrupted, apart from position {at} on: "
                + $"{Pieces(a, at)} … against {Pieces(b, at)} …; "
            + "expected equal numbers. Change words for words of as many tokens, or fill the shorter text up (--align).");
    }
}
