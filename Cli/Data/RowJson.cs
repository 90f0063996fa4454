using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Attributions;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>What a run says of a row, as the members of a JSON object on one line.</summary>
internal static class RowJson
{
    private static readonly JsonSerializerOptions s_compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Predictions, facts, and the methods' results as <c>--json</c> writes them.</summary>
    public static string Of(Explanation explanation)
    {
        var members = new JsonObject
        {
            ["facts"] = new JsonObject(explanation.Facts.Select(fact => KeyValuePair.Create(fact.Name, (JsonNode?)fact.Value))),
            ["predictions"] = new JsonArray([.. explanation.Predictions.Select(p => (JsonNode)new JsonObject { ["label"] = p.Label, ["probability"] = p.Probability, ["explained"] = p.IsExplained })]),
        };
        var text = new StringBuilder(Members(members));
        return text.Append(",\"results\":[").AppendJoin(',', explanation.Results.Select(result => result.ToJson(indented: false))).Append(']').ToString();
    }

    /// <summary>What a model says of a text: the task's own answer.</summary>
    public static string Of(LoadedModel loaded, ExplainedText text, int top) => Members(loaded.Model.Info.Task switch
    {
        ModelTask.SequenceClassification => new() { ["labels"] = List(Choices.Labels(loaded, text)) },
        ModelTask.TokenClassification => new()
        {
            ["tokens"] = new JsonArray([.. Choices.TokenLabels(loaded, text).Select((ranking, i) => (JsonNode)new JsonObject
            {
                ["token"] = text.Tokens[i].Piece, ["start"] = text.Tokens[i].Start, ["end"] = text.Tokens[i].End, ["label"] = ranking[0].Label, ["probability"] = ranking[0].Probability,
            })]),
        },
        ModelTask.MaskedLanguageModel => new() { ["masks"] = new JsonArray([.. Choices.Words(loaded, text, PredictCommand.Masks(loaded, text), top).Select(ranking => (JsonNode)List(ranking))]) },
        ModelTask.CausalLanguageModel => new() { ["next"] = List(Choices.Words(loaded, text, [text.Tokens.Count - 1], top)[0]) },
        _ => throw new CommandException(ExitCode.Usage, $"predict: nothing to predict; got {loaded.Model.Info.Architecture}."),
    });

    /// <summary>A reader's best spans, and whether there is an answer at all.</summary>
    public static string Of(LoadedModel loaded, IReadOnlyList<ReadWindow> windows, double? threshold, int top)
    {
        var nothing = NullAnswer.Of(windows);
        return Members(new()
        {
            ["answers"] = new JsonArray([.. Choices.Answers(loaded, AnswerWindows.Best(windows).Text, top).Select(a => (JsonNode)new JsonObject { ["text"] = a.Text, ["start"] = a.Start, ["end"] = a.End, ["probability"] = a.Probability })]),
            ["no_answer"] = new JsonObject { ["score"] = nothing.Score, ["best_span"] = nothing.Span, ["difference"] = nothing.Lead, ["is_chosen"] = nothing.Wins(threshold) },
        });
    }

    /// <summary>A ranking under a name.</summary>
    public static string Of(string name, Choice[] ranking) => Members(new() { [name] = List(ranking) });

    private static JsonArray List(Choice[] ranking) =>
        new([.. ranking.Select(c => (JsonNode)new JsonObject { ["label"] = c.Label, ["id"] = c.Id, ["probability"] = c.Probability })]);

    private static string Members(JsonObject members) => members.ToJsonString(s_compact)[1..^1];
}
