using System.Text.Json;

namespace Vitrine.Transformers;

/// <summary>
/// From the path a user has to the folder that holds the checkpoint: caches and training folders hold it further down, and other things
/// only look like one.
/// </summary>
public static class CheckpointFolder
{
    // What a model's or an adapter's folder may hold that is read: settings, tokenizers, templates, weights.
    private static readonly string[] s_read = [".json", ".txt", ".model", ".spm", ".jinja", ".safetensors", ".bin"];

    private const string Config = "config.json", Adapter = "adapter_config.json", Snapshots = "snapshots", CachePrefix = "models--";

    /// <summary>The folder with <c>config.json</c>: <paramref name="path"/> itself, the snapshot of a hub cache (<c>models--org--name</c>,
    /// or the cache that holds only one), or the only checkpoint of a training folder.</summary>
    /// <param name="path">A folder.</param>
    /// <param name="notice">Which folder was taken, where it is another one; else null.</param>
    /// <exception cref="ModelException">It holds something else, or several: the message says what, and what to give.</exception>
    public static string Resolve(string path, out string? notice)
    {
        ArgumentNullException.ThrowIfNull(path);
        notice = null;
        if (File.Exists(path))
        {
            throw new ModelException($"model: '{path}' is a file; expected the folder that holds it. "
                + $"Give '{Path.GetDirectoryName(Path.GetFullPath(path))}'.");
        }
        if (!Directory.Exists(path) || File.Exists(Path.Combine(path, Config)))
        {
            return path; // ModelConfig says what is missing
        }
        if (File.Exists(Path.Combine(path, Adapter)))
        {
            throw new ModelException(
                $"model: '{path}' is a LoRA adapter{BaseOf(Path.Combine(path, Adapter))}, not a model; "
                + $"expected a folder with {Config}. Give the folder of its base to --model and this one to --adapter.");
        }
        string cache = Cached(path);
        string? snapshot = Directory.Exists(Path.Combine(cache, Snapshots)) ? Snapshot(cache) : null;
        string? found = snapshot ?? OnlyCheckpoint(path);
        if (found is null)
        {
            throw Foreign(path);
        }
        notice = $"The model is in {Path.GetRelativePath(path, found)} of '{path}'.";
        return found;
    }

    /// <summary>The repository's folder of a hub cache: the path itself, or the only <c>models--…</c> below it.</summary>
    private static string Cached(string path)
    {
        string[] models = [.. Below(path, CachePrefix + "*"), .. Below(Path.Combine(path, "hub"), CachePrefix + "*")];
        return models.Length <= 1 ? models.FirstOrDefault() ?? path : throw new ModelException(
            $"model: '{path}' is a cache of several models; got {Listed(models)}; expected one. Give one of these folders.");
    }

    /// <summary>The snapshot that the branch main points to, else the only one.</summary>
    private static string Snapshot(string repository)
    {
        string[] all = [.. Below(Path.Combine(repository, Snapshots), "*")];
        string main = Path.Combine(repository, "refs", "main");
        string? named = File.Exists(main) && new FileInfo(main).Length < 1000 ? File.ReadAllText(main).Trim() : null;
        string[] whole = [.. all.Where(folder => File.Exists(Path.Combine(folder, Config)))];
        return whole.FirstOrDefault(folder => Path.GetFileName(folder) == named)
            ?? (whole.Length == 1 ? whole[0] : throw new ModelException(whole.Length == 0
                ? $"model: '{repository}' is a hub cache without a whole model; "
                + $"got {(all.Length == 0 ? "no snapshot" : $"{Listed(all)} without {Config}")}; expected snapshots/…/{Config}. Fetch the "
                + $"model again."
                : $"model: '{repository}' is a hub cache with several snapshots; "
                + $"got {Listed(whole)}; expected one, or refs/main that names it. Give one of these folders."));
    }

    /// <summary>The checkpoint of a training folder where there is one; null where there is none.</summary>
    private static string? OnlyCheckpoint(string path)
    {
        string[] all = [.. Below(path, "checkpoint-*").Where(folder => File.Exists(Path.Combine(folder, Config))
            || File.Exists(Path.Combine(folder, Adapter)))];
        if (all.Length == 1 && File.Exists(Path.Combine(all[0], Config)))
        {
            return all[0];
        }
        string last = all.OrderBy(folder => long.TryParse(Path.GetFileName(folder)["checkpoint-".Length..], out long step) ? step : -1)
            .LastOrDefault() ?? "";
        return all.Length == 0 ? null : throw new ModelException(
            $"model: '{path}' is a training folder; got the models {Listed(all)} in it; expected one. "
            + $"Give one of these folders, the last of them with '{last}'.");
    }

    /// <summary>Every file of a model's or an adapter's folder that may decide what the model says, in order of their names.</summary>
    /// <param name="path">As <see cref="Resolve"/> takes it, or an adapter's folder.</param>
    internal static IEnumerable<string> Files(string path) =>
        Directory.EnumerateFiles(File.Exists(Path.Combine(path, Adapter)) ? path : Resolve(path, out _))
            .Where(file => s_read.Contains(Path.GetExtension(file)) && !Path.GetFileName(file).StartsWith('.'))
            .Order(StringComparer.Ordinal);

    private static ModelException Foreign(string path)
    {
        string[] files = [.. Directory.EnumerateFiles(path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        string? model = Directory.EnumerateDirectories(path).Order(StringComparer.Ordinal)
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, Config)));
        string? other = files.FirstOrDefault(file => Path.GetExtension(file) is ".gguf" or ".onnx" or ".h5" or ".msgpack" or ".tflite");
        string what = other is not null
            ? $"it holds '{other}'. {(Path.GetExtension(other) == ".gguf" ? "GGUF files of llama.cpp" : "Such files")} are not read: fetch "
            + $"the checkpoint it was made of, with {Config} and model.safetensors"
            : model is not null ? $"there is one in '{model}'. Give that folder"
            : files.Any(file => Path.GetExtension(file) is ".safetensors" or ".bin")
            ? $"it holds weights alone. Fetch the {Config} that belongs to them"
            : $"it holds {(files.Length == 0 ? "no files" : string.Join(", ", files.Take(5)) + (files.Length > 5 ? ", …" : ""))}. Check "
                + "the "
            + $"path";
        return new($"model: not a model folder; {Config} is missing in '{path}'; expected {Config} next to model.safetensors; {what}.");
    }

    /// <summary>The name of an adapter's base, as its settings give it; nothing where they do not.</summary>
    private static string BaseOf(string file)
    {
        try
        {
            JsonElement root = StrictJson.Parse(File.ReadAllBytes(file));
            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("base_model_name_or_path", out JsonElement name)
                && name.ValueKind == JsonValueKind.String
                ? $" of {WeightException.Quote(name.GetString() ?? "")}"
                : "";
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static IEnumerable<string> Below(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, pattern).Order(StringComparer.Ordinal) : [];

    private static string Listed(string[] folders) =>
        string.Join(", ", folders.Take(6).Select(folder => $"'{Path.GetFileName(folder)}'")) + (folders.Length > 6
            ? $" and {folders.Length - 6} more" : "");
}
