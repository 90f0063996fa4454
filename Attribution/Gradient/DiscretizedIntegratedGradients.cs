using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Integrated gradients along a path that leads over real words: every token walks from the baseline to itself through points close to
/// its neighbours in the vocabulary, monotone in every column (see <see cref="PathAnchors"/>).
/// </summary>
/// <remarks>
/// <c>Σₖ ½(∂f(xₖ) + ∂f(xₖ₊₁)) · (xₖ₊₁ − xₖ)</c> over the points; the paper, its authors' code and <c>--compat dig</c> take
/// <c>∂f(xₖ)</c> alone, at the same cost. S steps are S words between the baseline and the word itself, S + 2 points, and columns that
/// would turn back move by 1/S of the way, as its authors place them; <c>--compat inseq</c> takes S points in all and moves columns by as
/// much, and also <c>∂f(xₖ)</c>. The authors then divide a text's scores by their L2 norm; ours keep the unit of f. Stretches between words
/// can be long: look at the reported gap, or ask for a
/// <see cref="AttributionRequest.CompletenessGap"/>, and every stretch is integrated with as many points as that needs (the authors'
/// <c>factor</c> puts means between). Needs a baseline token: by default padding, else unknown, else the end of text.
/// </remarks>
public sealed class DiscretizedIntegratedGradients : IAttributionMethod
{
    private const int Longest = 1 << 29; // numbers of a path

    /// <inheritdoc/>
    public string Name => "discretized_integrated_gradients";

    /// <inheritdoc/>
    public string Citation => "Sanyal & Ren 2021, Discretized integrated gradients for explaining language models";

    /// <inheritdoc/>
    public string Cost => "(steps + 2) × (1 forward, 1 backward) + 1 forward; per token, steps searches through the vocabulary";

