// RoBERTa, XLM-R, CamemBERT and data2vec for text: BERT's plan, trained longer, on other words, with positions that start after the padding
// id. Liu et al. 2019; Conneau et al. 2020; Martin et al. 2020; Baevski et al. 2022. Read this file for names and settings, Bert/Bert.cs
// for the computation.
// Sizes: d_model 768, 12 heads of 64, 12 layers, 50265 words (XLM-R: 250002), 514 positions in the base ones, of which tokens use 512.
namespace Vitrine.Transformers;

/// <summary>RoBERTa and what has its code, with any head.</summary>
internal static class Roberta
{
    private static readonly BertFamily s_family = Family("roberta", "Roberta", "roberta."); // XLM-R's and CamemBERT's names begin so too

    private static readonly BertFamily s_data2vec = Family("data2vec-text", "Data2VecText", "data2vec_text.");

    /// <summary>RoBERTa.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder) => Load(json, folder, s_family, 50265);

    /// <summary>XLM-R: a hundred languages.</summary>
    public static Transformer LoadXlmR(ModelConfig json, WeightsFolder folder) =>
        Load(json, folder, s_family with { ModelType = "xlm-roberta", Class = "XLMRoberta" }, 250002);

    /// <summary>CamemBERT: French.</summary>
    public static Transformer LoadCamembert(ModelConfig json, WeightsFolder folder) =>
        Load(json, folder, s_family with { ModelType = "camembert", Class = "Camembert" }, 32005);

    /// <summary>data2vec for text: the same trained on a teacher's states.</summary>
    public static Transformer LoadData2Vec(ModelConfig json, WeightsFolder folder) => Load(json, folder, s_data2vec, 30522);

    /// <summary>A relative: BERT's names under another prefix, with RoBERTa's heads.</summary>
    /// <param name="modelType">The value of <c>model_type</c>.</param>
    /// <param name="name">How the names of its classes begin.</param>
    /// <param name="prefix">What its body's names begin with.</param>
    /// <param name="others">Canonical paths that its checkpoints spell otherwise.</param>
    internal static BertFamily Family(string modelType, string name, string prefix, Dictionary<string, string>? others = null) => new()
    {
        ModelType = modelType,
        Class = name,
        Names = Bert.NamesUnder(prefix, new(others ?? [])
        {
            ["mlm_head.W"] = "lm_head.dense.weight^T",
            ["mlm_head.b"] = "lm_head.dense.bias",
            ["mlm_head.ln.w"] = "lm_head.layer_norm.weight",
            ["mlm_head.ln.b"] = "lm_head.layer_norm.bias",
            ["unembed.W_U"] = "lm_head.decoder.weight",
            ["unembed.b_U"] = "lm_head.bias",
        }),
        TextNames = new Dictionary<string, string>
        {
            ["pooler.W"] = "classifier.dense.weight^T",
            ["pooler.b"] = "classifier.dense.bias",
            ["classifier.W"] = "classifier.out_proj.weight^T",
            ["classifier.b"] = "classifier.out_proj.bias",
        },
        Style = new(prefix)
        {
            Ignorable = new Dictionary<string, string>
            {
                [".position_ids"] = "the numbers 0, 1, 2, …",
                [".pooler.dense.weight"] = "a pooler that only multiple choice reads",
                [".pooler.dense.bias"] = "a pooler that only multiple choice reads",
            },
            Tied = [[$"{prefix}embeddings.word_embeddings.weight", "lm_head.decoder.weight"], ["lm_head.bias", "lm_head.decoder.bias"]],
        },
    };

    private static Transformer Load(ModelConfig json, WeightsFolder folder, BertFamily family, int vocab)
    {
        var defaults = new Bert.Config
        {
            Vocab = vocab,
            PadId = 1,
            CountsPastPadding = true,
            WordsActivation = "gelu", // whatever the blocks have
        };
        return family.Load(json, folder, defaults.Read(json));
    }
}
