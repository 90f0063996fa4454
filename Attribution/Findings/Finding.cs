using System.Globalization;
using System.Text.Json.Serialization;

namespace Vitrine.Attributions;

/// <summary>One explained text: what each method found of it.</summary>
/// <param name="Title">How it is called: the beginning of the text.</param>
/// <param name="Results">One result per method, over the same tokens.</param>
public sealed record Analysis(string Title, IReadOnlyList<AttributionResult> Results);

/// <summary>A number of a finding.</summary>
/// <param name="Label">What was measured: usually a method.</param>
/// <param name="Value">The number; NaN where nothing can be said.</param>
/// <param name="IsOver">Whether it is on the bad side of the threshold.</param>
public sealed record FindingRow(string Label, double Value, bool IsOver)
{
    /// <summary>The number for people: three decimals, or a power of ten where these would all be 0.</summary>
    [JsonIgnore]
    public string Shown => Value.ToString(Value != 0 && Math.Abs(Value) < 0.0005 ? "0.0e+0" : "0.000", CultureInfo.InvariantCulture);
}

/// <summary>A statement about explanations that was tested, with the numbers that decided it.</summary>
/// <param name="Name">In snake_case.</param>
/// <param name="Question">What was asked.</param>
/// <param name="Test">What is measured, and when it is a warning.</param>
/// <param name="Threshold">Where the bad side begins.</param>
/// <param name="Rows">The numbers.</param>
/// <param name="Advice">What to do about it.</param>
public sealed record Finding(string Name, string Question, string Test, double Threshold, IReadOnlyList<FindingRow> Rows, string Advice)
{
    /// <summary>Whether any number is on the bad side.</summary>
    public bool IsWarning => Rows.Any(row => row.IsOver);

    /// <summary>The outcome in one sentence.</summary>
    public string Outcome => IsWarning
        ? $"Yes: {string.Join(", ", Rows.Where(row => row.IsOver).Select(row => $"{row.Label} {row.Shown}"))}."
        : "No.";
}
