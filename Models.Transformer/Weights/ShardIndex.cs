using System.Text.Json;
using System.Text.Unicode;

namespace Vitrine.Transformers;

/// <summary>
/// Reads <c>model.safetensors.index.json</c>: which file holds which tensor of a checkpoint in several files
/// (<c>{"metadata": {…}, "weight_map": {"name": "model-00001-of-00003.safetensors", …}}</c>).
/// </summary>
internal static unsafe class ShardIndex
{
    // The largest published models have indices below 10 MB; parsing allocates several times the text.
    private const int Longest = 32_000_000;

    /// <summary>Reads and checks an index.</summary>
    /// <returns>Tensor name to file name; file names are plain names in the index's own folder.</returns>
    /// <exception cref="WeightException">The index cannot be read or breaks a rule.</exception>
    public static Dictionary<string, string> Read(string path)
    {
        try
        {
            using MappedFile file = MappedFile.Open(path);
            if (file.Length > Longest)
            {
                throw Wrong(path, "is too long", $"{file.Length} bytes", $"at most {Longest}");
            }
            ReadOnlySpan<byte> json = new(file.Start, (int)file.Length);
            return Utf8.IsValid(json) ? Parse(json, path) : throw Wrong(path, "is not UTF-8", "invalid bytes", "UTF-8 text");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            throw new WeightException(
                $"safetensors: the index cannot be read; got: {e.Message.TrimEnd('.').ReplaceLineEndings(" ")}; "
                + $"expected a JSON object with a weight_map. Fetch or write it again. File: {path}",
                path, null, e);
        }
    }

    private static Dictionary<string, string> Parse(ReadOnlySpan<byte> bytes, string path)
    {
        Utf8JsonReader json = new(bytes);
        Dictionary<string, string>? map = null;
        _ = json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong(path, "is not a JSON object", $"{json.TokenType}", "an object with a weight_map");
        }
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            bool isMap = json.ValueTextEquals("weight_map"u8);
            _ = json.Read();
            if (!isMap)
            {
                json.Skip();
                continue;
            }
            map = map is null ? ParseMap(ref json, path) : throw Wrong(path, "has a key twice", "weight_map twice", "one weight_map");
        }
        _ = json.Read(); // only white space may follow; anything else throws
        return map ?? throw Wrong(path, "has no weight_map", "an object without it", "an object with a weight_map");
    }

    private static Dictionary<string, string> ParseMap(ref Utf8JsonReader json, string path)
    {
        Dictionary<string, string> map = new(StringComparer.Ordinal);
        Dictionary<string, string> files = new(StringComparer.Ordinal); // one string per file, not per tensor
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong(path, "has a weight_map of the wrong kind", $"{json.TokenType}", "an object of file names");
        }
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            _ = json.Read();
            string file = json.TokenType == JsonTokenType.String ? json.GetString()! : "";
            if (file is "" or "." or ".." || file.AsSpan().ContainsAny('/', '\\', ':'))
            {
                throw Wrong(path, "leads outside its folder", WeightException.Quote(file), "the plain name of a file next to the index",
                    name);
            }
            if (!files.TryAdd(file, file))
            {
                file = files[file];
            }
            if (!map.TryAdd(name, file))
            {
                throw Wrong(path, "lists a tensor twice", "a duplicate key", "each name once", name);
            }
        }
        return map;
    }

    private static WeightException Wrong(string path, string what, string got, string expected, string? tensor = null)
    {
        string place = tensor is null ? "" : $" (tensor {WeightException.Quote(tensor)})";
        return new($"safetensors: the index {what}; got {got}; expected {expected}. Fetch or write the checkpoint again. "
            + $"File: {path}{place}", path, tensor);
    }
}
