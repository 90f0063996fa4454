using System.Globalization;
using System.Text.Json;
using Vitrine.Tensors;

namespace Vitrine.Tests;

/// <summary>One recorded case of a golden folder: named inputs, and what an independent implementation made of them.</summary>
public sealed class GoldenCase
{
    private readonly Dictionary<string, JsonElement> _inputs;

    private GoldenCase(
        string name, Dictionary<string, JsonElement> inputs, Dictionary<string, GoldenTensor> expected,
        Dictionary<string, JsonElement> lists) =>
        (Name, _inputs, Expected, Lists) = (name, inputs, expected, lists);

    /// <summary>The name, e.g. <c>attr_logit/ig/gausslegendre/50/zero</c>.</summary>
    public string Name { get; }

    /// <summary>The recorded results by name.</summary>
    public IReadOnlyDictionary<string, GoldenTensor> Expected { get; }

    /// <summary>The recorded results that are no tensors: names, numbers.</summary>
    public IReadOnlyDictionary<string, JsonElement> Lists { get; }

    /// <summary>The names of the inputs.</summary>
    public IReadOnlyCollection<string> Inputs => _inputs.Keys;

    /// <summary>All cases of a folder; empty when it has none.</summary>
    public static IReadOnlyList<GoldenCase> Read(string folder)
    {
        string file = Path.Combine(folder, "cases.json");
        if (!File.Exists(file))
        {
            return [];
        }
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(one => new GoldenCase(
            one.GetProperty("name").GetString()!,
            one.GetProperty("inputs").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.Clone()),
            one.GetProperty("expected").EnumerateObject().Where(p => GoldenTensor.Is(p.Value))
            .ToDictionary(p => p.Name, p => GoldenTensor.Of(p.Value)),
            one.GetProperty("expected").EnumerateObject().Where(p => !GoldenTensor.Is(p.Value))
            .ToDictionary(p => p.Name, p => p.Value.Clone())))];
    }

    /// <summary>Whether there is an input of that name, null included.</summary>
    public bool Has(string input) => _inputs.ContainsKey(input);

    /// <summary>Whether there is an input of that name that is not null.</summary>
    public bool HasValue(string input) => _inputs.TryGetValue(input, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>The raw input.</summary>
    public JsonElement Json(string input) => _inputs[input];

    /// <summary>A number.</summary>
    public double Number(string input) => _inputs[input].GetDouble();

    /// <summary>A tensor of numbers.</summary>
    public GoldenTensor Numbers(string input) => GoldenTensor.Of(_inputs[input]);

    /// <summary>A tensor of numbers as float32.</summary>
    public Tensor Floats(string input) => Numbers(input) is var t
        ? Tensor.From([.. t.Data.Select(x => (float)x)], Shape.Create(t.Shape)) : throw new InvalidOperationException();

    /// <summary>A tensor of whole numbers, or null when absent.</summary>
    public Tensor? Ints(string input)
    {
        if (!HasValue(input))
        {
            return null;
        }
        GoldenTensor t = Numbers(input);
        return Tensor.From([.. t.Data.Select(x => (int)x)], Shape.Create(t.Shape));
    }
}

/// <summary>A recorded tensor: shape and row-major values of a float64 run.</summary>
/// <param name="Shape">Axis lengths.</param>
/// <param name="Data">The values.</param>
/// <param name="F32MaxDiff">How far the float32 run of the reference was off at most.</param>
public sealed record GoldenTensor(int[] Shape, double[] Data, double F32MaxDiff)
{
    /// <summary>Whether this is a tensor: an object with shape and data.</summary>
    public static bool Is(JsonElement json) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty("shape", out _);

    /// <summary>Reads one; NaN and infinities are texts in the file.</summary>
    public static GoldenTensor Of(JsonElement json) => new(
        [.. json.GetProperty("shape").EnumerateArray().Select(axis => axis.GetInt32())],
        [.. json.GetProperty("data").EnumerateArray().Select(Value)],
        json.TryGetProperty("f32_maxdiff", out JsonElement diff) ? Value(diff) : 0);

    private static double Value(JsonElement x) => x.ValueKind == JsonValueKind.String
        ? double.Parse(x.GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture)
        : x.GetDouble();
}
