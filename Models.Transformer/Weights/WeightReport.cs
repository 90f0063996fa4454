namespace Vitrine.Transformers;

/// <summary>What a model asked of a checkpoint and what the checkpoint held, by name.</summary>
/// <param name="Source">The folder or file.</param>
/// <param name="Missing">Names the model asked for that are in no spelling in the checkpoint.</param>
/// <param name="Misshapen">One sentence per tensor whose shape is not the one the model's configuration demands.</param>
/// <param name="Unused">Names in the checkpoint that the model did not ask for, e.g. those of another head.</param>
/// <param name="Ignored">Names in the checkpoint that hold nothing of their own, with the reason: buffers and copies.</param>
public sealed record WeightReport(
    string Source,
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Misshapen,
    IReadOnlyList<string> Unused,
    IReadOnlyDictionary<string, string> Ignored)
{
    /// <summary>The file's own name of every weight that was found, by the name it was asked by.</summary>
    public IReadOnlyDictionary<string, string> Found { get; init; } = new Dictionary<string, string>();

    /// <summary>Returns this report if every weight was there in its shape.</summary>
    /// <exception cref="WeightException">Some were not; all of them are listed, and the names left over.</exception>
    public WeightReport RequireComplete()
    {
        if (Missing.Count + Misshapen.Count == 0)
        {
            return this;
        }
        string missing = Missing.Count == 0 ? "" : $"{Missing.Count} missing: {string.Join(", ", Missing)}";
        string misshapen = Misshapen.Count == 0 ? "" : $"{Misshapen.Count} of another shape: {string.Join(", ", Misshapen)}";
        string unused = Unused.Count == 0 ? "none" : string.Join(", ", Unused.Take(10).Select(WeightException.Quote)) + (Unused.Count > 10
            ? ", …" : "");
        throw new WeightException(
            $"weights: the checkpoint does not fit the model; "
            + $"got {string.Join("; ", new[] { missing, misshapen }.Where(part => part != ""))}; expected every weight that config.json "
            + $"implies. Check that config.json and weights belong together; left unused: {unused}. Source: {Source}",
            Source, Missing.Count > 0 ? Missing[0] : null);
    }
}