    /// <inheritdoc/>
    public string SumsTo => "f(x) − f(baseline), up to the reported gap";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        int words = f.Transformer?.Info.VocabSize ?? throw new VitrineException(
            $"{Name}: no vocabulary to walk through; got a function without a model; expected one made by Targets. "
            + $"Use integrated_gradients.");
        (ResolvedBaseline baseline, int[][] from) = Tokens(f, request);
        int asked = request.Steps ?? IntegratedGradients.DefaultSteps, steps = request.Compat == Compat.Inseq
            ? Math.Max(2, asked) : asked + 2;
        int longest = f.Sides.Max(side => side.Embeddings.Shape.Elements), most = Longest / longest;
        if (steps > most)
        {
            throw new VitrineException(FormattableString.Invariant(
                $"{Name}: the path does not fit into memory; got {steps} points of {longest} numbers; expected at most {most} points."));
        }
        Tensor[] path = [.. f.Sides.Select((side, i) => Path(f, i, from[i], words, (steps, asked), request))]; // [step, pos, d_model]
        double[][] ends = [Scores(f, path, 0), Scores(f, path, steps - 1)];
        var work = new Work(request, steps);
        int points = steps;
        double[][] raw = Integrate(f, path, [.. path.Select(side => Strides(side, request.Compat))], request, work);
        for (int perStretch = 1; request.CompletenessGap is { } gap && !Reached(raw, ends, gap)
            && (steps - 1) * perStretch <= request.MaxSteps; perStretch *= 2)
        {
            points = (steps - 1) * perStretch;
            work.Plan(points);
            (double[] nodes, double[] weights) = Quadrature.GaussLegendre.Points(perStretch);
            raw = Integrate(f, [.. path.Select(side => Inside(side, nodes))], [.. path.Select(side => Ways(side, weights))], request, work);
        }
        return new Report(this, f, request)
        {
            Raw = raw,
            Axes = Slope.Axes(f),
            Scores = ends[1],
            BaselineScores = ends[0],
            Complete = true,
            Baseline = baseline,
            Parameters = new Dictionary<string, object>
            {
                ["n_steps"] = asked,
                ["points"] = steps,
                ["anchors"] = request.Anchors,
                ["gradients"] = points
            },
            Warnings = request.CompletenessGap is { } wanted && !Reached(raw, ends, wanted)
            ? [$"the completeness gap {wanted} was not reached with {points} gradients"] : [],
        }.Make();
    }

    /// <summary>Σ over points of gradient · stride. One array per side: <c>[target, pos, d_model]</c></summary>
    private static double[][] Integrate(ScoreFunction f, Tensor[] at, Tensor[] strides, AttributionRequest request, Work work)
    {
        double[][] raw = Sweep.Totals(f);
        Batching batching = Batching.For(f, f.Targets.Count, request.ByteBudget);
        int points = at[0].Shape[0];
        for (int first = 0; first < points; first += batching.Examples)
        {
            work.Check();
            (int start, int count) = (first, Math.Min(batching.Examples, points - first));
            Sweep.Run(f, [.. at.Select(side => side.Slice(0, start, count))], batching.Seeds, (target, gradients) =>
            {
                using Recorder.Pause pause = Recorder.Suspend();
                Sweep.Add(f, target, [.. gradients.Select((gradient, i) => gradient * strides[i].Slice(0, start, count))], raw);
            });
            work.Advance(count);
        }
        return raw;
    }

    private static double[] Scores(ScoreFunction f, Tensor[] path, int step) =>
        Array.ConvertAll(f.Score([.. path.Select(side => side.Slice(0, step, 1))]).ToArray(), score => (double)score);

    private static bool Reached(double[][] raw, double[][] ends, double gap) => Enumerable.Range(0, ends[0].Length).All(t =>
    {
        double difference = ends[1][t] - ends[0][t],
            sum = raw.Sum(side => side.AsSpan(t * (side.Length / ends[0].Length), side.Length / ends[0].Length).ToArray().Sum());
        return Math.Abs(sum - difference) <= gap * Math.Max(Math.Abs(difference), 1e-3);
    });

    /// <summary>Points inside every stretch, at given fractions of it.</summary>
    private static Tensor Inside(Tensor path, double[] nodes)
    {
        Tensor from = path.Slice(0, 0, path.Shape[0] - 1), ways = path.Slice(0, 1, path.Shape[0] - 1) - from;
        return TensorOps.Concat(0, [.. nodes.Select(node => from + ways.Scale((float)node))]);
    }

    /// <summary>What each of those points stands for.</summary>
    private static Tensor Ways(Tensor path, double[] weights)
    {
        Tensor ways = path.Slice(0, 1, path.Shape[0] - 1) - path.Slice(0, 0, path.Shape[0] - 1);
        return TensorOps.Concat(0, [.. weights.Select(weight => ways.Scale((float)weight))]);
    }

    private (ResolvedBaseline Baseline, int[][] Ids) Tokens(ScoreFunction f, AttributionRequest request)
    {
        ResolvedBaseline baseline = ResolvedBaseline.Of(f, request);
        if (baseline.Ids is null && request.Baseline is null && f.BaselineId(BaselineKind.EndOfText) is { } end)
        {
            baseline = ResolvedBaseline.Of(f, request with { Baseline = Baseline.Token(end) });
        }
        return (baseline, baseline.Ids ?? throw new VitrineException($"{Name}: words lead to words only; got baseline '{baseline.Name}'; "
            + $"expected a token, e.g. pad or token:ID."));
    }

    /// <summary>The points of all tokens of one side: <c>[step, pos, d_model]</c>, baseline first.</summary>
    private static Tensor Path(ScoreFunction f, int side, int[] from, int words, (int Points, int Share) steps, AttributionRequest request)
    {
        Tensor embeddings = f.Sides[side].Embeddings;
        int[] to = f.Sides[side].Ids;
        int width = embeddings.Shape[1];
        float[] vocabulary = f.Embed(side, Tensor.From([.. Enumerable.Range(0, words)], [words])).ToArray(),
            values = new float[steps.Points * embeddings.Shape.Elements];
        var paths = new MonotonicPath(vocabulary, width, request.Anchors, steps.Points)
        {
            Share = steps.Share,
            Neighbours = request.Neighbours ?? (request.Compat == Compat.Dig ? 500 : 50),
        };
        for (int pos = 0; pos < to.Length; pos++)
        {
            request.Cancellation.ThrowIfCancellationRequested();
            float[][] points = paths.Between(f.Sides[side].IsPadding(pos) ? to[pos] : from[pos], to[pos]);
            for (int step = 0; step < steps.Points; step++)
            {
                points[step].CopyTo(values, ((step * to.Length) + pos) * width);
            }
        }
        return Tensor.From(values, embeddings.Shape.Prepend(steps.Points), embeddings.Device);
    }

    /// <summary>
    /// How much of the path each point stands for: half the way from its predecessor to its successor, or the way to the latter.
    /// </summary>
    private static Tensor Strides(Tensor points, Compat compat)
    {
        int last = points.Shape[0] - 1;
        Tensor ways = points.Slice(0, 1, last) - points.Slice(0, 0, last), none = Tensor.Zeros(points.Shape.With(0, 1), points.Device);
        Tensor ahead = TensorOps.Concat(0, ways, none), back = TensorOps.Concat(0, none, ways);
        return compat is Compat.Inseq or Compat.Dig ? ahead : (ahead + back).Scale(0.5f);
    }
}
