using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// Writes a copy of a model's folder whose matrices are in 8 bits, in the layout of bitsandbytes: it loads memory-mapped, a quarter of
/// float32's size. Or in half precision, half of that size, as F16 that any library reads.
/// </summary>
public static class Int8Folder
{
    private const string Config = "config.json", Weights = "model.safetensors";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>
    /// Converts tensor by tensor: no more than the largest of them is in memory at a time. The folder appears atomically.
    /// </summary>
    /// <param name="source">A model's folder.</param>
    /// <param name="target">The folder to make; it must not exist, or be empty.</param>
    /// <param name="quantization">What to round. Everything else keeps its type; F64 becomes F32.</param>
    /// <param name="outliers">The threshold from which columns of the rounded linear layers stay in float32 (<see cref="OutlierColumns"/>);
    /// by default none does.</param>
    /// <param name="progress">Told the part done, 0 to 1.</param>
    /// <param name="cancellation">Stops between tensors; nothing is left over.</param>
    /// <exception cref="ModelException">Not a model, one in 8 bits already, or the target is in the way.</exception>
    /// <exception cref="WeightException">Weights that are damaged or not finite, or the folder cannot be written.</exception>
    public static void Write(
        string source, string target, Quantization quantization, float outliers = float.PositiveInfinity,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        if (quantization == Quantization.None)
        {
            throw new ModelException("quantize: nothing to do; got 'none'; expected int8, int8-all or fp16.");
        }
        quantization.CheckOutliers(outliers);
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
        {
            throw new ModelException($"quantize: the output is in the way; got '{target}'; "
                + $"expected a folder that does not exist, or is empty.");
        }
        using WeightsFolder folder = ModelLoader.Plan(source, out Transformer model);
        if (model.Parameters.FirstOrDefault(p => p.Int8 is not null) is { } done)
        {
            throw new ModelException($"quantize: the model is in 8 bits already; got {done}; expected one in floats.");
        }
        string aside = $"{target}.part";
        try
        {
            using WriterLock own = WriterLock.Take(target);
            if (Directory.Exists(aside))
            {
                Directory.Delete(aside, recursive: true); // of a process that was killed: this one has the lock
            }
            Directory.CreateDirectory(aside);
            using var made = new Aside(aside);
            CopyCompanions(source, aside);
            WriteConfig(Path.Combine(source, Config), Path.Combine(aside, Config), model, quantization, outliers);
            var metadata = new Dictionary<string, string> { ["format"] = "pt", ["quantize"] = quantization.Name() };
            SafetensorsWriter.Save(Path.Combine(aside, Weights),
                Counted(Tensors(folder, model, quantization, outliers), progress, cancellation), metadata, cancellation);
            if (Directory.Exists(target))
            {
                Directory.Delete(target);
            }
            Directory.Move(aside, target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightException($"quantize: the folder cannot be written; "
                + $"got: {e.Message.TrimEnd('.')}; expected a writable place with room. Folder: {target}", target, null, e);
        }
    }

    /// <summary>A folder that is gone when the work fails; one that was moved to its place is not there any more.</summary>
    private readonly struct Aside(string folder) : IDisposable
    {
        public void Dispose()
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static IEnumerable<WeightData> Tensors(WeightsFolder folder, Transformer model, Quantization quantization, float outliers)
    {
        foreach (IGrouping<string, Parameter> parts in model.Parameters.GroupBy(p => p.Place.Tensor))
        {
            (string name, Parameter first) = (parts.Key, parts.First());
            string found = model.Weights.Found[name];
            WeightEntry entry = folder.Entry(found);
            Shape stored = Shape.Create([.. entry.Shape.Select(axis => (int)axis)]);
            if (quantization.Covers(first.Name, first.Kind))
            {
                bool transpose = first.Kind == ParameterKind.Linear && !first.Place.Transposed;
                Shape shape = transpose ? [stored[1], stored[0]] : stored;
                float threshold = first.Kind == ParameterKind.Linear ? outliers : float.PositiveInfinity;
                if (float.IsFinite(threshold) && Int8Checkpoint.Kept(folder, found, transpose, threshold)?.Columns is { } kept)
                {
                    yield return new(Int8Checkpoint.ScalesOf(name, Int8Checkpoint.OutlierNumbers),
                        Tensor.From([.. kept.Select(column => (float)column)], [kept.Count]), WeightType.I32);
                    yield return new(Int8Checkpoint.ScalesOf(name, Int8Checkpoint.Outliers), [shape[0], kept.Count], WeightType.F32,
                        () => Int8Checkpoint.Kept(folder, found, transpose, threshold)?.Values
                            ?? throw new WeightException($"quantize: the file has changed. "
                                + $"File: {folder.FolderPath}", folder.FolderPath, found));
                }
                // The header's order puts all scales before all integers: each tensor is read twice rather than all kept.
                yield return new(Int8Checkpoint.ScalesOf(name), [shape[0]], WeightType.F32,
                    () => Int8Checkpoint.RoundedScales(folder, found, transpose, threshold));
                yield return new(name, shape, WeightType.I8, () => Int8Checkpoint.Round(folder, found, transpose, threshold).Values);
            }
            else
            {
                WeightType type = quantization.CoversInHalf(first.Kind) ? WeightType.F16 : entry.Type is WeightType.F16 or WeightType.BF16
                    ? entry.Type : WeightType.F32;
                yield return new(name, stored, type, () => folder.FileOf(found).Copy(found));
            }
        }
    }

    private static IEnumerable<WeightData> Counted(IEnumerable<WeightData> tensors, IProgress<double>? progress,
        CancellationToken cancellation)
    {
        WeightData[] all = [.. tensors];
        double total = all.Sum(t => (double)t.Shape.Elements), done = 0;
        return all.Select(t => new WeightData(t.Name, t.Shape, t.Type, () =>
        {
            cancellation.ThrowIfCancellationRequested();
            Tensor values = t.Values;
            progress?.Report((done += t.Shape.Elements) / total);
            return values;
        }));
    }

    // Tokenizer, generation settings, licence, model card: what a folder needs in addition to weights.
    private static void CopyCompanions(string source, string target)
    {
        foreach (string file in Directory.EnumerateFiles(source))
        {
            string name = Path.GetFileName(file);
            bool isWeights = name.EndsWith(".index.json", StringComparison.Ordinal);
            if (name != Config && !isWeights && (Path.GetExtension(name) is ".json" or ".txt" or ".model" or ".spm" or ".md"
                || name.StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase)))
            {
                File.Copy(file, Path.Combine(target, name));
            }
        }
    }

    private static void WriteConfig(string source, string target, Transformer model, Quantization quantization, float outliers)
    {
        JsonNode config = JsonNode.Parse(File.ReadAllText(source)) ?? new JsonObject();
        if (quantization == Quantization.Half)
        {
            config[config["dtype"] is null ? "torch_dtype" : "dtype"] = "float16"; // its newer name
            File.WriteAllText(target, config.ToJsonString(s_indented) + "\n");
            return;
        }
        string[] left = [.. model.Parameters.Where(p => p.Kind != ParameterKind.Other && !quantization.Covers(p.Name, p.Kind))
            .Select(p => p.Place.Tensor), "lm_head.weight"];
        bool isOwn = quantization == Quantization.Int8All || float.IsFinite(outliers);
        config["quantization_config"] = isOwn
            ? new JsonObject
            {
                ["quant_method"] = Int8Checkpoint.OwnMethod,
                ["load_in_8bit"] = true,
                ["tables"] = quantization == Quantization.Int8All,
                ["outliers"] = $"{outliers}"
            }
            : new JsonObject
            {
                ["quant_method"] = Int8Checkpoint.Method,
                ["load_in_8bit"] = true,
                ["load_in_4bit"] = false,
                ["llm_int8_skip_modules"] =
                    new JsonArray([.. left.Distinct().Select(name => (JsonNode)name.Replace(".weight", "", StringComparison.Ordinal))]),
            };
        File.WriteAllText(target, config.ToJsonString(s_indented) + "\n");
    }
}
