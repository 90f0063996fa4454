namespace Vitrine.Transformers;

/// <summary>
/// Which layers of a decoder have a sliding window, as <c>layer_types</c> lists them (transformers 5) or a family's older rule says.
/// </summary>
internal static class LayerTypes
{
    /// <summary>The window of a layer, 0: none.</summary>
    /// <param name="json">The configuration.</param>
    /// <param name="window">The window of the layers that have one.</param>
    /// <param name="slides">The rule where there is no list.</param>
    /// <exception cref="ModelException">The list holds another kind of layer, or another number of layers.</exception>
    public static Func<int, int> Windows(ModelConfig json, int window, Func<int, bool> slides)
    {
        IReadOnlyList<string> types = json.Texts("layer_types");
        if (types.Count == 0)
        {
            return layer => slides(layer) ? window : 0;
        }
        if (types.FirstOrDefault(type => type is not ("sliding_attention" or "full_attention")) is { } other)
        {
            throw json.Wrong("layer_types", "names a kind of layer that is not supported", $"'{other}'",
                "sliding_attention or full_attention");
        }
        int layers = json.Int("num_hidden_layers");
        return types.Count == layers
            ? layer => types[layer] == "sliding_attention" ? window : 0
            : throw json.Wrong("layer_types", "has another length than the model", $"{types.Count}", $"{layers}, one per layer");
    }
}
