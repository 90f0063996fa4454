namespace Vitrine.Transformers;

/// <summary>The tokenizer class of a family, by which flags are read where a checkpoint's <c>tokenizer_config.json</c> names no class: what
/// transformers' <c>AutoTokenizer</c> takes for its <c>model_type</c>.</summary>
internal static class TokenizerClasses
{
    private static readonly Dictionary<string, string> s_ofFamily = new(StringComparer.Ordinal)
    {
        ["albert"] = "AlbertTokenizer",
        ["bart"] = "BartTokenizer",
        ["bert"] = "BertTokenizer",
        ["blenderbot"] = "BlenderbotTokenizer",
        ["bloom"] = "BloomTokenizer",
        ["camembert"] = "CamembertTokenizer",
        ["codegen"] = "CodeGenTokenizer",
        ["cohere"] = "CohereTokenizer",
        ["cohere2"] = "CohereTokenizer",
        ["data2vec-text"] = "RobertaTokenizer",
        ["deberta-v2"] = "DebertaV2Tokenizer",
        ["distilbert"] = "DistilBertTokenizer",
        ["electra"] = "ElectraTokenizer",
        ["gemma"] = "GemmaTokenizer",
        ["gemma2"] = "GemmaTokenizer",
        ["gemma3"] = "GemmaTokenizer",
        ["gemma3_text"] = "GemmaTokenizer",
        ["gpt2"] = "GPT2Tokenizer",
        ["gpt_bigcode"] = "GPT2Tokenizer",
        ["gpt_neo"] = "GPT2Tokenizer",
        ["gpt_neox"] = "GPTNeoXTokenizer",
        ["gptj"] = "GPT2Tokenizer",
        ["granite"] = "GPT2Tokenizer",
        ["llama"] = "LlamaTokenizer",
        ["m2m_100"] = "M2M100Tokenizer",
        ["mbart"] = "MBartTokenizer",
        ["mistral"] = "LlamaTokenizer",
        ["mpnet"] = "MPNetTokenizer",
        ["mpt"] = "GPTNeoXTokenizer",
        ["mt5"] = "T5Tokenizer",
        ["olmo2"] = "GPT2Tokenizer",
        ["opt"] = "GPT2Tokenizer",
        ["pegasus"] = "PegasusTokenizer",
        ["phi"] = "CodeGenTokenizer",
        ["phi3"] = "LlamaTokenizer",
        ["qwen2"] = "Qwen2Tokenizer",
        ["qwen3"] = "Qwen2Tokenizer",
        ["roberta"] = "RobertaTokenizer",
        ["roformer"] = "RoFormerTokenizer",
        ["starcoder2"] = "GPT2Tokenizer",
        ["t5"] = "T5Tokenizer",
        ["xglm"] = "XGLMTokenizer",
        ["xlm-roberta"] = "XLMRobertaTokenizer",
    };

    /// <summary>The class, or null where the family is none of these.</summary>
    public static string? Of(string modelType) => s_ofFamily.GetValueOrDefault(modelType);
}
