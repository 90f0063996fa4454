namespace Vitrine;

/// <summary>An op on a device, held against the CPU.</summary>
/// <param name="Op">Its name.</param>
/// <param name="Cases">How many sample calls were made, forward and backward.</param>
/// <param name="Error">The largest error, in parts of what is allowed: above 1 is wrong.</param>
/// <param name="Kernels">The kernels that ran.</param>
/// <param name="Fault">The kernels, the call and the number that is wrong; null where all are right.</param>
public sealed record CheckedOp(string Op, int Cases, double Error, IReadOnlyList<string> Kernels, string? Fault)
{
    /// <summary>For example <c>softmax: right in 11 cases</c>.</summary>
    public override string ToString() => Fault is null ? $"{Op}: right in {Cases} cases" : $"{Op}: {Fault}";
}

/// <summary>A model on a device, from text to explanation, held against the CPU.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Error">The largest difference of a probability or a score.</param>
/// <param name="Fault">What is wrong; null where nothing is.</param>
public sealed record CheckedModel(string Model, double Error, string? Fault)
{
    /// <summary>For example <c>sentiment: right</c>.</summary>
    public override string ToString() => $"{Model}: {Fault ?? "right"}";
}

/// <summary>How fast a device does an op, next to what it can do.</summary>
/// <param name="Op">Its name.</param>
/// <param name="Call">Shapes and options.</param>
/// <param name="Milliseconds">Median of a call.</param>
/// <param name="GigabytesPerSecond">Every input read once, the output written once.</param>
/// <param name="GigaflopsPerSecond">A fused multiply–add is two.</param>
/// <param name="Share">The time at the nearer limit, copying or arithmetic, as a part of the time taken.</param>
/// <param name="Binds">That limit: <c>copy</c> or <c>units</c>.</param>
public sealed record CheckedSpeed(string Op, string Call, double Milliseconds, double GigabytesPerSecond, double GigaflopsPerSecond,
    double Share, string Binds)
{
    /// <summary>For example <c>softmax [2048, 3072]: 112.336 ms</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Op} {Call}: {Milliseconds:F3} ms");
}
