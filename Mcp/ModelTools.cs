using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Mcp;

/// <summary>What an assistant can ask: each tool's name, description, arguments and answer.</summary>
internal static class ModelTools
{
    private static readonly ToolArgument s_model =
        new("model", "string", "One of the models that are served; the first by default.");
    private static readonly ToolArgument s_text = new("text", "string", "The text, or the question.") { IsRequired = true };
    private static readonly ToolArgument s_context =
        new("context", "string", "A second text: the context of a question, the second sentence of a pair.");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ModelTool> All { get; } =
    [
        new("explain", "Which words of a text made the model decide as it did: a score per word, for (+) or against (−) the target.",
            [s_text, s_context, s_model,
                new("target", "string", "What is explained: a label, a token. Default: what the model says."),
                new("contrast", "string", "Why the target and not this."),
                new("method", "string", "integrated_gradients (default), saliency, lime, feature_ablation, …")],
            Explain),
        new("predict", "What the model makes of a text: labels with probabilities, an answer, words for a mask, the next token.",
            [s_text, s_context, s_model, new("top", "integer", "How many answers to list; 5 by default.")],
            (explainer, arguments, _) => explainer.Predict(new PredictRequest
            {
                Text = arguments.Text("text"),
                Context = arguments.Find("context"),
                Top = arguments.Whole("top") ?? 5,
            }).ToString()),
        new("inspect", "What the model is: family, task, labels, sizes, how many weights, and which activations have names.",
            [s_model], (explainer, _, _) => Inspect(explainer)),
        new("inside", "What happens inside the model on a text: what it would say after every layer, or what every head looks at.",
            [s_text, s_model, new("look", "string", "lens (default): the answer after every layer; heads: statistics of every head.")],
            Inside),
    ];

    private static string Explain(Explainer explainer, ToolArguments arguments, CancellationToken cancellation) =>
        explainer.Explain(new ExplainRequest
        {
            Text = arguments.Text("text"),
            Context = arguments.Find("context"),
            Targets = arguments.Find("target") is { } target ? [target] : [],
            Contrast = arguments.Find("contrast"),
            Methods = arguments.Find("method") is { } method ? [method] : [],
            Words = "sum",
        }, cancellation: cancellation).ToString();

    private static string Inspect(Explainer explainer)
    {
        Transformers.ModelInfo info = explainer.Model.Info;
        IReadOnlyList<Transformers.HookPoint> points = explainer.Model.HookPoints;
        long weights = explainer.Model.Parameters.Sum(parameter => (long)parameter.Value.Shape.Elements);
        string[] lines =
        [
            explainer.ToString(),
            FormattableString.Invariant($"{weights} weights, {info.NLayers} layers of {info.NHeads} heads, width {info.DModel}"),
            FormattableString.Invariant($"vocabulary {info.VocabSize}, at most {info.MaxPositions} positions"),
            info.Labels.Count > 0 ? $"labels: {string.Join(", ", info.Labels)}" : "no labels",
            $"{points.Count} hook points: {string.Join(", ", points.Take(8).Select(point => point.Name))}, …",
            .. explainer.Notices,
        ];
        return string.Join('\n', lines);
    }

    private static string Inside(Explainer explainer, ToolArguments arguments, CancellationToken cancellation)
    {
        string look = arguments.Find("look") ?? "lens", text = arguments.Text("text");
        InsideResult result = look switch
        {
            "lens" => explainer.Inside.Lens(text),
            "heads" => explainer.Inside.Heads(text),
            _ => throw new RequestException(Fault.Request, $"look: not known; got '{look}'; expected lens or heads."),
        };
        var written = new StringWriter { NewLine = "\n" };
        InsideView.Write(result, written);
        return written.ToString();
    }
}

/// <summary>A tool.</summary>
/// <param name="Name">What it is called by.</param>
/// <param name="Description">What it tells, for the assistant that chooses.</param>
/// <param name="Takes">Its arguments.</param>
/// <param name="Answer">What it says of a model.</param>
internal sealed record ModelTool(string Name, string Description, IReadOnlyList<ToolArgument> Takes,
    Func<Explainer, ToolArguments, CancellationToken, string> Answer)
{
    /// <summary>The arguments as JSON schema.</summary>
    public JsonElement Schema { get; } = JsonElement.Parse(new JsonObject
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(Takes.Select(argument => KeyValuePair.Create(argument.Name,
            (JsonNode?)new JsonObject { ["type"] = argument.Type, ["description"] = argument.Description }))),
        ["required"] = new JsonArray([.. Takes.Where(argument => argument.IsRequired).Select(argument => (JsonNode)argument.Name)]),
    }.ToJsonString());
}

/// <summary>An argument of a tool.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type in JSON schema.</param>
/// <param name="Description">What it means.</param>
internal sealed record ToolArgument(string Name, string Type, string Description)
{
    /// <summary>Whether a call must have it.</summary>
    public bool IsRequired { get; init; }
}
