using System.Text.RegularExpressions;

namespace Vitrine.Transformers;

/// <summary>
/// Which family a checkpoint is of when its <c>config.json</c> has no <c>model_type</c>, as those from before transformers 2.4 have none:
/// the one whose class it names, else the only one whose tensors it holds.
/// </summary>
internal static partial class FamilyGuess
{
    /// <summary>
    /// Ends of tensors by which families are told apart, with 0 for every number in them. The first row all of whose signs hold decides:
    /// the tensor is there, with ! it is not, with ^ it has more rows than columns; “key=” is a setting that is there, “key=value” its
    /// value.
    /// </summary>
    private static readonly (string Family, string[] Signs)[] s_signs =
    [
        ("distilbert", ["transformer.layer.0.attention.q_lin.weight"]),
        ("albert", ["encoder.albert_layer_groups.0.albert_layers.0.ffn.weight"]),
        ("deberta-v2", ["encoder.layer.0.attention.self.query_proj.weight"]),
        ("modernbert", ["layers.0.attn.Wqkv.weight", "layers.0.mlp.Wi.weight"]),
        ("mpnet", ["encoder.layer.0.attention.attn.q.weight"]),
        ("electra", ["electra.encoder.layer.0.attention.self.query.weight"]),
        ("roberta", ["roberta.encoder.layer.0.attention.self.query.weight"]), // XLM-R and CamemBERT compute the same
        ("roformer", ["roformer.encoder.layer.0.attention.self.query.weight"]),
        ("data2vec-text", ["data2vec_text.encoder.layer.0.attention.self.query.weight"]),
        ("bert", ["bert.encoder.layer.0.attention.self.query.weight"]),
        ("gpt_bigcode", ["^h.0.attn.c_attn.weight", "h.0.ln_1.weight", "ln_f.weight"]),
        ("gpt2", ["h.0.attn.c_attn.weight", "h.0.ln_1.weight", "ln_f.weight"]),
        ("gpt_neo", ["h.0.attn.attention.q_proj.weight"]),
        ("gptj", ["h.0.attn.q_proj.weight", "h.0.mlp.fc_in.weight"]),
        ("codegen", ["h.0.attn.qkv_proj.weight", "h.0.mlp.fc_in.weight"]),
        ("bloom", ["word_embeddings_layernorm.weight", "h.0.self_attention.query_key_value.weight"]),
        ("gpt_neox", ["layers.0.attention.query_key_value.weight", "embed_in.weight"]),
        ("mpt", ["blocks.0.attn.Wqkv.weight", "blocks.0.norm_1.weight"]),
        ("mt5", ["encoder.block.0.layer.0.DenseReluDense.wi_0.weight", "decoder.block.0.layer.0.EncDecAttention.q.weight"]),
        ("t5", ["encoder.block.0.layer.0.DenseReluDense.wi.weight", "decoder.block.0.layer.0.EncDecAttention.q.weight"]),
        ("mbart", ["decoder.layers.0.encoder_attn.q_proj.weight", "encoder.layernorm_embedding.weight", "encoder.layer_norm.weight"]),
        ("bart", ["decoder.layers.0.encoder_attn.q_proj.weight", "encoder.layernorm_embedding.weight"]),
        ("pegasus", ["decoder.layers.0.encoder_attn.q_proj.weight", "encoder.layer_norm.weight", "static_position_embeddings=true"]),
        ("blenderbot", ["decoder.layers.0.encoder_attn.q_proj.weight", "encoder.layer_norm.weight", "extra_pos_embeddings=0"]),
        ("m2m_100", ["decoder.layers.0.encoder_attn.q_proj.weight", "encoder.layer_norm.weight", "!encoder.embed_positions.weight",
            "activation_function=relu"]),
        ("marian", ["decoder.layers.0.encoder_attn.q_proj.weight", "!encoder.layer_norm.weight"]),
        ("opt", ["decoder.layers.0.self_attn.q_proj.weight", "decoder.layers.0.fc1.weight", "!encoder_attn.q_proj.weight"]),
        ("xglm", ["layers.0.self_attn.q_proj.weight", "layers.0.fc1.weight", "!decoder.layers.0.fc1.weight"]),
        ("phi3", ["layers.0.self_attn.qkv_proj.weight", "layers.0.mlp.gate_up_proj.weight"]),
        ("phi", ["layers.0.self_attn.dense.weight", "layers.0.mlp.fc1.weight"]),
        ("starcoder2", ["layers.0.self_attn.q_proj.weight", "layers.0.mlp.c_fc.weight"]),
        ("nemotron", ["layers.0.mlp.up_proj.weight", "layers.0.input_layernorm.bias", "!layers.0.mlp.gate_proj.weight"]),
        ("stablelm", ["layers.0.mlp.gate_proj.weight", "layers.0.input_layernorm.bias"]),
        ("gemma3_text", ["layers.0.pre_feedforward_layernorm.weight", "layers.0.self_attn.q_norm.weight"]),
        ("gemma2", ["layers.0.pre_feedforward_layernorm.weight"]),
        ("olmo2", ["layers.0.post_feedforward_layernorm.weight", "!layers.0.input_layernorm.weight"]),
        ("qwen3", ["layers.0.self_attn.q_norm.weight", "layers.0.mlp.gate_proj.weight"]),
        ("cohere2", ["layers.0.mlp.gate_proj.weight", "!layers.0.post_attention_layernorm.weight", "sliding_window="]),
        ("cohere", ["layers.0.mlp.gate_proj.weight", "!layers.0.post_attention_layernorm.weight"]),
        ("granite", ["layers.0.mlp.gate_proj.weight", "residual_multiplier="]),
        ("smollm3", ["layers.0.mlp.gate_proj.weight", "no_rope_layers="]),
        ("gemma", ["layers.0.mlp.gate_proj.weight", "hidden_activation="]),
        ("qwen2", ["layers.0.self_attn.q_proj.bias", "layers.0.mlp.gate_proj.weight", "!layers.0.self_attn.o_proj.bias"]),
        ("mistral", ["layers.0.mlp.gate_proj.weight", "sliding_window=", "hidden_act=silu"]),
        ("llama", ["layers.0.mlp.gate_proj.weight", "layers.0.input_layernorm.weight", "hidden_act=silu"]),
    ];

