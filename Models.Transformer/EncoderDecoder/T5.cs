// T5: every task is text in, text out. Raffel et al. 2020; T5 v1.1 and Flan-T5: Chung et al. 2022; mT5: Xue et al. 2021.
// Read this file top to bottom: names, settings. Read next: EncoderDecoder.cs, which runs them; RelativeBias.cs.
// Sizes: d_model 512, 8 heads of 64 (v1.1: 6), 6 + 6 (8 + 8) layers, d_mlp 2048 (1024), 32128 words in t5-small and flan-t5-small.
namespace Vitrine.Transformers;

/// <summary>T5 and mT5: RMSNorm before each half, no biases, no positions but a learned bias by distance, scores not scaled.</summary>
internal static class T5
{
    private const string Shared = "shared.weight", Head = "lm_head.weight";

    /// <summary>
    /// Canonical paths to checkpoint names: whole names, then modules, then what they hold. Linear layers are stored as [d_out, d_in].
    /// </summary>
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.W_E"] = Shared,
        ["unembed.W_U"] = Head,
        ["encoder.rel_pos.W_rel"] = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
        ["encoder.{i}.attn"] = "encoder.block.{i}.layer.0.SelfAttention",
        ["encoder.{i}.ln1"] = "encoder.block.{i}.layer.0.layer_norm",
        ["encoder.{i}.mlp"] = "encoder.block.{i}.layer.1.DenseReluDense",
        ["encoder.{i}.ln2"] = "encoder.block.{i}.layer.1.layer_norm",
        ["encoder_final_ln"] = "encoder.final_layer_norm",
        ["decoder.rel_pos.W_rel"] = "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
        ["decoder.{i}.attn"] = "decoder.block.{i}.layer.0.SelfAttention",
        ["decoder.{i}.ln1"] = "decoder.block.{i}.layer.0.layer_norm",
        ["decoder.{i}.cross_attn"] = "decoder.block.{i}.layer.1.EncDecAttention",
        ["decoder.{i}.ln2"] = "decoder.block.{i}.layer.1.layer_norm",
        ["decoder.{i}.mlp"] = "decoder.block.{i}.layer.2.DenseReluDense",
        ["decoder.{i}.ln3"] = "decoder.block.{i}.layer.2.layer_norm",
        ["decoder_final_ln"] = "decoder.final_layer_norm",
        ["W_Q"] = "q.weight^T",
        ["W_K"] = "k.weight^T",
        ["W_V"] = "v.weight^T",
        ["W_O"] = "o.weight^T",
        ["W_in"] = "wi.weight^T",
        ["W_out"] = "wo.weight^T",
        ["w"] = "weight",
    };

    /// <summary>The same with a gated feed-forward layer.</summary>
    private static readonly Dictionary<string, string> s_gatedNames = new(s_names)
    {
        ["W_gate"] = "wi_0.weight^T",
        ["W_in"] = "wi_1.weight^T",
    };

    /// <summary>T5 v1.0, v1.1, Flan-T5.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation) =>
        Load(json, folder, generation, "T5", "relu", tied: true, 32128);

    /// <summary>mT5: v1.1 in a hundred languages.</summary>
    public static Transformer LoadMT5(ModelConfig json, WeightsFolder folder, GenerationOptions generation) =>
        Load(json, folder, generation, "MT5", "gated-gelu", tied: false, 250112);

    private static Transformer Load(
        ModelConfig json, WeightsFolder folder, GenerationOptions generation, string name, string projection, bool tied, int vocab)
    {
        int dModel = json.Int("d_model", 512), nHeads = json.Int("num_heads", 8);
        int dHead = json.Int("d_kv", 64), dMlp = json.Int("d_ff", 2048);
        float epsilon = (float)json.Number("layer_norm_epsilon", 1e-6);
        string[] feed = json.Text("feed_forward_proj", projection).Split('-');
        bool gated = feed is ["gated", _];
        if (feed.Length > 1 && !gated)
        {
            throw json.Wrong("feed_forward_proj", "is not understood", string.Join('-', feed), "an activation, after gated- or alone");
        }
        string activation = gated && feed[1] == "gelu" ? "gelu_new" : feed[^1]; // “gated-gelu” has always been the tanh form
        // transformers 5 writes tie_word_embeddings for all and says by scale_decoder_outputs which kind it is.
        bool isFirst = json.Flag("scale_decoder_outputs", json.Flag("tie_word_embeddings", tied));
        bool own = HasOwnHead(folder, isFirst);
        int buckets = json.Int("relative_attention_num_buckets", 32, least: 4), distance = json.Int("relative_attention_max_distance", 128);
        if (distance <= buckets / 2)
        {
            throw json.Wrong("relative_attention_max_distance", "is too near", $"{distance}", $"more than {buckets / 2}, half the buckets");
        }
        return EncoderDecoder.Load(json, folder, generation, new()
        {
            LanguageModel = $"{name}ForConditionalGeneration",
            OldNames = [$"{name}WithLMHeadModel", $"{name}Model"],
            Names = gated ? s_gatedNames : s_names,
            Style = Style(own),
            DModel = dModel,
            Layers = decoder => decoder ? json.Int("num_decoder_layers", json.Int("num_layers", 6)) : json.Int("num_layers", 6),
            NHeads = nHeads,
            Vocab = vocab,
            MaxPositions = 1 << 20, // far keys share a bucket: nothing ends
            PadId = 0,
            StartId = 0,
            Relative = new(buckets, distance),
            Block = Block,
            FinalNorm = path => Norm.Rms(path, dModel, epsilon),
            Tied = !own,
            HiddenScale = isFirst ? 1 / MathF.Sqrt(dModel) : 1,
        });

        BlockOptions Block(bool decoder)
        {
            var options = new AttentionOptions
            {
                DModel = dModel,
                NHeads = nHeads,
                DHead = dHead,
                Bias = false,
                OutputBias = false,
                Scale = 1,
            };
            return new()
            {
                Norm = path => Norm.Rms(path, dModel, epsilon),
                Attention = path => new(path, options with { Causal = decoder }),
                Cross = decoder ? path => new(path, options) : null,
                Mlp = path => new(path, dModel, dMlp, activation, gated, bias: false),
            };
        }
    }

    /// <summary>Whether the unembedding is a matrix of its own: one that is there and repeats the embedding is none.</summary>
    private static bool HasOwnHead(WeightsFolder folder, bool isFirst)
    {
        var weights = new WeightLoader(folder, Style(own: true));
        return weights.IsUnwritten ? !isFirst : weights.Has(Head) ? !weights.Repeats(Head, Shared) : !isFirst;
    }

    private static CheckpointStyle Style(bool own) => new("")
    {
        Ignorable = new Dictionary<string, string>
        {
            [".EncDecAttention.relative_attention_bias.weight"] = "distances between two texts, which have none",
        },
        Tied = [[Shared, "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", .. own ? Array.Empty<string>() : [Head]]],
    };
}
