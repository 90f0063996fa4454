using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>Puts parameters, or their gradients, back into the layout of a checkpoint.</summary>
public static class ParameterLayout
{
    /// <summary>Transposes what is stored transposed, and joins what is stored side by side.</summary>
    /// <param name="parameters">All parameters of a model, or a selection that has all parts of each stored tensor.</param>
    /// <param name="value">What to lay out for a parameter, of its shape: its value, its gradient, an optimiser's moment.</param>
    /// <returns>Stored tensors by checkpoint name.</returns>
    public static IEnumerable<(string Name, Tensor Value)> Stored(IEnumerable<Parameter> parameters, Func<Parameter, Tensor> value)
    {
        foreach (IGrouping<string, Parameter> parts in parameters.GroupBy(p => p.Place.Tensor))
        {
            (CheckpointPlace Place, Tensor Value)[] stored =
                [.. parts.Select(p => (p.Place, p.Place.Transposed ? value(p).Transpose() : value(p)))];
            (CheckpointPlace place, Tensor first) = stored[0];
            yield return (parts.Key, place.Part is null
                ? first
                : StoredPart.Join(stored.Select(s => (s.Place.Part
                    ?? throw new InvalidOperationException($"{parts.Key}: a part and the whole."), s.Value)),
                        place.OutputAxis(first.Shape)));
        }
    }

    /// <summary>Writes a model's parameters as a safetensors file that loads again under the same config.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file to make or replace, usually <c>model.safetensors</c>.</param>
    /// <param name="type">How to store the elements.</param>
    /// <exception cref="WeightException">The file cannot be written, or a value does not fit the type.</exception>
    public static void Save(ITransformer model, string path, WeightType type = WeightType.F32)
    {
        ArgumentNullException.ThrowIfNull(model);
        using Recorder.Pause pause = Recorder.Suspend();
        SafetensorsWriter.Save(path, Stored(model.Parameters, p => p.Value).Select(t => new WeightData(t.Name, t.Value, type)),
            new Dictionary<string, string> { ["format"] = "pt" }); // without it Hugging Face's loader refuses the file
    }
}
