using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>
/// Writes a model of a real size with random weights, for <c>vitrine bench model</c> where no checkpoint is at hand: a published model's
/// config.json, and the tensors that the engine asks for under it, one at a time. The same name gives the same file.
/// </summary>
internal static class RandomModel
{
    /// <summary>Sizes of published models, as their config.json states them.</summary>
    private static readonly SortedDictionary<string, string> s_configs = new(StringComparer.Ordinal)
    {
        ["pythia-160m"] = """
            {"model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
            "intermediate_size": 3072, "vocab_size": 50304, "max_position_embeddings": 2048, "rotary_pct": 0.25, "use_parallel_residual": true}
            """,
        ["qwen2-0.5b"] = """
            {"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_size": 896, "num_hidden_layers": 24, "num_attention_heads": 14,
            "num_key_value_heads": 2, "intermediate_size": 4864, "vocab_size": 151936, "max_position_embeddings": 32768, "rope_theta": 1000000.0,
            "rms_norm_eps": 1e-6, "tie_word_embeddings": true}
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
        Directory.CreateDirectory(args[1]);
        File.WriteAllText(Path.Combine(args[1], "config.json"), JsonNode.Parse(config)!.ToJsonString() + "\n");
        SafetensorsWriter.Save(Path.Combine(args[1], "model.safetensors"), Tensors(ModelLoader.Create(args[1]).Parameters));
        return 0;
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
