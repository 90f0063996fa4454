// DistilBERT: half of BERT's layers, without token types and pooler, taught by BERT itself. Sanh et al. 2019.
// Read this file for its names and settings, Bert/Bert.cs for the computation.
// Sizes: d_model 768, 12 heads of 64, 6 layers, 30522 words, 512 positions in distilbert-base.
namespace Vitrine.Transformers;

/// <summary>DistilBERT with any head.</summary>
internal static class DistilBert
{
    /// <summary>Canonical paths to checkpoint names: whole names, then modules, then what they hold.</summary>
    private static readonly BertFamily s_family = new()
    {
        ModelType = "distilbert",
        Class = "DistilBert",
        Names = new Dictionary<string, string>
        {
            ["embed.embed.W_E"] = "distilbert.embeddings.word_embeddings.weight",
            ["embed.pos_embed.W_pos"] = "distilbert.embeddings.position_embeddings.weight",
            ["embed.ln"] = "distilbert.embeddings.LayerNorm",
            ["blocks.{i}.attn.W_Q"] = "distilbert.transformer.layer.{i}.attention.q_lin.weight^T",
            ["blocks.{i}.attn.b_Q"] = "distilbert.transformer.layer.{i}.attention.q_lin.bias",
            ["blocks.{i}.attn.W_K"] = "distilbert.transformer.layer.{i}.attention.k_lin.weight^T",
            ["blocks.{i}.attn.b_K"] = "distilbert.transformer.layer.{i}.attention.k_lin.bias",
            ["blocks.{i}.attn.W_V"] = "distilbert.transformer.layer.{i}.attention.v_lin.weight^T",
            ["blocks.{i}.attn.b_V"] = "distilbert.transformer.layer.{i}.attention.v_lin.bias",
            ["blocks.{i}.attn.W_O"] = "distilbert.transformer.layer.{i}.attention.out_lin.weight^T",
            ["blocks.{i}.attn.b_O"] = "distilbert.transformer.layer.{i}.attention.out_lin.bias",
            ["blocks.{i}.ln1"] = "distilbert.transformer.layer.{i}.sa_layer_norm",
            ["blocks.{i}.mlp.W_in"] = "distilbert.transformer.layer.{i}.ffn.lin1.weight^T",
            ["blocks.{i}.mlp.b_in"] = "distilbert.transformer.layer.{i}.ffn.lin1.bias",
            ["blocks.{i}.mlp.W_out"] = "distilbert.transformer.layer.{i}.ffn.lin2.weight^T",
            ["blocks.{i}.mlp.b_out"] = "distilbert.transformer.layer.{i}.ffn.lin2.bias",
            ["blocks.{i}.ln2"] = "distilbert.transformer.layer.{i}.output_layer_norm",
            ["pooler.W"] = "pre_classifier.weight^T",
            ["pooler.b"] = "pre_classifier.bias",
            ["classifier.W"] = "classifier.weight^T",
            ["classifier.b"] = "classifier.bias",
            ["qa_outputs.W"] = "qa_outputs.weight^T",
            ["qa_outputs.b"] = "qa_outputs.bias",
            ["mlm_head.W"] = "vocab_transform.weight^T",
            ["mlm_head.b"] = "vocab_transform.bias",
            ["mlm_head.ln"] = "vocab_layer_norm",
            ["unembed.W_U"] = "vocab_projector.weight",
            ["unembed.b_U"] = "vocab_projector.bias",
            ["w"] = "weight",
            ["b"] = "bias",
        },
        Style = new("distilbert.")
        {
            Ignorable = new Dictionary<string, string> { [".position_ids"] = "the numbers 0, 1, 2, …" },
            Tied = [["distilbert.embeddings.word_embeddings.weight", "vocab_projector.weight"]],
        },
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder) => s_family.Load(json, folder, new Bert.Config
    {
        DModel = json.Int("dim", 768),
        NLayers = json.Int("n_layers", 6),
        NHeads = json.Int("n_heads", 12),
        DMlp = json.Int("hidden_dim", 3072),
        Vocab = json.Int("vocab_size", 30522),
        Positions = json.Int("max_position_embeddings", 512),
        Types = 0,
        PadId = json.OptionalInt("pad_token_id") ?? 0,
        Activation = json.Text("activation", "gelu"),
        PoolerActivation = "relu",
        Epsilon = 1e-12f, // fixed in its code
    });
}
