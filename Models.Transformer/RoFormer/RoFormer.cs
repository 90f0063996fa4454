// RoFormer: BERT's plan with rotary positions, which it introduced: neighbouring dimensions of each head turn in pairs. Su et al. 2021.
// Read this file for names and settings, Bert/Bert.cs for the computation, Layers/Rotary.cs for the angles.
// Sizes: d_model 768, 12 heads of 64, 12 layers, 50000 words, 1536 positions in roformer_chinese_base.
namespace Vitrine.Transformers;

/// <summary>RoFormer with any head but that of multiple choice.</summary>
internal static class RoFormer
{
    private static readonly BertFamily s_family = new()
    {
        ModelType = "roformer",
        Class = "RoFormer",
        Names = Bert.NamesUnder("roformer.", new()
        {
            ["embed.project.W"] = "roformer.embeddings_project.weight^T",
            ["embed.project.b"] = "roformer.embeddings_project.bias",
        }),
        TextNames = new Dictionary<string, string>
        {
            ["pooler.W"] = "classifier.dense.weight^T",
            ["pooler.b"] = "classifier.dense.bias",
            ["classifier.W"] = "classifier.out_proj.weight^T",
            ["classifier.b"] = "classifier.out_proj.bias",
        },
        Style = new("roformer.")
        {
            Ignorable = new Dictionary<string, string> { [".embed_positions.weight"] = "sines and cosines of the angles" },
            Tied =
            [
                ["roformer.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight"],
                ["cls.predictions.bias", "cls.predictions.decoder.bias"],
            ],
        },
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder)
    {
        json.Expect("rotary_value", "false");
        if (json.Architecture("") == "RoFormerForMultipleChoice")
        {
            throw json.UnsupportedArchitecture("RoFormerForMaskedLM", "RoFormerForSequenceClassification",
                "RoFormerForTokenClassification", "RoFormerForQuestionAnswering", "RoFormerModel");
        }
        Bert.Config config = new Bert.Config { EmbeddingWidth = json.Int("hidden_size", 768), Vocab = 50000, Positions = 1536 }.Read(json);
        int dHead = config.DModel / config.NHeads;
        return s_family.Load(json, folder, config with
        {
            HasPositions = false,
            Rotary = new(dHead, 10000) { Interleaved = true },
            Projects = config.EmbeddingWidth != config.DModel,
            PoolerActivation = config.Activation,
        });
    }
}
