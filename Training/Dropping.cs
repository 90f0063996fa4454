using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>
/// Dropout as an intervention: after embeddings, attention and feed-forward layers, where the papers of all families have it. No layer
/// knows of it. Attention patterns are not dropped, so that they stay fused.
/// </summary>
internal static class Dropping
{
    private static readonly string[] s_places =
    [
        "hook_full_embed", "pooler.hook_pooler_out",                                              // BERT
        "blocks.0.hook_resid_pre", "encoder.0.hook_resid_pre", "decoder.0.hook_resid_pre",        // GPT-2, Llama; Marian
        "blocks.*.hook_attn_out", "blocks.*.hook_mlp_out",
        "encoder.*.hook_attn_out", "encoder.*.hook_mlp_out",
        "decoder.*.hook_attn_out", "decoder.*.hook_cross_attn_out", "decoder.*.hook_mlp_out",
    ];

    /// <summary>Opens a scope in which every such place drops a part of its activations.</summary>
    /// <param name="model">The model that is trained.</param>
    /// <param name="part">Part to drop, 0–1.</param>
    /// <param name="seed">Of this step.</param>
    public static HookScope In(ITransformer model, float part, int seed)
    {
        bool embedsAll = model.HookPoints.Any(point => point.Name == "hook_full_embed"); // there resid_pre is the same tensor again
        HookPoint[] points = part == 0 ? [] : [.. model.HookPoints.Where(point =>
            s_places.Any(place => Pattern.Matches(place, point.Name))
                && !(embedsAll && point.Name.EndsWith("resid_pre", StringComparison.Ordinal)))];
        int drawn = 0;
        return HookScope.Edit(points, (_, x) => x.Dropout(part, RandomAt.Seed(seed, drawn++)));
    }
}
