// Pegasus: trained to write the sentences left out of a text, which makes it summarise. Zhang et al. 2020.
// Blenderbot: the same plan with learned positions, for talk. Roller et al. 2021.
// Read this file for their settings, EncoderDecoder.cs for the computation, Fairseq.cs for names and sizes.
// Sizes: d_model 1024, 16 heads of 64, 16 + 16 layers, 96103 words in pegasus-xsum; 1280, 32 of 40, 2 + 12, 8008 in
// blenderbot-400M-distill.
namespace Vitrine.Transformers;

/// <summary>Pegasus and Blenderbot: both normalise before each half and after each stack.</summary>
internal static class Pegasus
{
    /// <summary>Pegasus, whose positions are Marian's waves.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        // Settings of the first configs, from before each family had a class of its own.
        json.Expect("normalize_before", "true");
        json.Expect("normalize_embedding", "false");
        json.Expect("add_final_layer_norm", "true");
        json.Expect("add_bias_logits", "false");
        json.Expect("static_position_embeddings", "true");
        EncoderDecoderOptions options = Fairseq.Read(json, "PegasusForConditionalGeneration", BlockOrder.PreNorm, "gelu", scaled: false);
        return EncoderDecoder.Load(json, folder, generation, options with
        {
            OldNames = ["PegasusModel"],
            Style = Fairseq.Style(shared: true, options.Tied, new() { [".embed_positions.weight"] = "sines and cosines of the position" }),
            Positions = new() { Fixed = Marian.Sinusoids },
            FinalNorm = Fairseq.LayerNorm(options.DModel),
            PadId = 0,
            StartId = 0,
        });
    }

    /// <summary>Blenderbot, without the 90M one, whose two stacks place a norm differently.</summary>
    public static Transformer LoadBlenderbot(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("normalize_before", "true");
        json.Expect("normalize_embedding", "false");
        json.Expect("add_final_layer_norm", "true");
        json.Expect("static_position_embeddings", "false");
        json.Expect("extra_pos_embeddings", "0");
        EncoderDecoderOptions options =
            Fairseq.Read(json, "BlenderbotForConditionalGeneration", BlockOrder.PreNorm, "gelu", scaled: false);
        return EncoderDecoder.Load(json, folder, generation, options with
        {
            OldNames = ["BlenderbotModel"],
            Vocab = 8008,
            Positions = new(),
            FinalNorm = Fairseq.LayerNorm(options.DModel),
            PadId = 0,
            StartId = 1,
        });
    }
}
