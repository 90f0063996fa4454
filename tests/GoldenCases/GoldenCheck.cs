using Vitrine.Tensors;

namespace Vitrine.Tests;

/// <summary>The comparisons of one case: every expected tensor must be compared, and be close.</summary>
/// <remarks>Close is |Δ| ≤ 1e-5 + 1e-4·|expected|, or |Δ| ≤ three times the reference's own float32 error where that is larger.</remarks>
public sealed class GoldenCheck(GoldenCase golden)
{
    private readonly HashSet<string> _compared = [];
    private readonly List<string> _faults = [];
    private int _leftOut;

    /// <summary>What did not fit, one line each; with the expected tensors that were never compared.</summary>
    public IReadOnlyList<string> Faults =>
        [.. _faults, .. golden.Expected.Keys.Where(key => !_compared.Contains(key)).Select(key => $"{key} was not compared")];

    /// <summary>How many values passed only because float32 itself is that far off in the reference.</summary>
    public int ByFloat32 { get; private set; }

    /// <summary>How many results were compared, and not left out for a reason.</summary>
    public int Compared => _compared.Count - _leftOut;

    /// <summary>Compares a tensor.</summary>
    public void Close(string key, Tensor actual, Func<int, bool>? skip = null) =>
        Close(key, actual.Shape.Axes.ToArray(), actual.ToArray(), skip);

    /// <summary>Compares values.</summary>
    /// <param name="key">Name of the expected tensor.</param>
    /// <param name="shape">Shape of the actual; null: not compared.</param>
    /// <param name="actual">Row-major values.</param>
    /// <param name="skip">Row-major elements that have no meaning, such as those of padding.</param>
    public void Close(string key, int[]? shape, ReadOnlySpan<float> actual, Func<int, bool>? skip = null)
    {
        _compared.Add(key);
        if (!golden.Expected.TryGetValue(key, out GoldenTensor? expected))
        {
            _faults.Add($"{key} is not among the expected: {string.Join(", ", golden.Expected.Keys)}");
            return;
        }
        if (actual.Length != expected.Data.Length || (shape is not null && !shape.SequenceEqual(expected.Shape)))
        {
            _faults.Add($"{key} has shape [{string.Join(", ", shape ?? [actual.Length])}], expected [{string.Join(", ", expected.Shape)}]");
            return;
        }
        int worst = -1, bad = 0;
        double worstExcess = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            if (skip?.Invoke(i) is true || (double.IsNaN(expected.Data[i]) && float.IsNaN(actual[i])) || actual[i] == expected.Data[i])
            {
                continue;
            }
            double difference = Math.Abs(actual[i] - expected.Data[i]), allowed = 1e-5 + (1e-4 * Math.Abs(expected.Data[i]));
            if (difference <= allowed)
            {
                continue;
            }
            if (difference <= 3 * expected.F32MaxDiff)
            {
                ByFloat32++;
                continue;
            }
            bad++;
            if (worst < 0 || !(difference / allowed <= worstExcess))
            {
                (worst, worstExcess) = (i, difference / allowed);
            }
        }
        if (bad > 0)
        {
            _faults.Add($"{key}: {bad} of {actual.Length} differ; "
                + $"worst at {worst}: got {actual[worst]:R}, expected {expected.Data[worst]:R} ({worstExcess:G3} x tolerance)");
        }
    }

    /// <summary>Compares values if the case has an expected tensor of that name.</summary>
    public void Optional(string key, Func<float[]> actual)
    {
        ArgumentNullException.ThrowIfNull(actual);
        if (golden.Expected.ContainsKey(key))
        {
            Close(key, null, actual());
        }
    }

    /// <summary>Compares whole numbers exactly.</summary>
    public void Equal(string key, ReadOnlySpan<int> actual)
    {
        _compared.Add(key);
        double[] expected = golden.Expected[key].Data;
        int[] values = actual.ToArray();
        if (!values.Select(x => (double)x).SequenceEqual(expected))
        {
            _faults.Add($"{key}: got [{string.Join(", ", values)}], expected [{string.Join(", ", expected)}]");
        }
    }

    /// <summary>Notes a fault of another kind.</summary>
    public void Fail(string fault) => _faults.Add(fault);

    /// <summary>Says that an expected tensor needs no comparison, and why.</summary>
    public void Skip(string key, string why)
    {
        ArgumentException.ThrowIfNullOrEmpty(why);
        _leftOut += _compared.Add(key) ? 1 : 0;
    }
}
