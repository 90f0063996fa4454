namespace Vitrine.Training;

/// <summary>A table of numbers: one row per example.</summary>
/// <param name="values">Row by row.</param>
/// <param name="rows">Examples.</param>
/// <param name="columns">Numbers per example.</param>
internal sealed class Features(double[] values, int rows, int columns)
{
    /// <summary>Examples.</summary>
    public int Rows => rows;

    /// <summary>Numbers per example.</summary>
    public int Columns => columns;

    /// <summary>One example.</summary>
    public Span<double> this[int row] => values.AsSpan(row * columns, columns);

    /// <summary>Some of the rows, copied out of a float table.</summary>
    public static Features Of(float[] table, int columns, IReadOnlyList<int> rows)
    {
        double[] values = new double[rows.Count * columns];
        for (int i = 0; i < rows.Count; i++)
        {
            for (int c = 0; c < columns; c++)
            {
                values[(i * columns) + c] = table[(rows[i] * columns) + c];
            }
        }
        return new(values, rows.Count, columns);
    }

    /// <summary>
    /// Mean and standard deviation (of the whole, not the sample) of every column; a column that never changes has deviation 1.
    /// </summary>
    public (double[] Mean, double[] Deviation) Moments()
    {
        (double[] mean, double[] deviation) = (new double[columns], new double[columns]);
        for (int row = 0; row < rows; row++)
        {
            Vectors.Add(mean, this[row], 1.0 / rows);
        }
        for (int row = 0; row < rows; row++)
        {
            for (int c = 0; c < columns; c++)
            {
                double gap = this[row][c] - mean[c];
                deviation[c] += gap * gap / rows;
            }
        }
        return (mean, [.. deviation.Select((d, c) => d > 1e-20 * mean[c] * mean[c] ? Math.Sqrt(d) : 1)]);
    }

    /// <summary>Replaces every column by (x − mean) / deviation.</summary>
    public void Standardise(double[] mean, double[] deviation)
    {
        for (int row = 0; row < rows; row++)
        {
            Span<double> values = this[row];
            for (int c = 0; c < columns; c++)
            {
                values[c] = (values[c] - mean[c]) / deviation[c];
            }
        }
    }
}
