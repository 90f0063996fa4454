using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>What looking inside a model found: one format for patches, circuits, lenses, heads, neurons and features.</summary>
/// <remarks>It holds numbers and their names alone: what draws it or writes it needs no model.</remarks>
public sealed record InsideResult
{
    /// <summary>Name of the method, in snake_case: <c>activation_patching</c>.</summary>
    public required string Method { get; init; }

    /// <summary>The model, in words; null where there was none.</summary>
    public string? Model { get; init; }

    /// <summary>
    /// <c>denoise</c>: the source is the clean run, put into the corrupted one. <c>noise</c>: the other way round. Null where nothing is
    /// patched.
    /// </summary>
    public string? Direction { get; init; }

    /// <summary>Which number of the model was measured, e.g. <c>logit_diff</c>; null where none was.</summary>
    public string? Metric { get; init; }

    /// <summary>Single numbers by name, e.g. <c>metric_clean</c>.</summary>
    public IReadOnlyDictionary<string, double> Numbers { get; init; } = new Dictionary<string, double>();

    /// <summary>The tables, the most telling first.</summary>
    public required IReadOnlyList<InsideTable> Tables { get; init; }

    /// <summary>The parameters, by name, as text.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>What a reader should know before believing the numbers; empty when there is nothing.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The table of that name.</summary>
    /// <exception cref="VitrineException">There is none.</exception>
    public InsideTable this[string table] => Tables.FirstOrDefault(t => t.Name == table)
        ?? throw new VitrineException(
            $"result: no such table; got '{table}'; expected one of {string.Join(", ", Tables.Select(t => t.Name))}.");
}

/// <summary>Numbers over named axes, row-major.</summary>
public sealed record InsideTable
{
    /// <summary>Name, in snake_case.</summary>
    public required string Name { get; init; }

    /// <summary>What a number means, with its unit.</summary>
    public string Meaning { get; init; } = "";

    /// <summary>The axes, outermost first.</summary>
    public required IReadOnlyList<InsideAxis> Axes { get; init; }

    /// <summary>The numbers; NaN where there is none.</summary>
    public required double[] Values { get; init; }

    /// <summary>A text per number, e.g. the best token of a cell; null where there are none.</summary>
    public IReadOnlyList<string>? Texts { get; init; }

    /// <summary>Lower ends of the 95 % bootstrap intervals over pairs; null where there is one pair only.</summary>
    public double[]? Low { get; init; }

    /// <summary>Upper ends.</summary>
    public double[]? High { get; init; }

    /// <summary>Axis lengths.</summary>
    internal int[] Shape => [.. Axes.Select(axis => axis.Labels.Count)];

    /// <summary>One number.</summary>
    /// <param name="at">One index per axis.</param>
    public double this[params ReadOnlySpan<int> at]
    {
        get
        {
            int flat = 0;
            for (int axis = 0; axis < Axes.Count; axis++)
            {
                flat = (flat * Axes[axis].Labels.Count) + at[axis];
            }
            return Values[flat];
        }
    }

    /// <summary>The labels of one number, outermost first.</summary>
    /// <param name="flat">Its row-major index.</param>
    public string[] LabelsOf(int flat)
    {
        string[] labels = new string[Axes.Count];
        for (int axis = Axes.Count - 1; axis >= 0; axis--)
        {
            int length = Axes[axis].Labels.Count;
            (labels[axis], flat) = (Axes[axis].Labels[flat % length], flat / length);
        }
        return labels;
    }

    /// <summary>A table with its axes checked against its numbers.</summary>
    /// <param name="name">Name, in snake_case.</param>
    /// <param name="meaning">What a number means, with its unit.</param>
    /// <param name="values">Row-major.</param>
    /// <param name="axes">Outermost first.</param>
    /// <exception cref="VitrineException">The axes do not make as many numbers.</exception>
    public static InsideTable Of(string name, string meaning, double[] values, params IReadOnlyList<InsideAxis> axes)
    {
        ArgumentNullException.ThrowIfNull(values);
        long expected = axes.Aggregate(1L, (product, axis) => Math.Min(product * axis.Labels.Count, int.MaxValue));
        return values.Length == expected
            ? new() { Name = name, Meaning = meaning, Axes = axes, Values = values }
            : throw new VitrineException($"table {name}: wrong number of values; got {values.Length}; expected {expected}.");
    }
}

/// <summary>An axis of a table.</summary>
/// <param name="Name">What it runs over: <c>layer</c>, <c>head</c>, <c>position</c>.</param>
/// <param name="Labels">What each step is called.</param>
public sealed record InsideAxis(string Name, IReadOnlyList<string> Labels)
{
    /// <summary>Steps that are called by their number, from 0.</summary>
    /// <param name="name">What the axis runs over.</param>
    /// <param name="length">How many.</param>
    /// <param name="prefix">What stands before each number.</param>
    public static InsideAxis Numbered(string name, int length, string prefix = "") =>
        new(name, [.. Enumerable.Range(0, length).Select(i => prefix + i.ToString(CultureInfo.InvariantCulture))]);

    /// <summary>Positions that are called by their number, from 0, and their token.</summary>
    /// <param name="name">What the axis runs over.</param>
    /// <param name="length">How many.</param>
    /// <param name="tokens">The tokens; those that are missing leave the number alone; null: all.</param>
    public static InsideAxis Read(string name, int length, IReadOnlyList<string>? tokens) =>
        new(name, [.. Enumerable.Range(0, length).Select(i => i.ToString(CultureInfo.InvariantCulture)
            + (i < tokens?.Count ? $" {tokens[i]}" : ""))]);
}
