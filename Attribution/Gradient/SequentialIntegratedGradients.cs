using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Integrated gradients of one token at a time: only its embedding walks from the baseline to the input, the others stand where they
/// are, so that every point of the path is close to a real sentence.
/// </summary>
/// <remarks>The scores of each token sum to f(x) − f(x with that token at its baseline): occlusion, spread over the embedding.</remarks>
public sealed class SequentialIntegratedGradients : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "sequential_integrated_gradients";

    /// <inheritdoc/>
    public string Citation => "Enguehard 2023, Sequential integrated gradients: a simple but effective method for explaining language "
        + "models";

    /// <inheritdoc/>
    public string Cost => "tokens × steps × (1 forward, 1 backward)";

    /// <inheritdoc/>
    public string SumsTo => "per token, f(x) − f(x with that token at its baseline)";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        ResolvedBaseline baseline = ResolvedBaseline.Of(f, request);
        int steps = request.Steps ?? IntegratedGradients.DefaultSteps;
        (double[] nodes, double[] weights) = request.Quadrature.Points(steps, request.Compat);
        float[][] to = [.. f.Sides.Select(side => side.Embeddings.ToArray())], from = [.. baseline.Embeddings.Select(b => b.ToArray())];
        (int Side, int Position)[] moved = [.. f.Sides.SelectMany((side, s) => Enumerable.Range(0, side.Length)
            .Where(p => !side.IsPadding(p) && !Row(to[s], side, p).SequenceEqual(Row(from[s], side, p))).Select(p => (s, p)))];
        IEnumerable<Point> points = moved.SelectMany(at => nodes.Select((alpha, i) => new Point(at.Side, at.Position, alpha, weights[i])));
        double[] scores = Array.ConvertAll(f.Score(Sweep.Input(f)).ToArray(), score => (double)score);
        double[][] raw = Sweep.Totals(f);
        Batching batching = Batching.For(f, f.Targets.Count, request.ByteBudget);
        var work = new Work(request, checked(moved.Length * steps));
        foreach (Point[] chunk in points.Chunk(batching.Examples))
        {
            work.Check();
            Sweep.Run(f, Inputs(f, chunk, to, from), batching.Seeds, (first, gradients) => Add(f, chunk, first, gradients, raw),
                [.. chunk.Select(point => point.Weight)]);
            work.Advance(chunk.Length);
        }
        if (request.MultiplyByInputs)
        {
            Slope.Multiply(raw, [.. f.Sides.Select((side, i) => side.Embeddings - baseline.Embeddings[i])]);
        }
        return new Report(this, f, request)
        {
            Raw = raw,
            Axes = Slope.Axes(f),
            Scores = scores,
            Baseline = baseline,
            Parameters = new Dictionary<string, object>
            {
                ["n_steps"] = steps,
                ["method"] = request.Quadrature.Name,
                ["multiply_by_inputs"] = request.MultiplyByInputs
            },
        }.Make();
    }

    /// <summary>The input, once per point, with one token of each moved.</summary>
    private static Tensor[] Inputs(ScoreFunction f, Point[] points, float[][] to, float[][] from) => [.. f.Sides.Select((side, s) =>
    {
        float[] values = [.. Enumerable.Repeat(to[s], points.Length).SelectMany(row => row)];
        int width = side.Embeddings.Shape[1];
        for (int example = 0; example < points.Length; example++)
        {
            Point point = points[example];
            for (int i = 0; i < width && point.Side == s; i++)
            {
                int at = (point.Position * width) + i;
                values[(example * to[s].Length) + at] = (float)(from[s][at] + (point.Alpha * (to[s][at] - from[s][at])));
            }
        }
        return Tensor.From(values, side.Embeddings.Shape.Prepend(points.Length), side.Embeddings.Device);
    })];

    /// <summary>Of each point's gradient, <c>[chunk, batch, pos, d_model]</c>, the row of the token that moved.</summary>
    private static void Add(ScoreFunction f, Point[] points, int first, Tensor[] gradients, double[][] totals)
    {
        for (int s = 0; s < gradients.Length; s++)
        {
            float[] values = gradients[s].ToArray();
            (int seeds, int width) = (gradients[s].Shape[0], gradients[s].Shape[3]);
            int size = f.Sides[s].Length * width;
            for (int seed = 0; seed < seeds; seed++)
            {
                for (int example = 0; example < points.Length; example++)
                {
                    if (points[example].Side != s)
                    {
                        continue;
                    }
                    int row = points[example].Position * width;
                    ReadOnlySpan<float> gradient = values.AsSpan((((seed * points.Length) + example) * size) + row, width);
                    Span<double> total = totals[s].AsSpan(((first + seed) * size) + row, width);
                    for (int i = 0; i < width; i++)
                    {
                        total[i] += gradient[i];
                    }
                }
            }
        }
    }

    private static ReadOnlySpan<float> Row(float[] values, InputSide side, int position)
    {
        int width = values.Length / side.Length;
        return values.AsSpan(position * width, width);
    }

    private readonly record struct Point(int Side, int Position, double Alpha, double Weight);
}