    /// <summary>The family, and why; null where neither the class nor the tensors say.</summary>
    /// <param name="config">Settings without a <c>model_type</c>.</param>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="notice">What it was read as, for the user.</param>
    public static string? Of(ModelConfig config, WeightsFolder weights, out string? notice)
    {
        string named = config.Architecture("");
        string? family = ModelFamilies.All.FirstOrDefault(known => named.StartsWith(known.Prefix, StringComparison.Ordinal)
            && known.IsClass(named[known.Prefix.Length..]))?.ModelType;
        string reason = family is null ? "by the weights that are there" : $"by its class {named}";
        if (family is null && named == "")
        {
            Dictionary<string, WeightEntry> tensors = [];
            foreach (string name in weights.Names)
            {
                tensors[Number().Replace(name, ".0.")] = weights.Entry(name);
            }
            family = s_signs.FirstOrDefault(row => Array.TrueForAll(row.Signs, sign => Holds(sign, tensors, config))).Family;
        }
        notice = family is null ? null
            : $"config.json has no model_type: read as {family}, {reason}. \"model_type\": \"{family}\" in config.json says it.";
        return family;
    }

    private static bool Holds(string sign, Dictionary<string, WeightEntry> tensors, ModelConfig config)
    {
        if (sign.Split('=') is [var key, var value])
        {
            return config.Has(key) && (value == "" || !config.Differs(key, value, $"\"{value}\""));
        }
        string end = sign.TrimStart('!', '^');
        WeightEntry? found = tensors.FirstOrDefault(tensor => tensor.Key == end
            || tensor.Key.EndsWith($".{end}", StringComparison.Ordinal)).Value;
        return sign[0] == '!' ? found is null
            : found is not null && (sign[0] != '^' || (found.Shape is [var rows, var columns] && rows > columns));
    }

    [GeneratedRegex(@"\.\d+\.")]
    private static partial Regex Number();
}
