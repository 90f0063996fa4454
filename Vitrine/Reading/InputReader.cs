using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>From a request to what a model reads: tokens within the model's limits.</summary>
internal static class InputReader
{
    /// <summary>Reads and tokenizes what a request means.</summary>
    /// <param name="loaded">The model.</param>
    /// <param name="request">The text, or ids.</param>
    /// <param name="reserve">Positions to keep free for tokens that follow.</param>
    /// <param name="instead">Stands for the text, or the ids, of the request.</param>
    /// <exception cref="RequestException">The text cannot be used; the message says why.</exception>
    public static ExplainedText Read(LoadedModel loaded, TextRequest request, int reserve = 0, string? instead = null) =>
        request.Ids is { } ids
        ? OfIds(instead is null ? Known(ids, loaded.Model) : ParseIds(instead, loaded.Model), loaded, request.ReadLimit, reserve)
        : request.Chat ? ReadChat(loaded, request, instead ?? Text(request), reserve)
        : Prepare(loaded, instead ?? Text(request), request.Context, request.ReadLimit, reserve);

    /// <summary>Question and context as a reader reads them: in one window, or in several where the context is too long.</summary>
    /// <exception cref="RequestException">The text cannot be used; the message says why.</exception>
    public static IReadOnlyList<ExplainedText> ReadWindows(LoadedModel loaded, TextRequest request) => request.Ids is { } ids
        ? [OfIds(Known(ids, loaded.Model), loaded, request.ReadLimit, 0)]
        : Windows(loaded, Text(request), request.Context, request.ReadLimit, 0);

    /// <summary>Reads the text, or the ids, without the second text.</summary>
    /// <exception cref="RequestException">The text cannot be used; the message says why.</exception>
    public static ExplainedText ReadAlone(LoadedModel loaded, TextRequest request, int reserve) =>
        Read(loaded, request with { Context = null }, reserve);

    /// <summary>What the model reads for each option of a multiple choice: the text and the option.</summary>
    /// <exception cref="RequestException">There are fewer than two options, or a text cannot be used.</exception>
    public static ExplainedText[] ReadChoices(LoadedModel loaded, TextRequest request)
    {
        if (request.Choices.Count < 2)
        {
            throw new RequestException(Fault.Text,
                $"choice: nothing to choose from; got {Number(request.Choices.Count)} options; expected at least two Choices (--choice).");
        }
        string text = Text(request);
        return [.. request.Choices.Select(choice => Prepare(loaded, text, choice, request.ReadLimit))];
    }

    /// <summary>What the model reads for each label of the request's own: the text and the label's hypothesis.</summary>
    /// <exception cref="VitrineException">
    /// The model knows no entailment, the hypothesis has no place for a label, or a text cannot be used.
    /// </exception>
    public static ExplainedText[] ReadHypotheses(LoadedModel loaded, TextRequest request)
    {
        if (!ZeroShot.IsPossible(loaded.Model.Info))
        {
            ModelInfo info = loaded.Model.Info;
            string got = info.Labels.Count == 0 ? $"{info.Architecture}" : $"labels {string.Join(", ", info.Labels)}";
            throw new RequestException(Fault.Request, $"zero-shot: not a model of natural language inference; got {got}; "
                + "expected a sequence classifier with a label that begins with 'entail', such as bart-large-mnli.");
        }
        string text = Text(request);
        IReadOnlyList<string> hypotheses = ZeroShot.Hypotheses(request.Labels, request.Hypothesis);
        return [.. hypotheses.Select(hypothesis => Prepare(loaded, text, hypothesis, request.ReadLimit))];
    }

    /// <summary>Tokenizes a text, or a pair of texts, within the model's limits.</summary>
    /// <param name="loaded">The model.</param>
    /// <param name="first">The text.</param>
    /// <param name="second">The context of a question, the second sentence of a pair.</param>
    /// <param name="limit">How much is read.</param>
    /// <param name="reserve">Positions to keep free for tokens that follow.</param>
    /// <exception cref="RequestException">The text cannot be used; the message says why.</exception>
    public static ExplainedText Prepare(LoadedModel loaded, string first, string? second, InputLimit limit, int reserve = 0) =>
        AnswerWindows.Best(loaded, Windows(loaded, first, second, limit, reserve));

    /// <summary>A chat of one turn, as the model's template writes it; the template brings its special tokens along.</summary>
    private static ExplainedText ReadChat(LoadedModel loaded, TextRequest request, string text, int reserve)
    {
        if (request.Context is not null)
        {
            throw new RequestException(Fault.Request, "chat: a second text; got Chat (--chat) with Context (--context). Give one of them.");
        }
        string folder = loaded.Folder is { } given ? CheckpointFolder.Resolve(given, out _) : "";
        ChatTemplate template = (folder == "" ? null : ChatTemplate.Find(folder)) ?? throw new RequestException(
            Fault.Model, $"chat: the model has no chat template; got '{folder}' without chat_template in tokenizer_config.json; "
                + "expected an "
                + "instruction model. Leave Chat (--chat) out.");
        ChatMessage[] messages = [.. request.System is { } system ? (ChatMessage[])[new("system", system)] : [], new("user", text)];
        Encoding encoding = loaded.Tokenizer.Encode(template.Render(messages), special: false);
        request.ReadLimit.Notes?.Add(encoding);
        return Fitting(ExplainedText.Of(Fit(encoding, request.ReadLimit.Of(loaded, reserve), request.ReadLimit)), loaded);
    }

