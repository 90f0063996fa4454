using System.Text;
using System.Text.Json;

namespace Vitrine;

/// <summary>A model that is on this machine.</summary>
/// <param name="Name">What <c>--model</c> and <see cref="Explainer.Load"/> call it.</param>
/// <param name="Family"><c>model_type</c>.</param>
/// <param name="Task">What it does.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Where"><c>shipped</c>, or the revision in the hub's cache.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="IsComplete">Whether all its files are here.</param>
public sealed record ModelListing(string Name, string Family, string Task, long Size, string Where, string Folder, bool IsComplete)
{
    /// <summary>The shipped models and those of the hub's cache.</summary>
    /// <param name="starts">Where to look for shipped ones: in <c>models</c> of these folders or above.</param>
    public static ModelListing[] All(params IReadOnlyList<string> starts) =>
    [
        .. ModelFolder.AllShipped(starts).Select(folder => Of(Path.GetFileName(folder), BytesOf(folder), "shipped", folder, true)),
        .. new ModelHub().List().Select(model => Of(model.Name.Value, model.Size, model.Revision, model.Folder, model.IsComplete)),
    ];

    /// <summary>An array with a member for each property.</summary>
    public static string ToJson(IReadOnlyList<ModelListing> models)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new() { Indented = true }))
        {
            json.WriteStartArray();
            foreach (ModelListing model in models)
            {
                json.WriteStartObject();
                json.WriteString("name", model.Name);
                json.WriteString("family", model.Family);
                json.WriteString("task", model.Task);
                json.WriteNumber("size", model.Size);
                json.WriteString("where", model.Where);
                json.WriteString("folder", model.Folder);
                json.WriteBoolean("complete", model.IsComplete);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>For example <c>sentiment: bert, sequence classification</c>.</summary>
    public override string ToString() => $"{Name}: {Family}, {Task}";

    private static ModelListing Of(string name, long size, string where, string folder, bool isComplete)
    {
        ModelSummary summary = ModelSummary.Of(folder);
        return new(name, summary.Family, summary.Task, size, where, folder, isComplete);
    }

    private static long BytesOf(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
