using System.Collections.Concurrent;
using System.Text.Json;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;

namespace Vitrine.Tests;

/// <summary>A folder of the golden tree: its cases, and its model, loaded when first asked for.</summary>
public sealed class GoldenModel
{
    private static readonly ConcurrentDictionary<string, GoldenModel> s_known = new();
    private readonly ConcurrentDictionary<string, Lazy<ITransformer>> _models = new();

    private GoldenModel(string folder)
    {
        Folder = folder;
        Name = Path.GetFileName(folder);
        Cases = GoldenCase.Read(folder);
    }

    /// <summary>Name of the folder.</summary>
    public string Name { get; }

    /// <summary>Its path.</summary>
    public string Folder { get; }

    /// <summary>Its cases.</summary>
    public IReadOnlyList<GoldenCase> Cases { get; }

    /// <summary>Why its model cannot be loaded by design, or null: a family that is not implemented is not covered, not failed.</summary>
    public string? Unsupported
    {
        get
        {
            string config = Path.Combine(Folder, "config.json");
            if (!File.Exists(config))
            {
                return null;
            }
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(config));
            string? type = json.RootElement.TryGetProperty("model_type", out JsonElement value) ? value.GetString() : null;
            return type is not null && ModelLoader.ModelTypes.Contains(type) ? null : $"model_type '{type}' is not implemented";
        }
    }

    /// <summary>Its model, on the ambient device.</summary>
    public ITransformer Model => _models.GetOrAdd(Device.Current.Name, _ => new(() => ModelLoader.Load(Folder))).Value;

    /// <summary>The folders of the golden tree, by name; none when it is absent.</summary>
    public static IReadOnlyList<GoldenModel> All { get; } = Directory.Exists(GoldenFolder.Path)
        ? [.. Directory.EnumerateDirectories(GoldenFolder.Path).Order(StringComparer.Ordinal).Select(Of)]
        : [];

    /// <summary>The folder of that name; where it is not in the golden tree, that of the whole recordings.</summary>
    public static GoldenModel Named(string name) =>
        Of(Path.Combine(GoldenFolder.Path, name) is var own && Directory.Exists(own) ? own : Path.Combine(GoldenFolder.Whole, name));

    /// <summary>The folder of that name of the whole recordings.</summary>
    public static GoldenModel Whole(string name) => Of(Path.Combine(GoldenFolder.Whole, name));

    /// <summary>For a variant of another model, that model: the one whose name follows <c>variant_</c>.</summary>
    public GoldenModel? Base => !Name.StartsWith("variant_", StringComparison.Ordinal)
        ? null
        : All.Where(other => Name["variant_".Length..].StartsWith(other.Name, StringComparison.Ordinal)).MaxBy(other => other.Name.Length);

    private static GoldenModel Of(string folder) => s_known.GetOrAdd(folder, f => new GoldenModel(f));
}
