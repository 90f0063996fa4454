using System.Globalization;
using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>A model like another one with fewer blocks.</summary>
public static class Student
{
    private static readonly string[] s_counts = ["num_hidden_layers", "n_layer", "encoder_layers", "decoder_layers"];

    /// <summary>Blocks to keep, evenly spaced, the last always among them: 1, 3, 5 of 6 for three.</summary>
    /// <param name="layers">Blocks of the teacher.</param>
    /// <param name="keep">How many the student has.</param>
    /// <exception cref="TrainingException">It cannot have so many.</exception>
    public static IReadOnlyList<int> Layers(int layers, int keep) => keep >= 1 && keep <= layers
        ? [.. Enumerable.Range(1, keep).Select(i => (i * layers / keep) - 1)]
        : throw new TrainingException($"distill: no such student; got {keep} layers; expected 1 to {layers}, as many as the teacher has.");

    /// <summary>Makes the student's folder, config and tokenizer, and starts it with the teacher's weights: block i is a copy of the teacher's block <paramref name="keep"/>[i], all else a copy of all else.</summary>
    /// <param name="folder">The teacher's folder.</param>
    /// <param name="teacher">The teacher.</param>
    /// <param name="to">The student's folder; made when it is absent.</param>
    /// <param name="keep">Blocks of the teacher, in the student's order (Marian: of each side).</param>
    /// <exception cref="TrainingException">A block does not exist.</exception>
    public static ITransformer Of(string folder, ITransformer teacher, string to, IReadOnlyList<int> keep)
    {
        int layers = teacher.Info.NDecoderLayers > 0 ? Math.Min(teacher.Info.NLayers, teacher.Info.NDecoderLayers) : teacher.Info.NLayers;
        if (keep.Count == 0 || keep.Any(layer => layer < 0 || layer >= layers))
        {
            throw new TrainingException($"distill: no such block; got {string.Join(", ", keep)}; expected numbers from 0 to {layers - 1}.");
        }
        NewModel.CopyWithoutWeights(folder, to);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))?.AsObject() ?? [];
        foreach (string name in s_counts.Where(config.ContainsKey))
        {
            config[name] = keep.Count;
        }
        NewModel.Write(to, "config.json", config);
        ITransformer student = ModelLoader.Create(to);
        Dictionary<string, Parameter> known = teacher.Parameters.ToDictionary(p => p.Name);
        foreach (Parameter parameter in student.Parameters)
        {
            parameter.Value = Tensor.From(known[InTeacher(parameter.Name, keep)].Value.ToArray(), parameter.Shape);
        }
        return student;
    }

    /// <summary>The teacher's name for a student's parameter or hook point: <c>blocks.1.…</c> is the teacher's <c>blocks.3.…</c> where block 1 was made from block 3.</summary>
    internal static string InTeacher(string name, IReadOnlyList<int> keep)
    {
        string[] parts = name.Split('.', 3);
        return parts is ["blocks" or "encoder" or "decoder", var number, var rest] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int layer)
            ? string.Create(CultureInfo.InvariantCulture, $"{parts[0]}.{keep[layer]}.{rest}")
            : name;
    }
}
