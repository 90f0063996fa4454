using System.Text.Json.Nodes;
using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Serve;

/// <summary>One value that a look inside takes.</summary>
/// <param name="Name">In JSON and in addresses.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Description">In a sentence.</param>
/// <param name="Default">What stands where nothing is said; null: nothing does.</param>
internal sealed record InsideField(string Name, FieldKind Kind, string Description, string? Default = null)
{
    /// <summary>Whether the page looks without it; some looks refuse that.</summary>
    public bool IsOptional { get; init; }

    /// <summary>The names among which it chooses; empty: any text.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];
}

/// <summary>One look inside a model: <c>/v1/inside/NAME</c>, and a tab of the page.</summary>
/// <param name="Name">As routes and addresses call it.</param>
/// <param name="Title">As the page calls it.</param>
/// <param name="Description">In a sentence.</param>
/// <param name="Fields">What it takes.</param>
/// <param name="Run">Looks.</param>
internal sealed record InsideTool(string Name, string Title, string Description, IReadOnlyList<InsideField> Fields,
    Func<Explainer, InsideValues, InsideResult> Run)
{
    /// <summary>A request that works with a shipped model.</summary>
    public required JsonObject Example { get; init; }

    /// <summary>Its schema in an OpenAPI document.</summary>
    public JsonObject Schema()
    {
        var properties = new JsonObject { ["model"] = new JsonObject { ["type"] = "string" } };
        foreach (InsideField field in Fields)
        {
            JsonObject schema = field.Kind switch
            {
                FieldKind.Whole => new() { ["type"] = "integer" },
                FieldKind.Flag => new() { ["type"] = "boolean" },
                FieldKind.Texts => new() { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } },
                _ => new() { ["type"] = "string" },
            };
            schema["description"] = field.Description + (field.Default is { } standard ? $" Default: {standard}." : "");
            if (field.Choices.Count > 0)
            {
                schema["enum"] = new JsonArray([.. field.Choices.Select(choice => (JsonNode)choice)]);
            }
            properties[field.Name] = schema;
        }
        return new() { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    }
}

/// <summary>What a look inside is given, each value by its name, with the table's defaults.</summary>
/// <param name="tool">The look.</param>
/// <param name="values">What the request says.</param>
/// <param name="progress">Told how far it is; null: no report.</param>
/// <param name="cancellation">Stops the work.</param>
internal sealed class InsideValues(InsideTool tool, Values values, IProgress<WorkProgress>? progress, CancellationToken cancellation)
{
    /// <summary>Told how much is done, 0–1.</summary>
    public IProgress<double>? Progress => progress is null ? null
        : new Told<double>(share => progress.Report(new(tool.Name, (int)(share * 100), 100)));

    /// <summary>Stops the work.</summary>
    public CancellationToken Cancellation => cancellation;

    /// <summary>Throws where a name means nothing to the look.</summary>
    /// <exception cref="RequestException">One does.</exception>
    public static void Check(InsideTool tool, Values values, params IReadOnlyList<string> more)
    {
        string[] names = [.. more, .. tool.Fields.Select(field => field.Name)];
        if (values.Names.FirstOrDefault(name => !names.Contains(name)) is { } unknown)
        {
            throw new RequestException(Fault.Request, $"{tool.Name}: no such member; got '{unknown}'; expected one of "
                + $"{string.Join(", ", names)}.{Nearest.Hint(unknown, names)}");
        }
    }

    /// <summary>A text that must be there.</summary>
    /// <exception cref="RequestException">It is not.</exception>
    public string Text(string name) => Maybe(name) ?? throw new RequestException(
        Fault.Text, $"{tool.Name}: a value is missing; got no '{name}'; expected {Field(name).Description.TrimEnd('.')}.");

    /// <summary>A text, or null; an empty one is none.</summary>
    public string? Maybe(string name) => values[name] is { Length: > 0 } said ? said : Field(name).Default;

    /// <summary>A whole number between limits.</summary>
    /// <exception cref="RequestException">It is none, or outside.</exception>
    public int Whole(string name, int least, int most)
    {
        var value = new FieldValue(name, [Text(name)]);
        return value.Whole is var number && number >= least && number <= most ? number
            : throw value.Wrong($"{number}", $"{least} to {most}");
    }

    /// <summary>Yes or no.</summary>
    public bool Flag(string name) => Maybe(name) is { } said && new FieldValue(name, [said]).Flag;

    /// <summary>Several texts.</summary>
    public IReadOnlyList<string> Texts(string name) => values.All(name) is { Count: > 0 } said ? said
        : Field(name).Default?.Split("; ") ?? [];

    /// <summary>One of a field's names.</summary>
    /// <exception cref="RequestException">It is another.</exception>
    public string Choice(string name) => Field(name).Choices is var choices && choices.Contains(Text(name)) ? Text(name)
        : throw new FieldValue(name, []).Wrong($"'{Text(name)}'", string.Join(", ", choices));

    private InsideField Field(string name) => tool.Fields.First(field => field.Name == name);
}
