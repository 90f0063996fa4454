// DeBERTa v2 and v3: BERT's plan with attention that weighs content and distance apart. He et al. 2021; He et al. 2023 (v3).
// Read this file for names and settings, Layers/Disentangled.cs for the attention, Bert/Bert.cs for the rest of the computation.
// Sizes: d_model 768, 12 heads of 64, 12 layers, 128100 words, 512 positions in 256 buckets in deberta-v3-base.
namespace Vitrine.Transformers;

/// <summary>DeBERTa v2 and v3 with any head. Version 1 stores and computes otherwise, and has another <c>model_type</c>.</summary>
internal static class DebertaV2
{
    private static readonly BertFamily s_family = new()
    {
        ModelType = "deberta-v2",
        Class = "DebertaV2",
        Names = Bert.NamesUnder("deberta.", new()
        {
            ["rel_embed.W_rel"] = "deberta.encoder.rel_embeddings.weight",
            ["rel_embed.ln.w"] = "deberta.encoder.LayerNorm.weight",
            ["rel_embed.ln.b"] = "deberta.encoder.LayerNorm.bias",
            ["blocks.{i}.attn.W_Q"] = "deberta.encoder.layer.{i}.attention.self.query_proj.weight^T",
            ["blocks.{i}.attn.b_Q"] = "deberta.encoder.layer.{i}.attention.self.query_proj.bias",
            ["blocks.{i}.attn.W_K"] = "deberta.encoder.layer.{i}.attention.self.key_proj.weight^T",
            ["blocks.{i}.attn.b_K"] = "deberta.encoder.layer.{i}.attention.self.key_proj.bias",
            ["blocks.{i}.attn.W_V"] = "deberta.encoder.layer.{i}.attention.self.value_proj.weight^T",
            ["blocks.{i}.attn.b_V"] = "deberta.encoder.layer.{i}.attention.self.value_proj.bias",
            ["blocks.{i}.attn.W_Q_rel"] = "deberta.encoder.layer.{i}.attention.self.pos_query_proj.weight^T",
            ["blocks.{i}.attn.b_Q_rel"] = "deberta.encoder.layer.{i}.attention.self.pos_query_proj.bias",
            ["blocks.{i}.attn.W_K_rel"] = "deberta.encoder.layer.{i}.attention.self.pos_key_proj.weight^T",
            ["blocks.{i}.attn.b_K_rel"] = "deberta.encoder.layer.{i}.attention.self.pos_key_proj.bias",
            ["pooler.W"] = "pooler.dense.weight^T",
            ["pooler.b"] = "pooler.dense.bias",
        }),
        Style = new("deberta.")
        {
            Ignorable = new Dictionary<string, string> { [".position_ids"] = "the numbers 0, 1, 2, …" },
            Tied =
            [
                ["deberta.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight"],
                ["cls.predictions.bias", "cls.predictions.decoder.bias"],
            ],
        },
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder)
    {
        json.Expect("conv_kernel_size", "0"); // v2-xlarge mixes neighbours by a convolution after its first layer
        var defaults = new Bert.Config
        {
            DModel = 1536,
            NLayers = 24,
            NHeads = 24,
            DMlp = 6144,
            Vocab = 128100,
            Types = 0,
            HasPositions = json.Flag("position_biased_input", true),
            HidesPadding = true,
            PoolerActivation = json.Text("pooler_hidden_act", "gelu"),
            Epsilon = 1e-7f,
        };
        Bert.Config config = defaults.Read(json);
        json.Expect("embedding_size", $"{config.DModel}");
        json.Expect("pooler_hidden_size", $"{config.DModel}");
        return s_family.Load(json, folder, config with { Relative = Relative(json, config.Positions) });
    }

    private static DisentangledOptions? Relative(ModelConfig json, int positions)
    {
        if (!json.Flag("relative_attention", false))
        {
            return null;
        }
        int most = json.Has("max_relative_positions") ? json.Int("max_relative_positions", least: -1) : -1;
        int buckets = json.Has("position_buckets") ? json.Int("position_buckets", least: -1) : -1;
        most = most < 1 ? positions : most;
        if (buckets is > 0 and < 4 || (buckets > 0 && most <= buckets / 2))
        {
            string got = $"{buckets} for {most} positions";
            throw json.Wrong("position_buckets", "does not fit the distances", got, "at least 4, and less than twice the positions");
        }
        string[] kinds = json.IsText("pos_att_type") ? json.Text("pos_att_type", "").Split('|') : [.. json.Texts("pos_att_type")];
        string? unknown = kinds.FirstOrDefault(kind => kind is not ("c2p" or "p2c"));
        if (unknown is not null)
        {
            throw json.Wrong("pos_att_type", "names a kind that is not supported", $"'{unknown}'", "c2p and p2c");
        }
        string norm = json.Text("norm_rel_ebd", "none");
        if (norm is not ("none" or "layer_norm"))
        {
            throw json.Wrong("norm_rel_ebd", "is not supported", $"'{norm}'", "none or layer_norm");
        }
        return new(buckets > 0 ? buckets : most, Math.Max(buckets, 0), most)
        {
            ContentToPosition = kinds.Contains("c2p"),
            PositionToContent = kinds.Contains("p2c"),
            SharesKeys = json.Flag("share_att_key", false),
            Normalises = norm == "layer_norm",
        };
    }
}
