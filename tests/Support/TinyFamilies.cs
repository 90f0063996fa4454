using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests.Support;

/// <summary>
/// Settings of tiny models of the families that <see cref="TinyModels"/> does not spell out tensor by tensor: their weights are those
/// that the engine asks for. That these are the right ones is what the golden folders are for.
/// </summary>
internal static class TinyFamilies
{
    private const string Bert = """
        "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 24, "vocab_size": 50,
        "max_position_embeddings": 26,
        "id2label": {"0": "bad", "1": "fair", "2": "good"}
        """;

    private const string Fairseq = """
        "d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
        "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "vocab_size": 50, "max_position_embeddings": 24, "is_encoder_decoder": true,
        "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2, "id2label": {"0": "bad", "1": "fair", "2": "good"}
        """;

    private const string Llama = """
        "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 24, "vocab_size": 50,
        "max_position_embeddings": 24, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "id2label": {"0": "bad", "1": "fair", "2": "good"}
        """;

    private const string Gemma = $$"""
        "head_dim": 6, "query_pre_attn_scalar": 5, "sliding_window": 3, "sliding_window_pattern": 2, {{Llama}}
        """;

    private const string GptJ = """
        "n_embd": 16, "n_layer": 2, "n_head": 4, "n_inner": 24, "rotary_dim": 2, "vocab_size": 50, "n_positions": 24, "bos_token_id": 1,
        "eos_token_id": 2, "pad_token_id": 0
        """;

    private const string T5 = """
        "d_model": 16, "d_kv": 6, "d_ff": 24, "num_layers": 2, "num_decoder_layers": 2, "num_heads": 4, "vocab_size": 50,
        "relative_attention_num_buckets": 8, "relative_attention_max_distance": 16, "is_encoder_decoder": true,
        "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0
        """;

    private static readonly string[] s_layers =
        ["num_hidden_layers", "n_layer", "n_layers", "encoder_layers", "decoder_layers", "num_layers", "num_decoder_layers"];

