using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests.Support;

/// <summary>
/// Tiny random checkpoints of every family, written as real safetensors folders: fixed seed, one or more blocks, width 16.
/// </summary>
public static class TinyModels
{
    private const int D = 16, Heads = 4, Mlp = 24, Vocab = 50, Positions = 24;

    /// <summary>The families that can be written, as <c>model_type</c> names them.</summary>
    public static IReadOnlyList<string> Families { get; } = ["bert", "gpt2", "llama", "marian", .. TinyFamilies.Names];

    /// <summary>Writes a checkpoint and loads it.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="family">One of <see cref="Families"/>.</param>
    /// <param name="architecture">The class; null: the family's language model.</param>
    /// <param name="layers">Number of blocks (Marian: on each side).</param>
    /// <param name="edit">Changes config.json.</param>
    public static ITransformer Load(string folder, string family, string? architecture = null, int layers = 2,
        Action<JsonObject>? edit = null) =>
        ModelLoader.Load(Write(folder, family, architecture, layers, edit));

    /// <summary>Writes a checkpoint.</summary>
    /// <returns>The folder.</returns>
    public static string Write(string folder, string family, string? architecture = null, int layers = 2, Action<JsonObject>? edit = null)
    {
        bool spelled = !TinyFamilies.Names.Contains(family);
        JsonObject config = spelled ? Config(family, layers) : TinyFamilies.Config(family, layers);
        if (architecture is not null)
        {
            config["architectures"] = new JsonArray(architecture);
        }
        edit?.Invoke(config);
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        if (!spelled)
        {
            SafetensorsWriter.Save(Path.Combine(folder, "model.safetensors"), TinyFamilies.Weights(folder));
            return folder;
        }
        int seed = 0;
        SafetensorsWriter.Save(Path.Combine(folder, "model.safetensors"), Shapes(family, layers, config).Select(t => new WeightData(
            t.Name,
            // Norms near 1, all else small: activations stay in a sensible range.
            RandomTensor.Normal(++seed, t.Shape, 0.2f).Scale(1, IsNormWeight(t.Name) ? 1 : 0))));
        return folder;
    }

    private static bool IsNormWeight(string name) =>
        name.EndsWith(".weight", StringComparison.Ordinal)
            && (name.Contains("ln_", StringComparison.Ordinal) || name.Contains("norm", StringComparison.OrdinalIgnoreCase));

    private static JsonObject Config(string family, int layers) => family switch
    {
        "bert" => new()
        {
            ["model_type"] = "bert",
            ["architectures"] = new JsonArray("BertForMaskedLM"),
            ["hidden_size"] = D,
            ["num_hidden_layers"] = layers,
            ["num_attention_heads"] = Heads,
            ["intermediate_size"] = Mlp,
            ["vocab_size"] = Vocab,
            ["max_position_embeddings"] = Positions,
            ["id2label"] = new JsonObject { ["0"] = "bad", ["1"] = "fair", ["2"] = "good" },
            ["pad_token_id"] = 0,
        },
        "gpt2" => new()
        {
            ["model_type"] = "gpt2",
            ["architectures"] = new JsonArray("GPT2LMHeadModel"),
            ["n_embd"] = D,
            ["n_layer"] = layers,
            ["n_head"] = Heads,
            ["n_inner"] = Mlp,
            ["vocab_size"] = Vocab,
            ["n_positions"] = Positions,
            ["eos_token_id"] = Vocab - 1,
            ["pad_token_id"] = Vocab - 1,
            ["id2label"] = new JsonObject { ["0"] = "bad", ["1"] = "fair", ["2"] = "good" },
        },
        "llama" => new()
        {
            ["model_type"] = "llama",
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["hidden_size"] = D,
            ["num_hidden_layers"] = layers,
            ["num_attention_heads"] = Heads,
            ["num_key_value_heads"] = Heads / 2,
            ["intermediate_size"] = Mlp,
            ["vocab_size"] = Vocab,
            ["max_position_embeddings"] = Positions,
            ["bos_token_id"] = 1,
            ["eos_token_id"] = 2,
            ["pad_token_id"] = 0,
            ["id2label"] = new JsonObject { ["0"] = "bad", ["1"] = "fair", ["2"] = "good" },
        },
        "marian" => new()
        {
            ["model_type"] = "marian",
            ["architectures"] = new JsonArray("MarianMTModel"),
            ["is_encoder_decoder"] = true,
            ["d_model"] = D,
            ["encoder_layers"] = layers,
            ["decoder_layers"] = layers,
            ["encoder_attention_heads"] = Heads,
            ["decoder_attention_heads"] = Heads,
            ["encoder_ffn_dim"] = Mlp,
            ["decoder_ffn_dim"] = Mlp,
            ["activation_function"] = "swish",
            ["scale_embedding"] = true,
            ["vocab_size"] = Vocab,
            ["max_position_embeddings"] = Positions,
            ["eos_token_id"] = 0,
            ["pad_token_id"] = Vocab - 1,
            ["decoder_start_token_id"] = Vocab - 1,
        },
        _ => throw new ArgumentException($"no tiny {family}", nameof(family)),
    };

