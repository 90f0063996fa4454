namespace Vitrine.Training;

/// <summary>What a student takes from its teacher.</summary>
public sealed record DistillationOptions
{
    /// <summary>T: both sides' logits are divided by it, so that the teacher's small probabilities count.</summary>
    public float Temperature { get; init => field = Positive(value, "temperature"); } = 2;

    /// <summary>Part of the loss that the true answers have, 0–1; the teacher has the rest.</summary>
    public float Hard { get; init => field = value is >= 0 and <= 1 ? value : throw Wrong("hard", value, "0 to 1"); } = 0.5f;

    /// <summary>Weight of the mean squared difference of what leaves each block.</summary>
    public float Hidden { get; init => field = value >= 0 ? value : throw Wrong("hidden", value, "0 or more"); }

    /// <summary>Weight of the divergence of the attention patterns.</summary>
    public float Attention { get; init => field = value >= 0 ? value : throw Wrong("attention", value, "0 or more"); }

    private static float Positive(float value, string name) =>
        value > 0 && float.IsFinite(value) ? value : throw Wrong(name, value, "a positive number");

    private static TrainingException Wrong(string name, float value, string expected) =>
        new(FormattableString.Invariant($"distill: {name} out of range; got {value}; expected {expected}."));
}
