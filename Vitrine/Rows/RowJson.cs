using System.Text;
using System.Text.Json.Nodes;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>What a run says of a row, as the members of a JSON object on one line.</summary>
internal static class RowJson
{
    /// <summary>Predictions, facts, and the methods' results as <c>--json</c> writes them.</summary>
    public static string Of(Figure explanation)
    {
        var members = new JsonObject
        {
            ["facts"] = new JsonObject(explanation.Facts.Select(fact => KeyValuePair.Create(fact.Name, (JsonNode?)fact.Value))),
            ["predictions"] = new JsonArray([.. explanation.Predictions.Select(p => (JsonNode)(p.Value is { } value
                ? new JsonObject { ["label"] = p.Label, ["value"] = value, ["explained"] = p.IsExplained }
                : new JsonObject { ["label"] = p.Label, ["probability"] = p.Probability, ["explained"] = p.IsExplained }))]),
        };
        var text = new StringBuilder(ResultJsonText.Members(members));
        return text.Append(",\"results\":[").AppendJoin(',', explanation.Results.Select(result => result.ToJson(indented: false)))
            .Append(']').ToString();
    }

    /// <summary>The task's own answer.</summary>
    public static string Of(PredictResult result)
    {
        JsonObject members = result.Members();
        if (result.Notices.Count > 0)
        {
            members["warnings"] = new JsonArray([.. result.Notices.Select(notice => (JsonNode)notice)]);
        }
        return ResultJsonText.Members(members);
    }
}
