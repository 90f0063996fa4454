namespace Vitrine.Tests.Attributions;

/// <summary>Random numbers that were recorded: every draw takes the next of them, and one too many is an error.</summary>
/// <param name="draws">Numbers in [0, 1), or whole numbers where those are drawn.</param>
internal sealed class Replay(IEnumerable<double> draws) : Random
{
    private readonly Queue<double> _draws = new(draws);

    /// <inheritdoc/>
    public override double NextDouble() => _draws.Dequeue();

    /// <inheritdoc/>
    public override int Next(int maxValue) => (int)_draws.Dequeue() is var drawn && drawn < maxValue
        ? drawn : throw new InvalidOperationException($"{drawn} is not below {maxValue}");
}
