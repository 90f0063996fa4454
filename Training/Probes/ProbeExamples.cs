using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>A stretch of activations with a class.</summary>
/// <param name="Text">Which text it is from.</param>
/// <param name="Tokens">The positions whose mean is the example.</param>
/// <param name="Class">What the probe is to say.</param>
/// <param name="Word">Token id that the control task's label depends on.</param>
internal readonly record struct ProbeExample(int Text, int[] Tokens, int Class, int Word);

/// <summary>Texts as tokens, and the examples in them.</summary>
internal sealed class ProbeExamples
{
    private readonly ProbePooling _pooling;

    private ProbeExamples(IReadOnlyList<ProbeText> texts, ITransformer model, string[] classes, ProbePooling pooling, bool spans)
    {
        ITokenizer tokenizer = model.Tokenizer ?? throw new TrainingException("probe: the model has no tokenizer; "
            + "expected its files next to config.json.");
        (Texts, Classes, _pooling) = (texts, classes, pooling);
        Encodings = [.. texts.Select(text => (text.Question is { } question
            ? tokenizer.Encode(question, text.Text) : tokenizer.Encode(text.Text)).Truncate(model.Info.MaxPositions))];
        Rows.ExpectVocabulary(model, Encodings.Select(encoding => encoding.Ids));
        Inner = [.. Encodings.Select(encoding => Enumerable.Range(0, encoding.Count)
            .Where(i => !encoding.SpecialMask[i] && encoding.SequenceIds[i] == encoding.SequenceIds.Max()).ToArray())];
        All = [.. Enumerable.Range(0, texts.Count).SelectMany(text => Examples(text, spans))];
    }

    /// <summary>The texts.</summary>
    public IReadOnlyList<ProbeText> Texts { get; }

    /// <summary>Their tokens.</summary>
    public Encoding[] Encodings { get; }

    /// <summary>The positions of each text's own tokens: neither special ones nor those of a question before it.</summary>
    public int[][] Inner { get; }

    /// <summary>The labels, in ordinal order.</summary>
    public string[] Classes { get; }

    /// <summary>The examples.</summary>
    public IReadOnlyList<ProbeExample> All { get; }

    /// <summary>Finds the examples.</summary>
    /// <param name="texts">Texts with labels.</param>
    /// <param name="model">Its tokenizer reads them.</param>
    /// <param name="pooling">What becomes an example.</param>
    /// <exception cref="TrainingException">There is none, or only one class.</exception>
    public static ProbeExamples Of(IReadOnlyList<ProbeText> texts, ITransformer model, ProbePooling pooling)
    {
        bool spans = pooling == ProbePooling.Token && texts.Any(text => text.Spans.Count > 0);
        if (!spans && texts.FirstOrDefault(text => text.Label is null) is { } unlabelled)
        {
            throw new TrainingException($"probe: a text without a label; got '{Start(unlabelled.Text)}' with labelled stretches only; "
                + $"expected a label for the whole. Probe its tokens: --pool token.");
        }
        string[] classes =
            [.. (spans ? texts.SelectMany(text => text.Spans.Select(span => span.Label)) : texts.Select(text => text.Label!)).Distinct()
                .Order(StringComparer.Ordinal)];
        if (classes.Length < 2)
        {
            throw new TrainingException($"probe: nothing to tell apart; "
                + $"got {(classes.Length == 0 ? "no label" : $"only the label '{classes[0]}'")}; expected at least two labels.");
        }
        return new(texts, model, classes, pooling, spans);
    }

    /// <summary>
    /// What is at a position: the tokens there that are examples, or, where texts are, the activation there of every text that is so long.
    /// </summary>
    public IEnumerable<ProbeExample> At(int position) => _pooling == ProbePooling.Token
        ? All.Where(example => example.Tokens[0] == position)
        : All.Where(example => Encodings[example.Text].Count > position).Select(example => example with { Tokens = [position] });

    private IEnumerable<ProbeExample> Examples(int text, bool spans)
    {
        (Encoding encoding, int[] inner) = (Encodings[text], Inner[text]);
        if (inner.Length == 0)
        {
            return [];
        }
        int label = Array.IndexOf(Classes, Texts[text].Label), word = encoding.Ids[inner[0]];
        return _pooling switch
        {
            ProbePooling.Mean => [new(text, inner, label, word)],
            ProbePooling.First => [new(text, [0], label, word)],
            ProbePooling.Last => [new(text, [inner[^1]], label, word)],
            _ when spans => Texts[text].Spans.SelectMany(span => inner.Where(i => encoding.Offsets[i].Start < span.End
                && encoding.Offsets[i].End > span.Start)
                .Select(i => new ProbeExample(text, [i], Array.IndexOf(Classes, span.Label), encoding.Ids[i]))),
            _ => inner.Select(i => new ProbeExample(text, [i], label, encoding.Ids[i])),
        };
    }

    private static string Start(string text) => text.Length > 40 ? text[..40] + "…" : text;
}
