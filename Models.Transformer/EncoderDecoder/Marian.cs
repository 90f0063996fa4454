// Marian: the translation models of OPUS-MT, from and to nearly every language. Junczys-Dowmunt et al. 2018; Tiedemann and Thottingal 2020.
// Read this file for its settings, EncoderDecoder.cs for the computation, Fairseq.cs for names and sizes.
// Sizes: d_model 512, 8 heads of 64, 6 + 6 layers, about 60000 words in most language pairs.
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>Marian: normalises after adding, and tells positions by waves.</summary>
internal static class Marian
{
    /// <summary>Builds the model.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        // Settings of Marian's relatives in the same config format; OPUS-MT has them all off.
        json.Expect("normalize_before", "false");
        json.Expect("normalize_embedding", "false");
        json.Expect("add_final_layer_norm", "false");
        json.Expect("add_bias_logits", "false");
        json.Expect("static_position_embeddings", "true");
        bool shared = json.Flag("share_encoder_decoder_embeddings", true), tied = json.Flag("tie_word_embeddings", true);
        EncoderDecoderOptions options = Fairseq.Read(json, "MarianMTModel", BlockOrder.PostNorm, "gelu", scaled: false) with
        {
            OldNames = ["MarianModel"],
            Style = Fairseq.Style(shared, tied, new() { [".embed_positions.weight"] = "sines and cosines of the position" }),
            Vocab = 58101,
            TargetVocab = shared ? 0 : json.Int("decoder_vocab_size"),
            Positions = new() { Fixed = Sinusoids },
        };
        return EncoderDecoder.Load(json, folder, generation, options);
    }

    /// <summary>Waves of frequency 10000^(−2k/d_model), <c>[position, d_model]</c>.</summary>
    internal static Tensor Sinusoids(int positions, int dModel) =>
        StackPositions.Waves(positions, dModel, (k, d) => 1 / Math.Pow(10000, 2.0 * k / d));
}