    /// <summary>Token ids with spaces or commas between them.</summary>
    /// <exception cref="RequestException">There are none, or one is not an id of the model.</exception>
    public static int[] ParseIds(string text, ITransformer model) => Known(TokenIds.Parse(text), model);

    private static IReadOnlyList<ExplainedText> Windows(LoadedModel loaded, string first, string? second, InputLimit limit, int reserve)
    {
        bool isQuestion = loaded.Model.Info.Task == ModelTask.QuestionAnswering;
        if (isQuestion && string.IsNullOrWhiteSpace(second))
        {
            throw new RequestException(Fault.Text,
                "context: missing; got a question alone. Give the text that holds the answer as Context (--context or --context-file).");
        }
        Encoding encoding = second is null ? loaded.Tokenizer.Encode(first) : loaded.Tokenizer.Encode(first, second);
        limit.Notes?.Add(encoding);
        if (isQuestion && !limit.Cut && encoding.Count > limit.Of(loaded))
        {
            return AnswerWindows.Of(Fitting(ExplainedText.Of(encoding), loaded), limit.Of(loaded), limit.Stride);
        }
        return encoding.SpecialMask.Any(special => !special)
            ? [Fitting(ExplainedText.Of(Fit(encoding, limit.Of(loaded, reserve), limit)), loaded)]
            : throw new RequestException(Fault.Text,
                "text: empty; got characters that the tokenizer drops, and no other; expected at least one word.");
    }

    private static string Text(TextRequest request) => request.Text switch
    {
        null => throw new RequestException(Fault.Text, "text: missing; got a request with neither Text nor Ids; expected one of them."),
        var text when string.IsNullOrWhiteSpace(text) => throw new RequestException(
            Fault.Text, $"text: empty; got {(text.Length == 0 ? "no character" : "white space only")}; expected at least one word."),
        var text => text,
    };

    private static ExplainedText OfIds(int[] ids, LoadedModel loaded, InputLimit limit, int reserve) =>
        Fitting(Fit(ExplainedText.Of(ids, loaded.Model.Tokenizer), limit.Of(loaded, reserve), limit), loaded);

    /// <summary>Token ids, all of the model.</summary>
    /// <exception cref="RequestException">There are none, or one is not an id of the model.</exception>
    public static int[] Known(IReadOnlyList<int> ids, ITransformer model)
    {
        for (int i = 0; i < ids.Count; i++)
        {
            if (ids[i] < 0 || ids[i] >= model.Info.VocabSize)
            {
                throw new RequestException(Fault.Text,
                    $"ids: not a token of this model; got '{Number(ids[i])}' at position {Number(i)}; expected 0 to "
                        + $"{Number(model.Info.VocabSize - 1)}.");
            }
        }
        return ids.Count > 0 ? [.. ids] : throw new RequestException(Fault.Text,
            "ids: empty; got no number; expected at least one token id.");
    }

    private static ExplainedText Fitting(ExplainedText text, LoadedModel loaded)
    {
        int beyond = text.Tokens.Select(t => t.Id).FirstOrDefault(id => id >= loaded.Model.Info.VocabSize, -1);
        return beyond < 0 ? text : throw new RequestException(
            Fault.Model, $"model: the tokenizer does not fit the model; got token id {Number(beyond)}; expected 0 to "
                + $"{Number(loaded.Model.Info.VocabSize - 1)}. Check that both files belong together.");
    }

    private static Encoding Fit(Encoding encoding, int most, InputLimit limit) =>
        encoding.Count <= most ? encoding : Cut(encoding.Count, most, encoding.Texts.Count, limit, () => encoding.Truncate(most));

    private static ExplainedText Fit(ExplainedText text, int most, InputLimit limit) =>
        text.Tokens.Count <= most ? text
            : Cut(text.Tokens.Count, most, 1, limit, () => text with { Tokens = [.. text.Tokens.Take(most)] });

    private static T Cut<T>(int count, int most, int texts, InputLimit limit, Func<T> cut)
    {
        if (!limit.Cut || most < 1)
        {
            throw TooLong(count, most);
        }
        limit.Notes?.AddCut(most, count, texts);
        return cut();
    }

    private static RequestException TooLong(int tokens, int limit) => new(
        Fault.Text, $"text: too long; got {Number(tokens)} tokens; expected at most {Number(limit)}. Shorten it, or cut it with "
            + $"Truncate (--truncate).");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
