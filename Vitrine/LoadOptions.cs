using Vitrine.Transformers;

namespace Vitrine;

/// <summary>How a model is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>Where it computes: <c>cpu</c>, <c>opencl:0</c>, <c>cuda:0</c>, or <c>gpu</c> for the best there is; null: the device of
    /// the moment, the CPU unless a scope says otherwise.</summary>
    public string? Device { get; init; }

    /// <summary>Which state of a model of a hub: a branch, a tag or a commit.</summary>
    public string Revision { get; init; } = "main";

    /// <summary>
    /// Whether the CPU's vectors are fixed at 256 bits, so that the same request gives the same bits on every x64 machine with AVX2
    /// (<see cref="Tensors.CpuVectors.Fix"/>); for the
    /// whole process, and before its first computation.
    /// </summary>
    public bool Deterministic { get; init; }

    /// <summary>Folder of a LoRA adapter that is merged into the model while loading.</summary>
    public string? Adapter { get; init; }

    /// <summary>Which weights are held in fewer bits.</summary>
    public Quantization Quantization { get; init; }

    /// <summary>The threshold from which columns of rounded layers stay in float32; infinity: none does.</summary>
    public float Outliers { get; init; } = float.PositiveInfinity;

    /// <summary>For example <c>opencl:0, int8</c>.</summary>
    public override string ToString() => string.Join(", ", Settings().Select(setting => setting.Value)
        .DefaultIfEmpty("as it is, on the device of the moment"));

    internal IEnumerable<(string Name, string Value)> Settings() =>
    [
        .. Device is { } device ? [("Device", device)] : Array.Empty<(string, string)>(),
        .. Revision != "main" ? [("Revision", Revision)] : Array.Empty<(string, string)>(),
        .. Deterministic ? [("Deterministic", "deterministic")] : Array.Empty<(string, string)>(),
        .. Adapter is { } adapter ? [("Adapter", adapter)] : Array.Empty<(string, string)>(),
        .. Quantization != Quantization.None ? [("Quantization", Quantization.Name())] : Array.Empty<(string, string)>(),
        .. float.IsFinite(Outliers) ? [("Outliers", FormattableString.Invariant($"outliers from {Outliers}"))]
            : Array.Empty<(string, string)>(),
    ];
}
