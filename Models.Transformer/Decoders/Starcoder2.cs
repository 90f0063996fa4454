// StarCoder 2: Llama's rotary positions and grouped keys in GPT-2's blocks, LayerNorm and a plain MLP with biases. Lozhkov et al. 2024.
// Sizes: d_model 3072, 24 heads (2 for keys) of 128, 30 layers, 49152 words, a window of 4096 in StarCoder2 3B. Read next:
// Decoders/Decoder.cs.
namespace Vitrine.Transformers;

/// <summary>StarCoder 2.</summary>
internal static class Starcoder2
{
    private static readonly Dictionary<string, string> s_names = new(Llama.Names)
    {
        ["blocks.{i}.ln1.b"] = "model.layers.{i}.input_layernorm.bias",
        ["blocks.{i}.ln2.b"] = "model.layers.{i}.post_attention_layernorm.bias",
        ["ln_final.b"] = "model.norm.bias",
        ["W_in"] = "c_fc.weight^T",
        ["b_in"] = "c_fc.bias",
        ["W_out"] = "c_proj.weight^T",
        ["b_out"] = "c_proj.bias",
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("mlp_type", "\"default\"");
        json.Expect("norm_type", "\"layer_norm\"");
        int dModel = json.Int("hidden_size", 3072), nHeads = json.Int("num_attention_heads", 24),
            dMlp = json.Int("intermediate_size", 12288);
        json.Divides("num_attention_heads", nHeads, "hidden_size", dModel);
        int nKeyValueHeads = json.Int("num_key_value_heads", nHeads);
        json.Divides("num_key_value_heads", nKeyValueHeads, "num_attention_heads", nHeads);
        bool tied = json.Flag("tie_word_embeddings", true), bias = json.Flag("use_bias", true);
        string activation = json.Text("hidden_act", "gelu_pytorch_tanh");
        float epsilon = (float)json.Number("norm_epsilon", 1e-5);
        RotaryOptions rotary = RotaryOptions.Read(json, dModel / nHeads);
        int window = json.Has("sliding_window") ? json.Int("sliding_window") : 0;
        Func<int, int> windows = LayerTypes.Windows(json, window, _ => true);
        Norm Norm(ModulePath path) => Transformers.Norm.Layer(path, dModel, epsilon);
        return Decoder.Load(json, folder, generation, new()
        {
            Class = "Starcoder2",
            Names = s_names,
            Style = CheckpointStyle.Llama,
            DModel = dModel,
            NLayers = json.Int("num_hidden_layers", 30),
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 49152),
            MaxPositions = json.Int("max_position_embeddings", 4096),
            Block = layer => new()
            {
                Norm = Norm,
                Rotary = rotary,
                Window = windows(layer),
                Attention = path => new(path, new()
                {
                    DModel = dModel,
                    NHeads = nHeads,
                    NKeyValueHeads = nKeyValueHeads,
                    Causal = true,
                    Rotary = true,
                    Bias = bias,
                    OutputBias = bias,
                }),
                Mlp = path => new(path, dModel, dMlp, activation, bias: bias),
            },
            FinalNorm = Norm,
            Tied = tied,
        });
    }
}
