// BART: a text with holes in, the whole text out; summaries, and labels of texts (bart-large-mnli). Lewis et al. 2020.
// mBART: the same in many languages, normalised before each half. Liu et al. 2020; Tang et al. 2020 (mBART-50).
// Read this file for their settings, EncoderDecoder.cs for the computation, Fairseq.cs for names and sizes.
// Sizes: d_model 768, 12 heads of 64, 6 + 6 layers in bart-base; 1024, 16, 12 + 12 in bart-large and mBART; 50265 (mBART: 250054) words.
namespace Vitrine.Transformers;

/// <summary>BART and mBART: learned positions from the third row of their table on, and a norm of the embeddings.</summary>
internal static class Bart
{
    /// <summary>BART.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        // Settings of the first configs, from before each family had a class of its own.
        json.Expect("normalize_before", "false");
        json.Expect("normalize_embedding", "true");
        json.Expect("add_final_layer_norm", "false");
        json.Expect("add_bias_logits", "false");
        json.Expect("static_position_embeddings", "false");
        json.Expect("extra_pos_embeddings", "2");
        EncoderDecoderOptions options = Fairseq.Read(json, "BartForConditionalGeneration", BlockOrder.PostNorm, "gelu", scaled: false);
        return EncoderDecoder.Load(json, folder, generation, WithPositions(options) with { OldNames = ["BartModel"], Class = "Bart" });
    }

    /// <summary>mBART.</summary>
    public static Transformer LoadMBart(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("normalize_before", "true");
        json.Expect("normalize_embedding", "true");
        json.Expect("add_final_layer_norm", "true");
        json.Expect("static_position_embeddings", "false");
        EncoderDecoderOptions options = Fairseq.Read(json, "MBartForConditionalGeneration", BlockOrder.PreNorm, "gelu", scaled: false);
        return EncoderDecoder.Load(json, folder, generation, WithPositions(options) with
        {
            OldNames = ["MBartModel"],
            Class = "MBart",
            FinalNorm = Fairseq.LayerNorm(options.DModel),
        });
    }

    private static EncoderDecoderOptions WithPositions(EncoderDecoderOptions options) => options with
    {
        Positions = new(Offset: 2), // the table's first two rows are never read
        EmbeddingNorm = Fairseq.LayerNorm(options.DModel),
        PadId = 1,
        StartId = 2,
    };
}
