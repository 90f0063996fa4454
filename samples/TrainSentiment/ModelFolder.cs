using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Samples;

/// <summary>Writes a Hugging Face model folder: config, tokenizer, weights. Training begins with one that holds random weights.</summary>
internal static class ModelFolder
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>The tokenizer's files.</summary>
    public static void WriteTokenizer(string folder, Vocabulary vocabulary, Recipe recipe)
    {
        Directory.CreateDirectory(folder);
        vocabulary.WriteText(Path.Combine(folder, "vocab.txt"));
        Write(folder, "tokenizer_config.json", new JsonObject
        {
            ["tokenizer_class"] = "BertTokenizer",
            ["do_lower_case"] = true,
            ["model_max_length"] = recipe.MaxPositions,
            ["pad_token"] = "[PAD]",
            ["unk_token"] = "[UNK]",
            ["cls_token"] = "[CLS]",
            ["sep_token"] = "[SEP]",
            ["mask_token"] = "[MASK]",
        });
    }

    /// <summary>Config and random weights: a folder that loads as a model which knows nothing yet but one thing, <paramref name="evidence"/>.</summary>
    /// <param name="folder">Where the tokenizer's files lie.</param>
    /// <param name="evidence">Per token, the log-odds that it alone adds; becomes the first coordinate of its embedding.</param>
    /// <param name="recipe">Sizes and seed.</param>
    public static void WriteUntrained(string folder, IReadOnlyList<double> evidence, Recipe recipe)
    {
        Write(folder, "config.json", Config(evidence.Count, recipe));
        SafetensorsWriter.Save(WeightsFile(folder), RandomWeights(evidence, recipe), s_metadata);
    }

    /// <summary>Replaces the weights by those of a model, rounded to float16, under the names and in the layout of the checkpoint.</summary>
    public static void WriteWeights(string folder, ITransformer model) =>
        SafetensorsWriter.Save(WeightsFile(folder), model.Parameters.Select(p => new WeightData(
            p.Place.Tensor, p.Place.Transposed ? p.Value.Transpose() : p.Value, WeightType.F16)), s_metadata);

    private static readonly Dictionary<string, string> s_metadata = new() { ["format"] = "pt" };

    private static string WeightsFile(string folder) => Path.Combine(folder, "model.safetensors");

    private static JsonObject Config(int words, Recipe recipe) => new()
    {
        ["architectures"] = new JsonArray("BertForSequenceClassification"),
        ["model_type"] = "bert",
        ["vocab_size"] = words,
        ["hidden_size"] = recipe.DModel,
        ["num_hidden_layers"] = recipe.NLayers,
        ["num_attention_heads"] = recipe.NHeads,
        ["intermediate_size"] = recipe.DMlp,
        ["hidden_act"] = "gelu",
        ["hidden_dropout_prob"] = Math.Round(recipe.Dropout, 3),
        ["attention_probs_dropout_prob"] = 0.0,
        ["max_position_embeddings"] = recipe.MaxPositions,
        ["type_vocab_size"] = 2,
        ["initializer_range"] = 0.02,
        ["layer_norm_eps"] = 1e-12,
        ["pad_token_id"] = 0,
        ["id2label"] = new JsonObject { ["0"] = "negative", ["1"] = "positive" },
        ["label2id"] = new JsonObject { ["negative"] = 0, ["positive"] = 1 },
        ["torch_dtype"] = "float16",
    };

    /// <summary>Normal weights, zero biases. Matrices [d_out, d_in] have deviation 1/(2·√d_in): the signal neither fades nor grows.</summary>
    private static IEnumerable<WeightData> RandomWeights(IReadOnlyList<double> evidence, Recipe recipe)
    {
        var random = new Random(recipe.Seed);
        int d = recipe.DModel;
        List<WeightData> weights =
        [
            WithEvidence(Normal("bert.embeddings.word_embeddings.weight", [evidence.Count, d], 0.05)),
            Normal("bert.embeddings.position_embeddings.weight", [recipe.MaxPositions, d], 0.02),
            Normal("bert.embeddings.token_type_embeddings.weight", [2, d], 0.02),
            .. Norm("bert.embeddings.LayerNorm"),
        ];
        for (int i = 0; i < recipe.NLayers; i++)
        {
            string layer = $"bert.encoder.layer.{i}";
            weights.AddRange([.. Linear($"{layer}.attention.self.query", d, d), .. Linear($"{layer}.attention.self.key", d, d)]);
            weights.AddRange([.. Linear($"{layer}.attention.self.value", d, d), .. Linear($"{layer}.attention.output.dense", d, d)]);
            weights.AddRange([.. Norm($"{layer}.attention.output.LayerNorm"), .. Linear($"{layer}.intermediate.dense", d, recipe.DMlp)]);
            weights.AddRange([.. Linear($"{layer}.output.dense", recipe.DMlp, d), .. Norm($"{layer}.output.LayerNorm")]);
        }

        return [.. weights, .. Linear("bert.pooler.dense", d, d), .. Linear("classifier", d, 2)];

        WeightData WithEvidence(WeightData words)
        {
            float[] values = words.Values.ToArray();
            for (int id = 0; id < evidence.Count; id++)
            {
                values[id * d] = (float)(recipe.EvidenceScale * evidence[id]);
            }

            return new(words.Name, Tensor.From(values, words.Shape), words.Type);
        }

        WeightData Normal(string name, Shape shape, double deviation)
        {
            float[] values = new float[shape.Elements];
            for (int i = 0; i < values.Length; i++)
            {
                // Box and Muller 1958; 1 − u is in (0, 1].
                double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
                values[i] = (float)(deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
            }

            return new(name, Tensor.From(values, shape));
        }

        WeightData[] Linear(string name, int dIn, int dOut) =>
            [Normal($"{name}.weight", [dOut, dIn], 0.5 / Math.Sqrt(dIn)), new($"{name}.bias", Tensor.Zeros([dOut]))];

        WeightData[] Norm(string name) => [new($"{name}.weight", Tensor.Full([d], 1)), new($"{name}.bias", Tensor.Zeros([d]))];
    }

    private static void Write(string folder, string name, JsonObject json) =>
        File.WriteAllText(Path.Combine(folder, name), json.ToJsonString(s_indented) + "\n");
}
