// Nemotron-4 and Minitron: Llama's plan with LayerNorm whose weights are stored less 1, half of each head rotated, and a plain MLP of
// squared relu. Parmar et al. 2024; Muralidharan et al. 2024. Sizes: d_model 3072, 24 heads (8 for keys) of 128, 32 layers, 256000 words in
// Minitron 4B. Read next: Decoders/Decoder.cs.
namespace Vitrine.Transformers;

/// <summary>Nemotron, the dense models without a hybrid's state spaces.</summary>
internal static class Nemotron
{
    private static readonly Dictionary<string, string> s_names = new(Llama.Names)
    {
        ["blocks.{i}.ln1.b"] = "model.layers.{i}.input_layernorm.bias",
        ["blocks.{i}.ln2.b"] = "model.layers.{i}.post_attention_layernorm.bias",
        ["ln_final.b"] = "model.norm.bias",
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        int dModel = json.Int("hidden_size", 6144), nHeads = json.Int("num_attention_heads", 48),
            dMlp = json.Int("intermediate_size", 24576);
        int nKeyValueHeads = json.Int("num_key_value_heads", nHeads);
        json.Divides("num_key_value_heads", nKeyValueHeads, "num_attention_heads", nHeads);
        if (!json.Has("head_dim"))
        {
            json.Divides("num_attention_heads", nHeads, "hidden_size", dModel);
        }
        int dHead = json.Int("head_dim", dModel / nHeads);
        bool tied = json.Flag("tie_word_embeddings", false), bias = json.Flag("attention_bias", false),
            mlpBias = json.Flag("mlp_bias", false);
        string activation = json.Text("hidden_act", "relu2");
        float epsilon = (float)json.Number("norm_eps", 1e-5);
        RotaryOptions rotary = RotaryOptions.Read(json, dHead, share: 0.5);
        Norm Norm(ModulePath path) => Transformers.Norm.Layer(path, dModel, epsilon, plusOne: true);
        return Decoder.Load(json, folder, generation, new()
        {
            Class = "Nemotron",
            Names = s_names,
            Style = CheckpointStyle.Llama,
            DModel = dModel,
            NLayers = json.Int("num_hidden_layers", 32),
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 256000),
            MaxPositions = json.Int("max_position_embeddings", 4096),
            Block = _ => new()
            {
                Norm = Norm,
                Rotary = rotary,
                Attention = path => new(path, new()
                {
                    DModel = dModel,
                    NHeads = nHeads,
                    NKeyValueHeads = nKeyValueHeads,
                    DHead = dHead,
                    Causal = true,
                    Rotary = true,
                    Bias = bias,
                    OutputBias = bias,
                }),
                Mlp = path => new(path, dModel, dMlp, activation, bias: mlpBias),
            },
            FinalNorm = Norm,
            Tied = tied,
        });
    }
}
