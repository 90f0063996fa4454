using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>
/// Writes a model of a real size with random weights, to measure with where no checkpoint is at hand: a published model's config.json,
/// and the tensors that the engine asks for under it, one at a time. The same name gives the same file.
/// </summary>
internal static class RandomModel
{
    /// <summary>Sizes of published models, as their config.json states them.</summary>
    private static readonly SortedDictionary<string, string> s_configs = new(StringComparer.Ordinal)
    {
        ["distilbert"] = """
            {"model_type": "distilbert", "architectures": ["DistilBertForSequenceClassification"], "dim": 768, "n_layers": 6, "n_heads": 12,
            "hidden_dim": 3072, "vocab_size": 30522, "max_position_embeddings": 512}
            """,
        ["pythia-160m"] = """
            {"model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
            "intermediate_size": 3072, "vocab_size": 50304, "max_position_embeddings": 2048, "rotary_pct": 0.25, "use_parallel_residual": true}
            """,
        ["qwen2-0.5b"] = """
            {"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_size": 896, "num_hidden_layers": 24, "num_attention_heads": 14,
            "num_key_value_heads": 2, "intermediate_size": 4864, "vocab_size": 151936, "max_position_embeddings": 32768, "rope_theta": 1000000.0,
            "rms_norm_eps": 1e-6, "tie_word_embeddings": true}
            """,
        ["roberta-base"] = """
            {"model_type": "roberta", "architectures": ["RobertaForSequenceClassification"], "hidden_size": 768, "num_hidden_layers": 12,
            "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1,
            "layer_norm_eps": 1e-5, "pad_token_id": 1}
            """,
        ["t5-small"] = """
            {"model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "d_model": 512, "d_kv": 64, "d_ff": 2048, "num_layers": 6,
            "num_heads": 8, "vocab_size": 32128, "is_encoder_decoder": true, "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
            """,
    };

    /// <summary>Arguments: a name and a folder.</summary>
    public static int Run(string[] args)
    {
        if (args.Length != 2 || !s_configs.TryGetValue(args[0], out string? config))
        {
            Console.Error.WriteLine($"bench: no such model; got '{string.Join(' ', args)}'; "
                + $"expected one of {string.Join(", ", s_configs.Keys)}, and a folder.");
            return 2;
        }
        Write(JsonNode.Parse(config)!.AsObject(), args[1]);
        return 0;
    }

    /// <summary>The names of the models.</summary>
    public static IReadOnlyCollection<string> Names => s_configs.Keys;

    /// <summary>Writes the model of that name, unless it is there.</summary>
    public static void Write(string name, string folder) => Write(JsonNode.Parse(s_configs[name])!.AsObject(), folder);

    /// <summary>Writes a model with these settings, unless one with the same is there.</summary>
    public static void Write(JsonObject config, string folder)
    {
        string settings = Path.Combine(Directory.CreateDirectory(folder).FullName, "config.json"), json = config.ToJsonString() + "\n";
        string weights = Path.Combine(folder, "model.safetensors");
        if (File.Exists(weights) && File.Exists(settings) && File.ReadAllText(settings) == json)
        {
            return;
        }
        File.WriteAllText(settings, json);
        SafetensorsWriter.Save(weights, Tensors(ModelLoader.Create(folder).Parameters));
    }

    /// <summary>Norms are 1, biases 0, all else is normal with deviation 0.02.</summary>
    private static IEnumerable<WeightData> Tensors(IReadOnlyList<Parameter> parameters)
    {
        int seed = 0;
        foreach (Parameter first in parameters.DistinctBy(p => p.Place.Tensor))
        {
            int own = ++seed, outputs = first.Place.Part?.Total ?? first.Shape[^1];
            Shape stored = first.Place.Transposed ? [outputs, first.Shape[0]] : first.Shape.With(first.Shape.Rank - 1, outputs);
            bool gain = first.Name.EndsWith(".w", StringComparison.Ordinal);
            yield return new(first.Place.Tensor, stored, WeightType.F32,
                () => first.Kind == ParameterKind.Other ? Tensor.Full(stored, gain ? 1 : 0) : RandomGpt2.Draw(own, stored, 0.02f));
        }
    }
}