    private static IEnumerable<(string Name, Shape Shape)> Shapes(string family, int layers, JsonObject config) => family switch
    {
        "bert" => Bert(layers, config["architectures"]!.ToJsonString(), config["id2label"]!.AsObject().Count),
        "gpt2" => Gpt2(layers, config),
        "llama" => Llama(layers, config),
        _ => Marian(layers),
    };

    private static IEnumerable<(string, Shape)> Linear(string name, int dIn, int dOut) =>
        [($"{name}.weight", [dOut, dIn]), ($"{name}.bias", [dOut])];

    private static IEnumerable<(string, Shape)> Norm(string name) => [($"{name}.weight", [D]), ($"{name}.bias", [D])];

    private static IEnumerable<(string, Shape)> Each(int layers, Func<int, IEnumerable<(string, Shape)>> layer) =>
        Enumerable.Range(0, layers).SelectMany(layer);

    private static IEnumerable<(string, Shape)> Bert(int layers, string architecture, int classes)
    {
        const string E = "bert.embeddings";
        string head = architecture.Contains("MaskedLM", StringComparison.Ordinal) ? "mlm"
            : architecture.Contains("Question", StringComparison.Ordinal) ? "qa"
            : architecture.Contains("Model", StringComparison.Ordinal) ? "" : architecture.Contains("Token", StringComparison.Ordinal)
                ? "tokens" : "classes";
        int labels = architecture.Contains("Choice", StringComparison.Ordinal) ? 1 : classes;
        return
        [
            ($"{E}.word_embeddings.weight", [Vocab, D]), ($"{E}.position_embeddings.weight", [Positions, D]),
            ($"{E}.token_type_embeddings.weight", [2, D]), .. Norm($"{E}.LayerNorm"),
            .. Each(layers, i => [
                .. Linear($"bert.encoder.layer.{i}.attention.self.query", D, D),
                .. Linear($"bert.encoder.layer.{i}.attention.self.key", D, D),
                .. Linear($"bert.encoder.layer.{i}.attention.self.value", D, D),
                .. Linear($"bert.encoder.layer.{i}.attention.output.dense", D, D),
                .. Norm($"bert.encoder.layer.{i}.attention.output.LayerNorm"),
                .. Linear($"bert.encoder.layer.{i}.intermediate.dense", D, Mlp),
                .. Linear($"bert.encoder.layer.{i}.output.dense", Mlp, D), .. Norm($"bert.encoder.layer.{i}.output.LayerNorm")]),
            .. head == "mlm" ? [.. Linear("cls.predictions.transform.dense", D, D), .. Norm("cls.predictions.transform.LayerNorm"),
                ("cls.predictions.bias", [Vocab])] : Array.Empty<(string, Shape)>(),
            .. head == "qa" ? Linear("qa_outputs", D, 2) : [],
            .. head == "classes" ? Linear("bert.pooler.dense", D, D) : [],
            .. head is "classes" or "tokens" ? Linear("classifier", D, labels) : [],
        ];
    }

