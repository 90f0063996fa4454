using System.Globalization;
using System.Text.Json.Nodes;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>What a model says of a text; which of the lists is filled depends on the model's task.</summary>
public sealed record PredictResult
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>What the model was trained to say.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>Labels of the text, options of a multiple choice, or the next tokens of a language model: most probable first.</summary>
    public IReadOnlyList<Choice> Choices { get; init; } = [];

    /// <summary>The words of every mask, most probable first.</summary>
    public IReadOnlyList<IReadOnlyList<Choice>> Masks { get; init; } = [];

    /// <summary>The most probable label of every token.</summary>
    public IReadOnlyList<TokenLabel> Tokens { get; init; } = [];

    /// <summary>The spans of a context that answer a question, best first.</summary>
    public IReadOnlyList<AnswerSpan> Answers { get; init; } = [];

    /// <summary>Of a reader: that there is no answer.</summary>
    public NoAnswer? NoAnswer { get; init; }

    /// <summary>What should be known about how the model was read; empty for most.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The table that <c>vitrine predict</c> prints.</summary>
    public override string ToString()
    {
        var text = new StringWriter { NewLine = "\n" };
        foreach (Grid grid in Grids())
        {
            grid.Write(text);
        }
        if (NoAnswer is { } nothing)
        {
            text.WriteLine($"no answer: score {Numbers.Exact(nothing.Score)}, best span {Numbers.Exact(nothing.BestSpan)}, difference "
                + $"{Numbers.Exact(nothing.Lead)}");
        }
        return text.ToString();
    }

    /// <summary>All numbers as JSON (<c>docs/JSON.md</c>).</summary>
    public string ToJson()
    {
        var document = new JsonObject { ["format"] = "vitrine.prediction", ["version"] = 1, ["model"] = Model, ["task"] = Task.ToString() };
        foreach ((string name, JsonNode? value) in Members().ToArray())
        {
            document[name] = value?.DeepClone();
        }
        document["warnings"] = new JsonArray([.. Notices.Select(notice => (JsonNode)notice)]);
        return ResultJsonText.Of(document);
    }

    /// <summary>What a row of a data file says.</summary>
    internal JsonObject Members() => Task switch
    {
        ModelTask.MultipleChoice => new() { ["options"] = List(Choices) },
        ModelTask.TokenClassification => new()
        {
            ["tokens"] = new JsonArray([.. Tokens.Select(token => (JsonNode)new JsonObject
            {
                ["token"] = token.Token, ["start"] = token.Start, ["end"] = token.End, ["label"] = token.Label, ["probability"] =
                    token.Probability,
            })]),
        },
        ModelTask.MaskedLanguageModel => new() { ["masks"] = new JsonArray([.. Masks.Select(ranking => (JsonNode)List(ranking))]) },
        ModelTask.CausalLanguageModel => new() { ["next"] = List(Choices) },
        ModelTask.QuestionAnswering => new()
        {
            ["answers"] = new JsonArray([.. Answers.Select(a =>
                (JsonNode)new JsonObject { ["text"] = a.Text, ["start"] = a.Start, ["end"] = a.End, ["probability"] = a.Probability })]),
            ["no_answer"] = NoAnswer is not { } nothing ? null : new JsonObject
            {
                ["score"] = Number(nothing.Score),
                ["best_span"] = Number(nothing.BestSpan),
                ["difference"] = Number(nothing.Lead),
                ["is_chosen"] =
                    nothing.IsChosen,
            },
        },
        _ => new() { ["labels"] = List(Choices) },
    };

    private IEnumerable<Grid> Grids() => Task switch
    {
        ModelTask.MultipleChoice => [Ranking("option", Choices)],
        ModelTask.TokenClassification => [new()
        {
            Head = ["token", "label", ">probability"],
            Rows = [.. Tokens.Select(token => (string[])[token.Token, token.Label, Numbers.Percent(token.Probability)])],
        }],
        ModelTask.MaskedLanguageModel => Masks.Select(ranking => Ranking("word", ranking)),
        ModelTask.CausalLanguageModel => [Ranking("next token", Choices)],
        ModelTask.QuestionAnswering => [Spans()],
        _ => [Ranking("label", Choices)],
    };

    // The spans of the best window; no answer before them where it wins, else after.
    private Grid Spans()
    {
        AnswerSpan[] none = NoAnswer is { } nothing ? [nothing.Span] : [];
        return new()
        {
            Head = ["answer", ">probability", "tokens"],
            Rows = [.. (NoAnswer?.IsChosen == true ? none.Concat(Answers) : Answers.Concat(none))
                .Select(a => (string[])[a.Text, Numbers.Percent(a.Probability), FormattableString.Invariant($"{a.Start}–{a.End}")])],
        };
    }

    // Where no span is possible its sum is −∞, which JSON lacks.
    private static JsonNode Number(double value) => double.IsFinite(value) ? value : value.ToString(CultureInfo.InvariantCulture);

    private static Grid Ranking(string head, IReadOnlyList<Choice> ranking) => new()
    {
        Head = [head, ranking.Any(c => c.Value is not null) ? ">value" : ">probability"],
        Rows = [.. ranking.Select(c => (string[])[c.Label, c.Shown])],
    };

    private static JsonArray List(IReadOnlyList<Choice> ranking) =>
        new([.. ranking.Select(c => (JsonNode)(c.Value is { } value
            ? new JsonObject { ["label"] = c.Label, ["id"] = c.Id, ["value"] = value }
            : new JsonObject { ["label"] = c.Label, ["id"] = c.Id, ["probability"] = c.Probability }))]);
}

