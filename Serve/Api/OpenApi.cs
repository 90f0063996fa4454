using System.Text.Json.Nodes;

namespace Vitrine.Serve;

/// <summary>The OpenAPI document, made from the table of settings.</summary>
internal static class OpenApi
{
    private static readonly (string Status, string Description)[] s_refusals =
    [
        ("400", "The request is not understood, or does not fit the model."), ("401", "The token is missing or wrong."),
        ("403", "Another site's page asks."), ("404", "No such model."), ("413", "Beyond a limit of size."),
        ("415", "Not said to be JSON."), ("421", "Not a name of this service."), ("422", "The text cannot be used."),
        ("429", "Too many wait; Retry-After says when to try again."), ("504", "Beyond the limit of time."),
    ];

    /// <summary>The document.</summary>
    public static JsonObject Document(ServeLimits limits) => new()
    {
        ["openapi"] = "3.1.0",
        ["info"] = new JsonObject
        {
            ["title"] = "Vitrine",
            ["version"] = typeof(OpenApi).Assembly.GetName().Version?.ToString(3),
            ["description"] = "Which words made a transformer say that? Results have the schemas of docs/JSON.md.",
        },
        ["paths"] = new JsonObject(Paths(limits).Select(path => KeyValuePair.Create(path.Path, (JsonNode?)path.Operations))),
        ["components"] = new JsonObject
        {
            ["schemas"] = new JsonObject
            {
                ["Problem"] = new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = new JsonObject
                    {
                        ["type"] = Of("string"),
                        ["title"] = Of("string"),
                        ["status"] = Of("integer"),
                        ["detail"] = Of("string"),
                    },
                },
            },
            ["securitySchemes"] = new JsonObject { ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
        },
    };

    private static IEnumerable<(string Path, JsonObject Operations)> Paths(ServeLimits limits) =>
    [
        ("/v1/predict", Post("What a model says of a text.", Request(limits, Asks.Predict, stream: false),
            new() { ["model"] = "sentiment", ["text"] = "a gorgeous, witty, seductive movie" }, "vitrine.prediction")),
        ("/v1/explain", Post("Which words made it say so.", Request(limits, Asks.Explain, stream: true),
            new() { ["model"] = "sentiment", ["text"] = "an overlong and dull story", ["methods"] = new JsonArray("saliency") },
            "vitrine.attribution")),
        ("/v1/generate", Post("Continues or translates a text.", Request(limits, Asks.Generate, stream: true),
            new() { ["model"] = "stories", ["text"] = "Clara lived with her", ["max_new_tokens"] = 20 }, "vitrine.generation")),
        .. InsideTools.All.Select(tool => ($"/v1/inside/{tool.Name}",
            Post(tool.Description, tool.Schema(), tool.Example.DeepClone().AsObject(), "vitrine.inside"))),
        ("/v1/models", Get("The models that are served.")),
        ("/healthz", Get("Whether the service lives.")),
        ("/readyz", Get("Whether the default model is loaded.")),
        ("/metrics", Get("What the service has done, in Prometheus' text format.")),
    ];

    private static JsonObject Request(ServeLimits limits, Asks asks, bool stream)
    {
        var properties = new JsonObject { ["model"] = Of("string", "The model's name; absent: the default one.") };
        foreach (Field field in Fields.Of(asks))
        {
            properties[field.Name] = field.Schema(limits);
        }
        if (stream)
        {
            properties["stream"] = Of("boolean", "Whether the answer is server-sent events: progress or token, then result or error.");
        }
        return new() { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    }

    private static JsonObject Post(string summary, JsonObject schema, JsonObject example, string format) => new()
    {
        ["post"] = new JsonObject
        {
            ["summary"] = summary,
            ["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = new JsonObject
                {
                    ["application/json"] = new JsonObject { ["schema"] = schema, ["example"] = example },
                },
            },
            ["responses"] = new JsonObject(new Dictionary<string, JsonNode?>
            {
                ["200"] = new JsonObject
                {
                    ["description"] = $"The result, of the format {format} (docs/JSON.md).",
                    ["content"] = new JsonObject
                    {
                        ["application/json"] = new JsonObject
                        {
                            ["schema"] = new JsonObject
                            {
                                ["type"] = "object",
                                ["properties"] = new JsonObject { ["format"] = new JsonObject { ["const"] = format } },
                            }
                        }
                    },
                },
            }.Concat(s_refusals.Select(one => KeyValuePair.Create(one.Status, (JsonNode?)Refusal(one.Description))))),
        },
    };

    private static JsonObject Refusal(string description) => new()
    {
        ["description"] = description,
        ["content"] = new JsonObject
        {
            [Problem.MediaType] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Problem" } },
        },
    };

    private static JsonObject Get(string summary) => new()
    {
        ["get"] = new JsonObject
        {
            ["summary"] = summary,
            ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = summary } },
        },
    };

    private static JsonObject Of(string type, string? description = null) => description is null ? new() { ["type"] = type }
        : new() { ["type"] = type, ["description"] = description };
}
