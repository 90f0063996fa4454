// MPNet: BERT's plan with RoBERTa's positions, and T5's biases by distance on the scores of every block; the encoder of many sentence
// embeddings. Song et al. 2020. Read this file for names and settings, Bert/Bert.cs for the computation.
// Sizes: d_model 768, 12 heads of 64, 12 layers, 30527 words, 514 positions in mpnet-base, of which tokens use 512.
namespace Vitrine.Transformers;

/// <summary>MPNet with any head.</summary>
internal static class Mpnet
{
    private const string Prefix = "mpnet.", Layer = Prefix + "encoder.layer.{i}.attention.";

    private static readonly BertFamily s_family = Roberta.Family("mpnet", "MPNet", Prefix, new()
    {
        ["blocks.{i}.attn.W_Q"] = $"{Layer}attn.q.weight^T",
        ["blocks.{i}.attn.b_Q"] = $"{Layer}attn.q.bias",
        ["blocks.{i}.attn.W_K"] = $"{Layer}attn.k.weight^T",
        ["blocks.{i}.attn.b_K"] = $"{Layer}attn.k.bias",
        ["blocks.{i}.attn.W_V"] = $"{Layer}attn.v.weight^T",
        ["blocks.{i}.attn.b_V"] = $"{Layer}attn.v.bias",
        ["blocks.{i}.attn.W_O"] = $"{Layer}attn.o.weight^T",
        ["blocks.{i}.attn.b_O"] = $"{Layer}attn.o.bias",
        ["blocks.{i}.ln1.w"] = $"{Layer}LayerNorm.weight",
        ["blocks.{i}.ln1.b"] = $"{Layer}LayerNorm.bias",
        ["rel_pos.W_rel"] = $"{Prefix}encoder.relative_attention_bias.weight",
    });

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder)
    {
        json.Expect("relative_attention_num_buckets", "32"); // transformers counts 32 whatever this says
        var defaults = new Bert.Config
        {
            Vocab = 30527,
            Types = 0,
            CountsPastPadding = true,
            Distances = new(Buckets: 32, MaxDistance: 128),
            WordsActivation = "gelu", // whatever the blocks have
        };
        return s_family.Load(json, folder, defaults.Read(json) with { PadId = 1, Types = 0 }); // both fixed in its code
    }
}
