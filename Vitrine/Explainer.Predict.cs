using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine;

public sealed partial class Explainer
{
    /// <summary>What the model says of a text: labels, answers, masked words or the next token, with probabilities.</summary>
    /// <param name="text">The text; of a reader, the question.</param>
    /// <param name="request">The context of a question, the options of a choice, how many answers; null: the text alone.</param>
    /// <exception cref="Vitrine.Tensors.VitrineException">The text does not fit the model; the message says what would.</exception>
    public PredictResult Predict(string text, PredictRequest? request = null) => Predict((request ?? new()) with { Text = text });

    /// <inheritdoc cref="Predict(string, PredictRequest?)"/>
    public PredictResult Predict(PredictRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        using Turn.Scope turn = Enter();
        var notes = new ReadNotes();
        PredictResult said = Predicting.Of(_loaded, request with { Notes = notes });
        return said with { Notices = [.. Notices, .. notes.All] };
    }

    /// <summary>What the model says of every row of a data file, as lines of JSON (<c>docs/JSON.md</c>); a file that was not finished is
    /// continued.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="output">Where the lines go.</param>
    /// <param name="request">How many answers; a row's own columns are over it.</param>
    /// <param name="progress">Told after every row.</param>
    /// <param name="cancellation">Stops between rows; what is finished stays in the file.</param>
    /// <returns>How many rows there were, and how many could not be used.</returns>
    /// <exception cref="RequestException">The input or the output is at fault: what is wrong with a row goes into its line.</exception>
    public RowsProgress PredictFile(DataFile data, RowsOutput output, PredictRequest? request = null, IProgress<RowsProgress>? progress =
        null, CancellationToken cancellation = default)
    {
        request ??= new();
        return RowsFile.Write(
            data, output, Header(RowsFile.Format, "predict", request, data, cancellation),
            (row, _) => RowJson.Of(Predict(RowRequest.Read(request, row))), progress, cancellation);
    }

    /// <summary>Continues a text.</summary>
    /// <param name="text">How it begins.</param>
    /// <param name="request">How many tokens, beams, draws; null: as the checkpoint says.</param>
    /// <param name="progress">Told after every token.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <exception cref="RequestException">The model does not continue texts, or the text is too long.</exception>
    public GenerateResult Generate(string text, WriteRequest? request = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default) =>
        Generate((request ?? new()) with { Text = text }, progress, cancellation);

    /// <inheritdoc cref="Generate(string, WriteRequest?, IProgress{WorkProgress}?, CancellationToken)"/>
    public GenerateResult Generate(WriteRequest request, IProgress<WorkProgress>? progress = null, CancellationToken cancellation =
        default) =>
        Write("generate", ModelTask.CausalLanguageModel, "GPT-2 or Llama", request, null, progress, cancellation);

    /// <summary>Translates a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="request">How many tokens, beams; null: as the checkpoint says.</param>
    /// <param name="progress">Told after every token.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <exception cref="RequestException">The model does not translate, or the text is too long.</exception>
    public GenerateResult Translate(string text, WriteRequest? request = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default) =>
        Translate((request ?? new()) with { Text = text }, progress, cancellation);

    /// <inheritdoc cref="Translate(string, WriteRequest?, IProgress{WorkProgress}?, CancellationToken)"/>
    public GenerateResult Translate(WriteRequest request, IProgress<WorkProgress>? progress = null, CancellationToken cancellation =
        default) =>
        Write("translate", ModelTask.SequenceToSequence, "Marian", request, null, progress, cancellation);

    /// <summary>Lets the model write, whatever it writes: it continues a text, or translates it.</summary>
    /// <param name="request">The text; how many tokens, beams, draws.</param>
    /// <param name="tokens">Told every token as soon as it is chosen; beam search, which may take tokens back, tells none.</param>
    /// <param name="progress">Told after every token.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <exception cref="RequestException">The model does not write, or the text is too long.</exception>
    public GenerateResult Write(WriteRequest request, IProgress<WrittenSoFar>? tokens = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default) => Task == ModelTask.SequenceToSequence
        ? Write("translate", ModelTask.SequenceToSequence, "Marian", request, tokens, progress, cancellation)
        : Write("generate", ModelTask.CausalLanguageModel, "GPT-2 or Llama", request, tokens, progress, cancellation);

    /// <summary>How a text is cut into pieces, with ids and offsets; the result's <c>Explain</c> of <see cref="Tokenizer"/> shows every
    /// step.</summary>
    /// <param name="text">The text.</param>
    /// <param name="context">A second text; null: none.</param>
    /// <param name="special">Whether what the model expects around a text ([CLS], [SEP]) is added.</param>
    public TokenizeResult Tokenize(string text, string? context = null, bool special = true)
    {
        using Turn.Scope turn = Enter();
        ITokenizer tokenizer = _loaded.Tokenizer;
        return new(tokenizer.Description, context is null ? tokenizer.Encode(text, special) : tokenizer.Encode(text, context, special));
    }

    private GenerateResult Write(string what, ModelTask task, string expected, WriteRequest request, IProgress<WrittenSoFar>? tokens,
        IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        using Turn.Scope turn = Enter();
        var notes = new ReadNotes();
        request = request with { Notes = notes };
        if (Task != task)
        {
            string instead = Task switch
            {
                ModelTask.CausalLanguageModel => " Call Generate ('vitrine generate').",
                ModelTask.SequenceToSequence => " Call Translate ('vitrine translate').",
                _ => " Call Predict ('vitrine predict').",
            };
            throw new RequestException(Fault.Request,
                $"{what}: this model does something else; got {Model.Info.Architecture}; expected {expected}.{instead}");
        }
        GenerationOptions options = Languages.Options(_loaded, request, Writing.Options(request, Writing.Generator(_loaded)));
        ExplainedText given = Languages.Read(_loaded, request, task == ModelTask.SequenceToSequence ? 0 : options.MaxNewTokens);
        ITokenizer? tokenizer = _loaded.Written;
        List<int> ids = [];
        GeneratedSequence written = Writing.By(_loaded, given, options, (id, logP) =>
        {
            ids.Add(id);
            tokens?.Report(new(Token(id, logP), Text(ids)));
        }, progress, cancellation);
        return new()
        {
            Model = Name,
            Text = Text(written.Tokens),
            Tokens = [.. written.Tokens.Select((id, i) => Token(id, written.LogProbabilities[i]))],
            Notices = [.. Notices, .. notes.All],
        };

        string Text(IReadOnlyList<int> all) =>
            tokenizer?.Decode(all) ?? string.Join(' ', all.Select(id => id.ToString(CultureInfo.InvariantCulture)));

        GeneratedToken Token(int id, float logP) => new(id, Spelling.Of(id, tokenizer), Math.Exp(logP));
    }
}
