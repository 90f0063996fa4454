namespace Vitrine.Transformers;

/// <summary>A head that a base model lacks and an adapter holds whole: PEFT's <c>modules_to_save</c>.</summary>
/// <param name="Class">What it makes of the base: the end of a class's name, <c>ForSequenceClassification</c>.</param>
/// <param name="File">The adapter's weights.</param>
internal sealed record LentHead(string Class, string File)
{
    private static readonly string[] s_lastLayers =
        ["classifier.weight", "classifier.out_proj.weight", "score.weight", "qa_outputs.weight"];

    /// <summary>Whether a tensor of an adapter is a whole module, not a part of a change to one.</summary>
    public static bool IsWhole(string name) => name.StartsWith(CheckpointStyle.Adapted, StringComparison.Ordinal)
        && !name.Contains(".lora_", StringComparison.Ordinal);

    /// <summary>Adds the head to the weights of a base that has none of this kind.</summary>
    /// <returns>The settings of the whole, and what to say of it; null where the base is what the adapter needs.</returns>
    public (ModelConfig Config, string Notice)? Complete(ModelConfig config, ModelFamily family, WeightsFolder weights)
    {
        string named = config.Architecture("");
        IReadOnlyList<string> lent = weights.Missing(File, IsWhole, CheckpointStyle.Adapted.Length);
        if (lent.Count == 0)
        {
            return null;
        }
        weights.Lend(File, lent);
        string made = family.Prefix + Class;
        string? last = lent.FirstOrDefault(name => s_lastLayers.Any(layer => name == CheckpointStyle.Adapted + layer));
        config = config.As(made);
        return (last is null ? config : config.WithLabels((int)weights.Entry(last).Shape[0]),
            $"The base ({(named == "" ? "of no named class" : named)}) has no head of this kind: the adapter's own is used, which makes it "
            + $"{made}.");
    }
}