/// <summary>One thing a model may say, and how sure it is.</summary>
/// <param name="Id">Class number or token id.</param>
/// <param name="Label">In words.</param>
/// <param name="Probability">0–1; NaN where the model says a number.</param>
public readonly record struct Choice(int Id, string Label, double Probability)
{
    /// <summary>The number that the model says, where it says one and no probability (regression).</summary>
    public double? Value { get; init; }

    /// <summary>For example <c>positive 94.0 %</c>.</summary>
    public override string ToString() => $"{Label} {Shown}";

    internal string Shown => Value is { } value ? Numbers.Exact(value) : Numbers.Percent(Probability);
}

/// <summary>A stretch of a context that answers a question.</summary>
/// <param name="Start">Position of its first token.</param>
/// <param name="End">Position of its last token.</param>
/// <param name="Text">Its characters.</param>
/// <param name="Probability">p(start) · p(end), each over all positions.</param>
public readonly record struct AnswerSpan(int Start, int End, string Text, double Probability)
{
    /// <summary>For example <c>Ada Lovelace 97.1 %</c>.</summary>
    public override string ToString() => $"{Text} {Numbers.Percent(Probability)}";
}

/// <summary>That a question has no answer, against the best span: Hugging Face's rule for SQuAD 2.</summary>
/// <param name="Score">start[0] + end[0], logits; of several windows the least.</param>
/// <param name="BestSpan">The best span's sum, of all windows.</param>
/// <param name="IsChosen">Whether it is what the reader says.</param>
/// <param name="Span">The same as a span: the first token.</param>
public readonly record struct NoAnswer(double Score, double BestSpan, bool IsChosen, AnswerSpan Span)
{
    /// <summary>By how much no answer is above the best span.</summary>
    public double Lead => Score - BestSpan;

    /// <summary>For example <c>no answer: score -3.2, best span 11.8</c>.</summary>
    public override string ToString() => $"no answer: score {Numbers.Exact(Score)}, best span {Numbers.Exact(BestSpan)}";
}

/// <summary>A token and its most probable label.</summary>
/// <param name="Token">As the vocabulary spells it.</param>
/// <param name="Start">Its first character.</param>
/// <param name="End">One past its last.</param>
/// <param name="Label">The label.</param>
/// <param name="Probability">0–1.</param>
public readonly record struct TokenLabel(string Token, int Start, int End, string Label, double Probability)
{
    /// <summary>For example <c>Paris: LOC 99.2 %</c>.</summary>
    public override string ToString() => $"{Token}: {Label} {Numbers.Percent(Probability)}";
}
