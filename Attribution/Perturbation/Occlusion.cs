using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// f(x) − f(x without a window): a window slides over the tokens, or groups of tokens, and everything under it is replaced by the
/// baseline. A feature's score is the mean over the windows that covered it.
/// </summary>
/// <remarks>
/// With a window of 1 this is <see cref="FeatureAblation"/>. Each side of an encoder–decoder has windows of its own; the last one may
/// stand over the end. <c>--compat inseq</c> takes |·|, as Inseq does.
/// </remarks>
public sealed class Occlusion : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "occlusion";

    /// <inheritdoc/>
    public string Citation => "Zeiler & Fergus 2014, Visualizing and understanding convolutional networks";

    /// <inheritdoc/>
    public string Cost => "windows + 1 forwards";

    /// <inheritdoc/>
    public string SumsTo => "nothing in particular: neighbours share the loss of their windows";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        (int window, int stride) = (request.Window, request.Stride);
        if (stride > window)
        {
            throw new VitrineException($"{Name}: the stride leaves gaps; "
                + $"got window {window} and stride {stride}; expected a stride of at most the window.");
        }
        var game = new Game(this, f, request);
        int[][] windows = [.. Enumerable.Range(0, f.Sides.Count).SelectMany(side => Slide(game.InOrder(side), window, stride))];
        double[] with = game.Value(game.Full);
        double[][] without =
            game.Values([.. windows.Select(covered => covered.Aggregate(game.Full, (left, player) => left.Without(player)))]);
        double[][] scores = [.. with.Select(_ => new double[game.Count])];
        int[] covers = new int[game.Count];
        for (int i = 0; i < windows.Length; i++)
        {
            foreach (int player in windows[i])
            {
                covers[player]++;
                for (int t = 0; t < game.Targets; t++)
                {
                    scores[t][player] += with[t] - without[i][t];
                }
            }
        }
        foreach (double[] row in scores)
        {
            for (int player = 0; player < row.Length; player++)
            {
                row[player] /= covers[player];
                row[player] = request.Compat == Compat.Inseq ? Math.Abs(row[player]) : row[player];
            }
        }
        return game.Report(this, scores, parameters: new() { ["window"] = window, ["stride"] = stride }).Make();
    }

    private static IEnumerable<int[]> Slide(int[] players, int window, int stride)
    {
        for (int first = 0; first < players.Length; first += stride)
        {
            yield return players[first..Math.Min(first + window, players.Length)];
            if (first + window >= players.Length)
            {
                yield break;
            }
        }
    }
}
