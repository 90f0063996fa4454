namespace Vitrine.Viz;

/// <summary>How the loss of a training fell: one curve of the batches learned from, one of the evaluations.</summary>
public static class LossCurve
{
    private const double Width = 720, Height = 360, Left = 56, Right = 16, Top = 44, Bottom = 40;
    private const int Points = 400; // more than that no screen can show: batches are averaged in as many stretches

    /// <summary>Draws it.</summary>
    /// <param name="title">What was trained.</param>
    /// <param name="training">Steps and the loss of their batch, nats.</param>
    /// <param name="evaluations">Steps and the loss on held-out data, nats; may be empty.</param>
    /// <exception cref="ArgumentException">There is no step.</exception>
    public static string Svg(string title, IReadOnlyList<(int Step, double Loss)> training,
        IReadOnlyList<(int Step, double Loss)> evaluations)
    {
        if (training.Count == 0)
        {
            throw new ArgumentException("loss curve: nothing to draw; got no step; expected at least one.", nameof(training));
        }
        (double Step, double Loss)[] smooth = [.. training.Chunk(Math.Max(1, training.Count / Points))
            .Select(part => (part.Average(p => p.Step), part.Average(p => p.Loss)))];
        double[] all = [.. smooth.Select(p => p.Loss), .. evaluations.Select(p => p.Loss)];
        double tick = Tick(Math.Max(1e-6, all.Max() - all.Min()) / 5), low = Math.Floor(all.Min() / tick) * tick,
            high = Math.Max(Math.Ceiling(all.Max() / tick) * tick, low + tick);
        int last = training[^1].Step;
        double X(double step) => Left + ((Width - Left - Right) * step / last);
        double Y(double loss) => Top + ((Height - Top - Bottom) * (high - loss) / (high - low));

        var canvas = new SvgCanvas();
        canvas.Text(title, Left, 20, kind: "title");
        canvas.Text(evaluations.Count > 0 ? "loss, nats: blue the batches learned from, orange the part held out" : "loss, nats", Left, 36,
            kind: "soft small");
        for (double at = low; at <= high + (tick / 2); at += tick)
        {
            canvas.Line(Left - 4, Y(at), Left, Y(at));
            canvas.Text(Numbers.Exact(Math.Round(at, 6)), Left - 8, Y(at) + 4, "end", "soft small");
        }
        double every = Tick(last / 5.0);
        for (double at = 0; at <= last; at += every)
        {
            canvas.Line(X(at), Height - Bottom, X(at), Height - Bottom + 4);
            canvas.Text(Numbers.Exact(at), X(at), Height - Bottom + 18, "middle", "soft small");
        }
        canvas.Text("step", Width - Right, Height - 6, "end", "soft small");
        canvas.Line(Left, Top, Left, Height - Bottom);
        canvas.Line(Left, Height - Bottom, Width - Right, Height - Bottom);
        canvas.Curve("#3486dc", smooth.Select(p => (X(p.Step), Y(p.Loss))), 1);
        if (evaluations.Count > 0)
        {
            canvas.Curve("#e8601c", evaluations.Select(p => (X(p.Step), Y(p.Loss))), 2);
        }
        return canvas.Close(Width, Height, title);
    }

    /// <summary>The 1, 2 or 5 times a power of ten that is nearest above.</summary>
    private static double Tick(double least)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return (least / power) switch
        {
            <= 1 => power,
            <= 2 => 2 * power,
            <= 5 => 5 * power,
            _ => 10 * power,
        };
    }
}