    private static IEnumerable<(string, Shape)> Gpt2(int layers, JsonObject config) =>
    [
        ("transformer.wte.weight", [Vocab, D]), ("transformer.wpe.weight", [Positions, D]),
        .. Each(layers, i => [
            .. Norm($"transformer.h.{i}.ln_1"), ($"transformer.h.{i}.attn.c_attn.weight", [D, 3 * D]),
            ($"transformer.h.{i}.attn.c_attn.bias", [3 * D]),
            ($"transformer.h.{i}.attn.c_proj.weight", [D, D]), ($"transformer.h.{i}.attn.c_proj.bias", [D]),
            .. Norm($"transformer.h.{i}.ln_2"),
            ($"transformer.h.{i}.mlp.c_fc.weight", [D, Mlp]), ($"transformer.h.{i}.mlp.c_fc.bias", [Mlp]),
            ($"transformer.h.{i}.mlp.c_proj.weight", [Mlp, D]), ($"transformer.h.{i}.mlp.c_proj.bias", [D])]),
        .. Norm("transformer.ln_f"),
        .. config["architectures"]!.ToJsonString().Contains("Sequence", StringComparison.Ordinal)
        ? [("score.weight", [3, D])] : Array.Empty<(string, Shape)>(),
    ];

    private static IEnumerable<(string, Shape)> Llama(int layers, JsonObject config)
    {
        bool bias = config["attention_bias"]?.GetValue<bool>() is true;
        IEnumerable<(string, Shape)> Maybe(string name, int dIn, int dOut) =>
            bias ? Linear(name, dIn, dOut) : Linear(name, dIn, dOut).Take(1);
        return
        [
            ("model.embed_tokens.weight", [Vocab, D]),
            .. Each(layers, i => [
                ($"model.layers.{i}.input_layernorm.weight", [D]), ($"model.layers.{i}.post_attention_layernorm.weight", [D]),
                .. Maybe($"model.layers.{i}.self_attn.q_proj", D, D), .. Maybe($"model.layers.{i}.self_attn.k_proj", D, D / 2),
                .. Maybe($"model.layers.{i}.self_attn.v_proj", D, D / 2), .. Maybe($"model.layers.{i}.self_attn.o_proj", D, D),
                ($"model.layers.{i}.mlp.gate_proj.weight", [Mlp, D]), ($"model.layers.{i}.mlp.up_proj.weight", [Mlp, D]),
                ($"model.layers.{i}.mlp.down_proj.weight", [D, Mlp])]),
            ("model.norm.weight", [D]),
            config["architectures"]!.ToJsonString().Contains("Sequence", StringComparison.Ordinal)
                ? ("score.weight", [3, D]) : ("lm_head.weight", [Vocab, D]),
        ];
    }

    private static IEnumerable<(string, Shape)> Marian(int layers)
    {
        IEnumerable<(string, Shape)> Attention(string name) =>
            [.. Linear($"{name}.q_proj", D, D), .. Linear($"{name}.k_proj", D, D), .. Linear($"{name}.v_proj", D, D),
                .. Linear($"{name}.out_proj", D, D), .. Norm($"{name}_layer_norm")];
        IEnumerable<(string, Shape)> Ffn(string name) =>
            [.. Linear($"{name}.fc1", D, Mlp), .. Linear($"{name}.fc2", Mlp, D), .. Norm($"{name}.final_layer_norm")];
        return
        [
            ("model.shared.weight", [Vocab, D]), ("final_logits_bias", [1, Vocab]),
            .. Each(layers, i => [.. Attention($"model.encoder.layers.{i}.self_attn"), .. Ffn($"model.encoder.layers.{i}")]),
            .. Each(layers, i => [.. Attention($"model.decoder.layers.{i}.self_attn"),
                .. Attention($"model.decoder.layers.{i}.encoder_attn"), .. Ffn($"model.decoder.layers.{i}")]),
        ];
    }
}
