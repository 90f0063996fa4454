using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Integrates gradients along a path with the points where they are needed. Completeness holds on every piece of a path: the
/// scores of the piece [a, b] sum to f(x(b)) − f(x(a)). So each piece is checked on its own, and halved while its gap exceeds
/// its share of the tolerance; the steep stretch near a baseline gets many points, the flat rest few.
/// </summary>
internal sealed class AdaptivePath
{
    /// <summary>Gauss–Legendre points on each piece.</summary>
    private const int PointsPerPiece = 8;

    private AdaptivePath(double[][] totals, int points, bool reached) => (Totals, Points, Reached) = (totals, points, reached);

    /// <summary>∫ ∂f/∂x dα, one array per side: <c>[target, pos, d_model]</c>.</summary>
    public double[][] Totals { get; }

    /// <summary>How many gradients it took.</summary>
    public int Points { get; }

    /// <summary>Whether every target's gap is within the tolerance.</summary>
    public bool Reached { get; }

    /// <summary>
    /// Integrates until Σ over pieces |gap| ≤ <paramref name="gap"/> · max(|f(x) − f(x₀)|, 1e-3) for every target, or the steps run out.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="ends">f(x₀) and f(x): <c>[2][target]</c>.</param>
    /// <param name="gap">The tolerated fraction.</param>
    /// <param name="request">Limits, budget, cancellation.</param>
    public static AdaptivePath Integrate(StraightPath path, double[][] ends, double gap, AttributionRequest request)
    {
        double[] tolerance = [.. ends[0].Zip(ends[1], (from, to) => gap * Math.Max(Math.Abs(to - from), 1e-3))];
        (double[] nodes, double[] weights) = Quadrature.GaussLegendre.Points(PointsPerPiece);
        var done = new List<Piece>();
        var open = new Queue<Piece>([new Piece(0, 1, ends[0], ends[1])]);
        var work = new Work(request, PointsPerPiece);
        int points = 0;
        while (true)
        {
            while (open.TryDequeue(out Piece? piece))
            {
                double[] alphas = Array.ConvertAll(nodes, node => piece.From + (node * piece.Length));
                piece.Totals = path.Totals();
                path.Integrate(alphas, Array.ConvertAll(weights, w => w * piece.Length), piece.Totals, request, work);
                piece.Measure(path);
                points += PointsPerPiece;
                done.Add(piece);
            }
            Piece[] tooCoarse = [.. done.Where(piece => piece.Exceeds(tolerance, done.Count))
                .OrderByDescending(piece => piece.Worst(tolerance))];
            int affordable = (request.MaxSteps - points) / (2 * PointsPerPiece);
            if (tooCoarse.Length == 0 || affordable <= 0)
            {
                return new(Sum(done, path), points, tooCoarse.Length == 0);
            }
            Piece[] halved = [.. tooCoarse.Take(affordable)];
            double[][] middles = path.Scores([.. halved.Select(piece => piece.Middle)], request);
            work.Plan(halved.Length * 2 * PointsPerPiece);
            for (int i = 0; i < halved.Length; i++)
            {
                Piece piece = halved[i];
                done.Remove(piece);
                open.Enqueue(new Piece(piece.From, piece.Middle, piece.FromScores, middles[i]));
                open.Enqueue(new Piece(piece.Middle, piece.To, middles[i], piece.ToScores));
            }
        }
    }

    private static double[][] Sum(List<Piece> pieces, StraightPath path)
    {
        double[][] totals = path.Totals();
        foreach (Piece piece in pieces)
        {
            for (int side = 0; side < totals.Length; side++)
            {
                for (int i = 0; i < totals[side].Length; i++)
                {
                    totals[side][i] += piece.Totals[side][i];
                }
            }
        }
        return totals;
    }

    /// <summary>One piece of the path, with its own integral and its own gap per target.</summary>
    private sealed class Piece(double from, double to, double[] fromScores, double[] toScores)
    {
        private double[] _gaps = [];

        public double From => from;

        public double To => to;

        public double Length => to - from;

        public double Middle => (from + to) / 2;

        public double[] FromScores => fromScores;

        public double[] ToScores => toScores;

        public double[][] Totals { get; set; } = [];

        public void Measure(StraightPath path) =>
            _gaps = [.. path.DotDifference(Totals).Select((sum, t) => Math.Abs(sum - (toScores[t] - fromScores[t])))];

        public bool Exceeds(double[] tolerance, int pieces) => _gaps.Where((gap, t) => gap > tolerance[t] / pieces).Any();

        public double Worst(double[] tolerance) => _gaps.Select((gap, t) => gap / tolerance[t]).Max();
    }
}
