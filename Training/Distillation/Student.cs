using System.Globalization;
using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>A model like another one with fewer blocks.</summary>
public static class Student
{
    // What config.json calls a model's sizes, in all families.
    private static readonly string[] s_counts = ["num_hidden_layers", "n_layer", "encoder_layers", "decoder_layers"];
    private static readonly string[] s_widths = ["hidden_size", "n_embd", "d_model"];
    private static readonly string[] s_heads = ["num_attention_heads", "n_head", "encoder_attention_heads", "decoder_attention_heads"];
    private static readonly string[] s_feedForward = ["intermediate_size", "n_inner", "encoder_ffn_dim", "decoder_ffn_dim"];

    /// <summary>Blocks to keep, evenly spaced, the last always among them: 1, 3, 5 of 6 for three.</summary>
    /// <param name="layers">Blocks of the teacher.</param>
    /// <param name="keep">How many the student has.</param>
    /// <exception cref="TrainingException">It cannot have so many.</exception>
    public static IReadOnlyList<int> Layers(int layers, int keep) => keep >= 1 && keep <= layers
        ? [.. Enumerable.Range(1, keep).Select(i => (i * layers / keep) - 1)]
        : throw new TrainingException($"distill: no such student; got {keep} layers; expected 1 to {layers}, as many as the teacher has.");

    /// <summary>
    /// Makes the student's folder, config and tokenizer, and starts it with the teacher's weights: block i is a copy of the teacher's block
    /// <paramref name="keep"/>[i], all else a copy of all else.
    /// </summary>
    /// <param name="folder">The teacher's folder.</param>
    /// <param name="teacher">The teacher.</param>
    /// <param name="to">The student's folder; made when it is absent.</param>
    /// <param name="keep">Blocks of the teacher, in the student's order (Marian: of each side).</param>
    /// <exception cref="TrainingException">A block does not exist.</exception>
    public static ITransformer Of(string folder, ITransformer teacher, string to, IReadOnlyList<int> keep)
    {
        ITransformer student = Make(folder, teacher, to, keep, _ => { });
        Dictionary<string, Parameter> known = teacher.Parameters.ToDictionary(p => p.Name);
        foreach (Parameter parameter in student.Parameters)
        {
            parameter.Value = Tensor.From(known[InTeacher(parameter.Name, keep)].Value.ToArray(), parameter.Shape);
        }
        return student;
    }

    /// <summary>Makes a student of another width, with random weights: nothing of the teacher's fits it.</summary>
    /// <param name="folder">The teacher's folder.</param>
    /// <param name="teacher">The teacher.</param>
    /// <param name="to">The student's folder; made when it is absent.</param>
    /// <param name="keep">Which of the teacher's blocks each of the student's stands for.</param>
    /// <param name="sizes">Width, heads and width of the feed-forward layers; the number of layers and positions are not looked at.</param>
    /// <param name="seed">Of the weights.</param>
    /// <exception cref="TrainingException">A block does not exist, or the heads do not share out the width.</exception>
    public static ITransformer Of(string folder, ITransformer teacher, string to, IReadOnlyList<int> keep, ModelSizes sizes, int seed)
    {
        if (sizes.DModel < 1 || sizes.NHeads < 1 || sizes.DModel % sizes.NHeads != 0 || sizes.StoredDMlp < 1)
        {
            throw new TrainingException($"distill: no such student; "
                + $"got {sizes.NHeads} heads in a width of {sizes.DModel}, feed-forward layers of {sizes.StoredDMlp}; expected widths "
                + $"above "
                + $"0 and a number of heads that divides the first.");
        }
        ITransformer student = Make(folder, teacher, to, keep, config =>
        {
            if (config.ContainsKey("n_embd"))
            {
                config["n_inner"] = null; // GPT-2 may leave it out
            }
            Set(config, s_widths, sizes.DModel);
            Set(config, s_heads, sizes.NHeads);
            Set(config, s_feedForward, sizes.StoredDMlp);
            if ((int?)config["num_key_value_heads"] is { } shared)
            {
                config["num_key_value_heads"] = sizes.NHeads % shared == 0 ? shared : sizes.NHeads;
            }
            config.Remove("head_dim");
        });
        InitialWeights.Fill(student, seed, 0.5 / Math.Sqrt(sizes.DModel));
        return student;
    }

    private static ITransformer Make(string folder, ITransformer teacher, string to, IReadOnlyList<int> keep, Action<JsonObject> edit)
    {
        int layers = teacher.Info.NDecoderLayers > 0 ? Math.Min(teacher.Info.NLayers, teacher.Info.NDecoderLayers) : teacher.Info.NLayers;
        if (keep.Count == 0 || keep.Any(layer => layer < 0 || layer >= layers))
        {
            throw new TrainingException($"distill: no such block; got {string.Join(", ", keep)}; expected numbers from 0 to {layers - 1}.");
        }
        NewModel.CopyWithoutWeights(folder, to);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))?.AsObject() ?? [];
        Set(config, s_counts, keep.Count);
        edit(config);
        NewModel.Write(to, "config.json", config);
        return ModelLoader.Create(to);
    }

    private static void Set(JsonObject config, string[] names, int value)
    {
        foreach (string name in names.Where(config.ContainsKey))
        {
            config[name] = value;
        }
    }

    /// <summary>
    /// The teacher's name for a student's parameter or hook point: <c>blocks.1.…</c> is the teacher's <c>blocks.3.…</c> where block 1 was
    /// made from block 3.
    /// </summary>
    internal static string InTeacher(string name, IReadOnlyList<int> keep)
    {
        string[] parts = name.Split('.', 3);
        return parts is ["blocks" or "encoder" or "decoder", var number, var rest]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int layer)
            ? string.Create(CultureInfo.InvariantCulture, $"{parts[0]}.{keep[layer]}.{rest}")
            : name;
    }
}
