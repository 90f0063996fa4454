using System.Globalization;
using System.Text.Json;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>
/// Everything a training needs to go on as if nothing had happened, in one safetensors file that is replaced whole or not at all: weights,
/// the optimizer's memory, the moving average, counters, and the settings that must not have changed.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="settings">Options, data and model of this training, by name.</param>
internal sealed class Checkpoint(string path, IReadOnlyDictionary<string, string> settings)
{
    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>Writes it.</summary>
    public void Save(TrainingState state, IReadOnlyList<Parameter> parameters, IOptimizer optimizer, WeightAverage? average)
    {
        var metadata = new Dictionary<string, string>(settings.ToDictionary(pair => "setting." + pair.Key, pair => pair.Value))
        {
            ["state"] = JsonSerializer.Serialize(state),
            ["optimizer_steps"] = optimizer.Steps.ToString(CultureInfo.InvariantCulture),
            ["average_updates"] = (average?.Updates ?? 0).ToString(CultureInfo.InvariantCulture),
        };
        SafetensorsWriter.Save(path, Arrays(parameters, optimizer, average).Select(a => new WeightData(a.Name, Tensor.From(a.Values(), [a.Values().Length]))), metadata);
    }

    /// <summary>Reads it back into the same places; null when there is none.</summary>
    /// <exception cref="TrainingException">It is of another training.</exception>
    public TrainingState? Load(IReadOnlyList<Parameter> parameters, IOptimizer optimizer, WeightAverage? average)
    {
        if (!File.Exists(path))
        {
            return null;
        }
        using SafetensorsFile file = SafetensorsFile.Open(path);
        string[] changed = [.. settings.Keys.Concat(file.Metadata.Keys.Where(key => key.StartsWith("setting.", StringComparison.Ordinal)).Select(key => key[8..])).Distinct()
            .Where(key => file.Metadata.GetValueOrDefault("setting." + key) != settings.GetValueOrDefault(key))
            .Select(key => $"{key} {settings.GetValueOrDefault(key) ?? "none"} instead of {file.Metadata.GetValueOrDefault("setting." + key) ?? "none"}")];
        if (changed.Length > 0)
        {
            throw new TrainingException(
                $"train: the checkpoint is of another training; got {string.Join("; ", changed)}; expected the same command. Give it again, or train into another folder. File: {path}");
        }
        foreach ((string name, Func<float[]> values, Action<float[]> restore) in Arrays(parameters, optimizer, average))
        {
            float[] stored = file.ReadFloats(name);
            restore(stored.Length == values().Length
                ? stored
                : throw new TrainingException($"train: the checkpoint does not fit the model; got {stored.Length} numbers for {name}; expected {values().Length}. File: {path}"));
        }
        optimizer.Resume(int.Parse(file.Metadata["optimizer_steps"], CultureInfo.InvariantCulture));
        average?.Resume(int.Parse(file.Metadata["average_updates"], CultureInfo.InvariantCulture));
        return JsonSerializer.Deserialize<TrainingState>(file.Metadata["state"])
            ?? throw new TrainingException($"train: the checkpoint holds no state. File: {path}");
    }

    // The one list of what is stored, for both directions.
    private static IEnumerable<(string Name, Func<float[]> Values, Action<float[]> Restore)> Arrays(
        IReadOnlyList<Parameter> parameters, IOptimizer optimizer, WeightAverage? average)
    {
        for (int i = 0; i < parameters.Count; i++)
        {
            Tensor weight = parameters[i].Value;
            yield return ($"weight.{parameters[i].Name}", weight.ToArray, values => Weights.Write(weight, values));
            foreach ((string name, float[][] memory) in optimizer.State)
            {
                float[] one = memory[i];
                yield return ($"{name}.{parameters[i].Name}", () => one, values => values.CopyTo(one, 0));
            }
            if (average is not null)
            {
                float[] one = average.State[i];
                yield return ($"average.{parameters[i].Name}", () => one, values => values.CopyTo(one, 0));
            }
        }
    }
}
