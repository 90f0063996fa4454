// ALBERT: BERT's plan with one set of weights for all layers, and narrow embeddings. Lan et al. 2020.
// Read this file for names and settings, Bert/Bert.cs for the computation.
// Sizes: d_model 768, d_embed 128, 12 heads of 64, 12 layers of one group, 30000 words, 512 positions in albert-base.
using System.Globalization;

namespace Vitrine.Transformers;

/// <summary>
/// ALBERT with any head. Hook points are those of each application of a layer: <c>blocks.3</c> is the fourth, whatever weights it reads.
/// </summary>
internal static class Albert
{
    private const int MostLayers = 1024; // weights say nothing of how often they are applied

    private const string Layer = "albert.encoder.albert_layer_groups.{i}"; // {i}: group and layer in it

    private static readonly BertFamily s_family = new()
    {
        ModelType = "albert",
        Class = "Albert",
        Names = new Dictionary<string, string>
        {
            ["embed.embed.W_E"] = "albert.embeddings.word_embeddings.weight",
            ["embed.pos_embed.W_pos"] = "albert.embeddings.position_embeddings.weight",
            ["embed.token_type_embed.W_token_type"] = "albert.embeddings.token_type_embeddings.weight",
            ["embed.ln"] = "albert.embeddings.LayerNorm",
            ["embed.project.W"] = "albert.encoder.embedding_hidden_mapping_in.weight^T",
            ["embed.project.b"] = "albert.encoder.embedding_hidden_mapping_in.bias",
            ["blocks.{i}.attn.W_Q"] = Layer + ".attention.query.weight^T",
            ["blocks.{i}.attn.b_Q"] = Layer + ".attention.query.bias",
            ["blocks.{i}.attn.W_K"] = Layer + ".attention.key.weight^T",
            ["blocks.{i}.attn.b_K"] = Layer + ".attention.key.bias",
            ["blocks.{i}.attn.W_V"] = Layer + ".attention.value.weight^T",
            ["blocks.{i}.attn.b_V"] = Layer + ".attention.value.bias",
            ["blocks.{i}.attn.W_O"] = Layer + ".attention.dense.weight^T",
            ["blocks.{i}.attn.b_O"] = Layer + ".attention.dense.bias",
            ["blocks.{i}.ln1"] = Layer + ".attention.LayerNorm",
            ["blocks.{i}.mlp.W_in"] = Layer + ".ffn.weight^T",
            ["blocks.{i}.mlp.b_in"] = Layer + ".ffn.bias",
            ["blocks.{i}.mlp.W_out"] = Layer + ".ffn_output.weight^T",
            ["blocks.{i}.mlp.b_out"] = Layer + ".ffn_output.bias",
            ["blocks.{i}.ln2"] = Layer + ".full_layer_layer_norm",
            ["pooler.W"] = "albert.pooler.weight^T",
            ["pooler.b"] = "albert.pooler.bias",
            ["classifier.W"] = "classifier.weight^T",
            ["classifier.b"] = "classifier.bias",
            ["qa_outputs.W"] = "qa_outputs.weight^T",
            ["qa_outputs.b"] = "qa_outputs.bias",
            ["mlm_head.W"] = "predictions.dense.weight^T",
            ["mlm_head.b"] = "predictions.dense.bias",
            ["mlm_head.ln"] = "predictions.LayerNorm",
            ["unembed.W_U"] = "predictions.decoder.weight",
            ["unembed.b_U"] = "predictions.bias",
            ["w"] = "weight",
            ["b"] = "bias",
        },
        Style = new("albert.")
        {
            Ignorable = new Dictionary<string, string>
            {
                [".position_ids"] = "the numbers 0, 1, 2, …",
                [".pooler.weight"] = "a pooler that this head does not read",
                [".pooler.bias"] = "a pooler that this head does not read",
            },
            Tied =
            [
                ["albert.embeddings.word_embeddings.weight", "predictions.decoder.weight"],
                ["predictions.bias", "predictions.decoder.bias"],
            ],
        },
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder)
    {
        Bert.Config config = new Bert.Config
        {
            DModel = 4096,
            EmbeddingWidth = 128,
            NHeads = 64,
            DMlp = 16384,
            Vocab = 30000,
            Projects = true,
            Activation = "gelu_new",
        }.Read(json);
        int layers = config.NLayers, groups = json.Int("num_hidden_groups", 1), inner = json.Int("inner_group_num", 1);
        if (layers > MostLayers || inner > MostLayers)
        {
            throw json.Wrong("num_hidden_layers", "is not a sensible number", $"{layers} of {inner}", $"at most {MostLayers}");
        }
        if (groups > layers)
        {
            throw json.Wrong("num_hidden_groups", "is more than there are layers", $"{groups} and {layers}", "at most num_hidden_layers");
        }
        return (s_family with { StoredLayer = Stored }).Load(json, folder, config with { NLayers = layers * inner });

        // Layer l of the network applies the layers of group ⌊l / (layers / groups)⌋, of which there is usually one.
        string Stored(int block)
        {
            int group = (int)(block / inner / ((double)layers / groups));
            return string.Create(CultureInfo.InvariantCulture, $"{group}.albert_layers.{block % inner}");
        }
    }
}
