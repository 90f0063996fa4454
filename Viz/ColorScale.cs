namespace Vitrine.Viz;

/// <summary>The diverging scale of every picture: orange speaks for the target, blue against it, no colour for nothing.</summary>
/// <remarks>Orange and blue stay apart for the common kinds of colour blindness, and both carry black text.</remarks>
internal readonly struct ColorScale
{
    // From faint to full, for terminals: five steps are as many as an eye tells apart in running text.
    private static readonly (byte Red, byte Green, byte Blue)[] s_positive =
        [(255, 236, 222), (255, 205, 170), (255, 168, 117), (247, 129, 69), (232, 96, 28)];

    private static readonly (byte Red, byte Green, byte Blue)[] s_negative =
        [(224, 239, 252), (178, 215, 247), (130, 188, 240), (86, 160, 232), (52, 134, 220)];

    private ColorScale(double limit, bool isSigned) => (Limit, IsSigned) = (limit, isSigned);

    /// <summary>The magnitude that gets the full colour; 1 where every score is 0.</summary>
    public double Limit { get; }

    /// <summary>Whether any score is below 0.</summary>
    public bool IsSigned { get; }

    /// <summary>The scale over some scores; NaN and infinities do not count.</summary>
    public static ColorScale Over(IEnumerable<float> scores)
    {
        double limit = 0;
        bool isSigned = false;
        foreach (float score in scores)
        {
            limit = float.IsFinite(score) ? Math.Max(limit, Math.Abs(score)) : limit;
            isSigned |= score < 0;
        }
        return new(limit, isSigned);
    }

    /// <summary>How strong a score's colour is, 0–1.</summary>
    public double Strength(double score) => Limit > 0 && double.IsFinite(score) ? Math.Min(1, Math.Abs(score) / Limit) : 0;

    /// <summary>How to write the scores of this scale.</summary>
    public Func<double, string> Format => Numbers.Scores(Limit, IsSigned);

    /// <summary>A terminal's background for a score, under black text; null where it is too weak to colour.</summary>
    public (byte Red, byte Green, byte Blue)? Terminal(double score)
    {
        int step = (int)Math.Ceiling((Strength(score) * 5) - 0.3); // below 6 % of the limit: plain
        return step <= 0 ? null : (score < 0 ? s_negative : s_positive)[Math.Min(step, 5) - 1];
    }
}
