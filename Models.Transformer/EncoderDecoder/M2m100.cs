// M2M-100 and NLLB: one model for one or two hundred languages; the first token written says which. Fan et al. 2021; NLLB Team 2022.
// Read this file for their settings, EncoderDecoder.cs for the computation, Fairseq.cs for names and sizes.
// Sizes: d_model 1024, 16 heads of 64, 12 + 12 layers, 128112 (NLLB: 256206) words in m2m100_418M and nllb-200-distilled-600M.
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>M2M-100 and NLLB: normalise before each half, and tell positions by waves that begin after the padding id.</summary>
internal static class M2m100
{
    /// <summary>Builds the model.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        int pad = json.OptionalInt("pad_token_id") ?? 1;
        EncoderDecoderOptions options = Fairseq.Read(json, "M2M100ForConditionalGeneration", BlockOrder.PreNorm, "relu", scaled: true);
        return EncoderDecoder.Load(json, folder, generation, options with
        {
            OldNames = ["M2M100Model"],
            Style = Fairseq.Style(shared: true, options.Tied, new() { [".embed_positions.weights"] = "sines and cosines of the position" }),
            Vocab = 128112,
            Positions = new(pad + 1, pad) { Fixed = (positions, dModel) => Sinusoids(positions, dModel, pad) },
            FinalNorm = Fairseq.LayerNorm(options.DModel),
            HeadBias = false,
            PadId = pad,
            StartId = 2,
        });
    }

    /// <summary>fairseq's waves, of frequency 10000^(−k/(d_model/2 − 1)), <c>[position, d_model]</c>; the padding's row is zero.</summary>
    internal static Tensor Sinusoids(int positions, int dModel, int pad)
    {
        Tensor waves = StackPositions.Waves(positions, dModel, (k, d) => Math.Exp(-k * Math.Log(10000) / Math.Max(1, (d / 2) - 1)));
        float[] kept = new float[positions];
        Array.Fill(kept, 1);
        kept[pad] = 0;
        return (waves * Tensor.From(kept, [positions, 1])).AsWeight();
    }
}
