using System.Globalization;
using System.Text.Json;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>
/// Everything a training needs to go on as if nothing had happened, in one safetensors file that is replaced atomically: weights,
/// the optimizer's memory, the moving average, counters, and the settings that must not have changed.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="settings">Options, data and model of this training, by name.</param>
internal sealed class TrainingFile(string path, IReadOnlyDictionary<string, string> settings)
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
        SafetensorsWriter.Save(path, Tensors(parameters, optimizer, average)
            .Select(t => new WeightData(t.Name, t.Value.To(Device.Cpu).Reshape([t.Value.Shape.Elements]))), metadata);
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
        string[] changed = [.. settings.Keys.Concat(file.Metadata.Keys.Where(key => key.StartsWith("setting.", StringComparison.Ordinal))
            .Select(key => key[8..])).Distinct()
            .Where(key => file.Metadata.GetValueOrDefault("setting." + key) != settings.GetValueOrDefault(key))
            .Select(key => $"{key} {settings.GetValueOrDefault(key) ?? "none"} instead "
                + $"of {file.Metadata.GetValueOrDefault("setting." + key) ?? "none"}")];
        if (changed.Length > 0)
        {
            throw new TrainingException(
                $"train: the checkpoint is of another training; got {string.Join("; ", changed)}; expected the same command. "
                + $"Give it again, or train into another folder. File: {path}");
        }
        foreach ((string name, Tensor value) in Tensors(parameters, optimizer, average))
        {
            float[] stored = file.Contains(name) ? file.ReadFloats(name) : throw Damaged(name);
            Weights.Write(value, stored.Length == value.Shape.Elements
                ? stored
                : throw new TrainingException($"train: the checkpoint does not fit the model; "
                    + $"got {stored.Length} numbers for {name}; expected {value.Shape.Elements}. File: {path}"));
        }
        optimizer.Resume(Count(file, "optimizer_steps"));
        average?.Resume(Count(file, "average_updates"));
        try
        {
            TrainingState? state = JsonSerializer.Deserialize<TrainingState>(file.Metadata.GetValueOrDefault("state") ?? "null");
            return state is { Step: >= 0, BestStep: >= 0, SinceBest: >= 0, Best: not null }
                && state.Best.All(best => best is { Name: not null })
                ? state : throw Damaged("state");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Damaged("state");
        }
    }

    private int Count(SafetensorsFile file, string name) =>
        int.TryParse(file.Metadata.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? count : throw Damaged(name);

    private TrainingException Damaged(string what) => new($"train: the checkpoint is damaged; got no usable '{what}'; "
        + $"expected what a training saved. Delete it to begin again. File: {path}");

    // The one list of what is stored, for both directions: a checkpoint does not know on which device it was made.
    private static IEnumerable<(string Name, Tensor Value)> Tensors(IReadOnlyList<Parameter> parameters, IOptimizer optimizer,
        WeightAverage? average)
    {
        for (int i = 0; i < parameters.Count; i++)
        {
            yield return ($"weight.{parameters[i].Name}", parameters[i].Value);
            foreach ((string name, IReadOnlyList<Tensor> memory) in optimizer.State)
            {
                yield return ($"{name}.{parameters[i].Name}", memory[i]);
            }
            if (average is not null)
            {
                yield return ($"average.{parameters[i].Name}", average.State[i]);
            }
        }
    }
}
