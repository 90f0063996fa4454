namespace Vitrine.Training;

/// <summary>
/// The class whose mean is nearest (Euclid): nothing is fitted but the means, so what it finds is there without any search.
/// </summary>
internal sealed class CentroidProbe : Probe
{
    /// <inheritdoc/>
    public override string Name => "centroid";

    /// <inheritdoc/>
    public override Classifier Learn(Features x, int[] y, int classes, CancellationToken cancellation)
    {
        double[][] means = new double[classes][];
        for (int k = 0; k < classes; k++)
        {
            int[] rows = [.. Enumerable.Range(0, x.Rows).Where(row => y[row] == k)];
            means[k] = new double[x.Columns];
            foreach (int row in rows)
            {
                Vectors.Add(means[k], x[row], 1.0 / rows.Length);
            }
            means[k] = rows.Length > 0 ? means[k] : [];
        }
        return (example, scores) =>
        {
            for (int k = 0; k < classes; k++)
            {
                // −‖x − m‖² without ‖x‖², which is the same for all classes
                scores[k] = means[k].Length == 0 ? double.NegativeInfinity : (2 * Vectors.Dot(example, means[k])) - Vectors.Dot(means[k],
                    means[k]);
            }
        };
    }
}
