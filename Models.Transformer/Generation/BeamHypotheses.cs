namespace Vitrine.Transformers;

/// <summary>The finished sequences of one input: the best so many, and whether it is worth looking for more.</summary>
/// <remarks>
/// score = Σ ln p / length^penalty, where length counts the new tokens and the end token, not the prompt. The check that stops is
/// Hugging Face's, heuristics included (see <see cref="EarlyStopping"/>).
/// </remarks>
internal sealed class BeamHypotheses(GenerationOptions options)
{
    private readonly List<Hypothesis> _kept = [];
    private double _worst = 1e9;

    /// <summary>Whether no more are looked for.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Offers a finished sequence; the worst of too many is dropped.</summary>
    public void Add(int[] ids, float[] logP, double sumLogP, int length)
    {
        double score = sumLogP / Math.Pow(length, options.LengthPenalty);
        if (_kept.Count < options.NumBeams || score > _worst)
        {
            _kept.Add(new(ids, logP, score));
            if (_kept.Count > options.NumBeams)
            {
                _kept.Remove(_kept.MinBy(h => h.Score)!);
            }
            _worst = _kept.Min(h => h.Score);
        }
    }

    /// <summary>Looks whether a running beam can still get among the kept.</summary>
    /// <param name="bestSum">The highest Σ ln p of the running beams.</param>
    /// <param name="length">Their number of new tokens.</param>
    public void Update(double bestSum, int length)
    {
        if (IsDone || _kept.Count < options.NumBeams)
        {
            return;
        }
        bool reachesFarther = options.EarlyStopping == EarlyStopping.Never && options.LengthPenalty > 0;
        IsDone = options.EarlyStopping == EarlyStopping.Yes
            || _worst >= bestSum / Math.Pow(reachesFarther ? options.MaxNewTokens : length, options.LengthPenalty);
    }

    /// <summary>The best, best first; of equals the later found, as Python's sort and pop give them.</summary>
    public IEnumerable<Hypothesis> Best(int count) => Enumerable.Reverse(_kept).OrderByDescending(h => h.Score).Take(count);

    /// <summary>A finished sequence.</summary>
    internal sealed record Hypothesis(int[] Ids, float[] LogP, double Score);
}