    private static readonly SortedDictionary<string, string> s_configs = new(StringComparer.Ordinal)
    {
        ["albert"] = $$"""{"architectures": ["AlbertForMaskedLM"], "embedding_size": 8, "num_hidden_groups": 1, {{Bert}}}""",
        ["bart"] = $$"""{"architectures": ["BartForConditionalGeneration"], {{Fairseq}}}""",
        ["blenderbot"] = $$"""{"architectures": ["BlenderbotForConditionalGeneration"], {{Fairseq}}}""",
        ["bloom"] = """
            {"architectures": ["BloomForCausalLM"], "hidden_size": 16, "n_layer": 2, "n_head": 4, "vocab_size": 50, "seq_length": 24, "eos_token_id": 2,
            "pad_token_id": 3}
            """,
        ["camembert"] = $$"""{"architectures": ["CamembertForMaskedLM"], "type_vocab_size": 1, "pad_token_id": 1, {{Bert}}}""",
        ["codegen"] = $$"""{"architectures": ["CodeGenForCausalLM"], {{GptJ}}}""",
        ["cohere"] = $$"""{"architectures": ["CohereForCausalLM"], "logit_scale": 0.25, {{Llama}}}""",
        ["cohere2"] = $$"""{"architectures": ["Cohere2ForCausalLM"], "sliding_window": 3, "sliding_window_pattern": 2, {{Llama}}}""",
        ["data2vec-text"] = $$"""{"architectures": ["Data2VecTextForMaskedLM"], "type_vocab_size": 1, "pad_token_id": 1, {{Bert}}}""",
        ["deberta-v2"] = $$"""
            {"architectures": ["DebertaV2ForMaskedLM"], "relative_attention": true, "position_buckets": 4, "norm_rel_ebd": "layer_norm",
            "share_att_key": true, "pos_att_type": "p2c|c2p", "position_biased_input": false, "pad_token_id": 0, {{Bert}}}
            """,
        ["distilbert"] = """
            {"architectures": ["DistilBertForMaskedLM"], "dim": 16, "n_layers": 2, "n_heads": 4, "hidden_dim": 24, "vocab_size": 50,
            "max_position_embeddings": 24, "id2label": {"0": "bad", "1": "fair", "2": "good"}}
            """,
        ["electra"] = $$"""{"architectures": ["ElectraForMaskedLM"], "embedding_size": 8, {{Bert}}}""",
        ["gemma"] = $$"""{"architectures": ["GemmaForCausalLM"], {{Gemma}}}""",
        ["gemma2"] = $$"""
            {"architectures": ["Gemma2ForCausalLM"], "attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0, {{Gemma}}}
            """,
        ["gemma3_text"] = $$"""{"architectures": ["Gemma3ForCausalLM"], {{Gemma}}}""",
        ["gpt_bigcode"] = """
            {"architectures": ["GPTBigCodeForCausalLM"], "n_embd": 16, "n_layer": 2, "n_head": 4, "n_inner": 24, "vocab_size": 50,
            "n_positions": 24, "eos_token_id": 2, "pad_token_id": 0, "id2label": {"0": "bad", "1": "fair", "2": "good"}}
            """,
        ["gpt_neo"] = """
            {"architectures": ["GPTNeoForCausalLM"], "hidden_size": 16, "num_layers": 2, "num_heads": 4, "intermediate_size": 24, "window_size": 3,
            "vocab_size": 50, "max_position_embeddings": 24, "eos_token_id": 2, "pad_token_id": 0}
            """,
        ["gpt_neox"] = $$"""{"architectures": ["GPTNeoXForCausalLM"], "rotary_pct": 0.5, {{Llama}}}""",
        ["gptj"] = $$"""{"architectures": ["GPTJForCausalLM"], {{GptJ}}}""",
        ["granite"] = $$"""
            {"architectures": ["GraniteForCausalLM"], "attention_multiplier": 0.3, "embedding_multiplier": 3.0, "residual_multiplier": 0.7,
            "logits_scaling": 4.0, {{Llama}}}
            """,
        ["m2m_100"] = $$"""{"architectures": ["M2M100ForConditionalGeneration"], {{Fairseq}}}""",
        ["mbart"] = $$"""{"architectures": ["MBartForConditionalGeneration"], "scale_embedding": true, {{Fairseq}}}""",
        ["mistral"] = $$"""{"architectures": ["MistralForCausalLM"], "sliding_window": 3, {{Llama}}}""",
        ["modernbert"] = $$"""
            {"architectures": ["ModernBertForMaskedLM"], "global_attn_every_n_layers": 2, "local_attention": 4, "pad_token_id": 0, {{Bert}}}
            """,
        ["mpnet"] = $$"""{"architectures": ["MPNetForMaskedLM"], "relative_attention_num_buckets": 32, {{Bert}}}""",
        ["mpt"] = """
            {"architectures": ["MptForCausalLM"], "d_model": 16, "n_layers": 2, "n_heads": 4, "vocab_size": 50, "max_seq_len": 24, "eos_token_id": 2,
            "pad_token_id": 0, "attn_config": {"alibi": true}, "id2label": {"0": "bad", "1": "fair", "2": "good"}}
            """,
        ["mt5"] = $$"""{"architectures": ["MT5ForConditionalGeneration"], "tie_word_embeddings": false, {{T5}}}""",
        ["nemotron"] = $$"""{"architectures": ["NemotronForCausalLM"], {{Llama}}}""",
        ["olmo2"] = $$"""{"architectures": ["Olmo2ForCausalLM"], {{Llama}}}""",
        ["opt"] = $$"""
            {"architectures": ["OPTForCausalLM"], "ffn_dim": 24, "word_embed_proj_dim": 8, "do_layer_norm_before": false, {{Llama}}}
            """,
        ["pegasus"] = $$"""{"architectures": ["PegasusForConditionalGeneration"], "scale_embedding": true, {{Fairseq}}}""",
        ["phi"] = $$"""{"architectures": ["PhiForCausalLM"], {{Llama}}}""",
        ["phi3"] = $$"""{"architectures": ["Phi3ForCausalLM"], {{Llama}}}""",
        ["qwen2"] = $$"""{"architectures": ["Qwen2ForCausalLM"], {{Llama}}}""",
        ["qwen3"] = $$"""{"architectures": ["Qwen3ForCausalLM"], "head_dim": 6, {{Llama}}}""",
        ["roformer"] = $$"""{"architectures": ["RoFormerForMaskedLM"], "embedding_size": 8, {{Bert}}}""",
        ["smollm3"] = $$"""{"architectures": ["SmolLM3ForCausalLM"], "no_rope_layer_interval": 2, "rms_norm_eps": 1e-5, {{Llama}}}""",
        ["stablelm"] = $$"""{"architectures": ["StableLmForCausalLM"], "partial_rotary_factor": 0.5, {{Llama}}}""",
        ["starcoder2"] = $$"""{"architectures": ["Starcoder2ForCausalLM"], "sliding_window": 3, {{Llama}}}""",
        ["t5"] = $$"""{"architectures": ["T5ForConditionalGeneration"], {{T5}}}""",
        ["roberta"] = $$"""{"architectures": ["RobertaForMaskedLM"], "type_vocab_size": 1, {{Bert}}}""",
        ["xglm"] = """
            {"architectures": ["XGLMForCausalLM"], "d_model": 16, "num_layers": 2, "attention_heads": 4, "ffn_dim": 24, "vocab_size": 50,
            "max_position_embeddings": 24, "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2,
            "id2label": {"0": "bad", "1": "fair", "2": "good"}}
            """,
        ["xlm-roberta"] = $$"""{"architectures": ["XLMRobertaForMaskedLM"], "type_vocab_size": 1, "pad_token_id": 1, {{Bert}}}""",
    };

    /// <summary>The families, as <c>model_type</c> names them.</summary>
    public static IReadOnlyCollection<string> Names => s_configs.Keys;

    /// <summary>The settings of a family.</summary>
    public static JsonObject Config(string family, int layers)
    {
        JsonObject config = JsonNode.Parse(s_configs[family])!.AsObject();
        config["model_type"] = family;
        foreach (string key in s_layers.Where(config.ContainsKey))
        {
            config[key] = layers;
        }
        return config;
    }

    /// <summary>Random weights for the model that a folder's config.json describes; norms near 1, all else small.</summary>
    public static IEnumerable<WeightData> Weights(string folder)
    {
        Parameter[] parameters = [.. ModelLoader.Create(folder).Parameters];
        int seed = 0;
        return ParameterLayout.Stored(parameters, p => RandomTensor.Normal(++seed, p.Shape, 0.2f).Scale(1, IsGain(p.Name) ? 1 : 0))
            .Select(stored => new WeightData(stored.Name, stored.Value));
    }

    private static bool IsGain(string name) => name.EndsWith(".w", StringComparison.Ordinal);
}
