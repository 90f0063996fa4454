using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>One activation cut into the pieces that a sweep replaces one by one.</summary>
/// <remarks>Everything is a copy of strips: an activation is <c>[1, a, b, c]</c>, and a piece takes one or all of a, and one or all of
/// b.</remarks>
internal sealed class PatchGrid
{
    private readonly int _a, _b, _c;
    private readonly bool _splitA, _splitB, _splitC;

    /// <param name="kind">What the axes are.</param>
    /// <param name="axes">Which are kept apart.</param>
    /// <param name="shape">Of the activation, batch 1.</param>
    public PatchGrid(PlaceKind kind, PatchAxes axes, Shape shape)
    {
        bool isPattern = kind == PlaceKind.Pattern;
        (_a, _b, _c) = shape.Rank == 4 ? (shape[1], shape[2], shape[3])
            : (shape[1], kind == PlaceKind.Neurons ? shape[2] : 1, kind == PlaceKind.Neurons ? 1 : shape[2]);
        (_splitA, _splitB, _splitC) = (kind, axes) switch
        {
            (_, PatchAxes.Layer) => (false, false, false),
            (PlaceKind.Pattern, PatchAxes.Unit) => (true, false, false),
            (PlaceKind.Pattern, PatchAxes.Query) => (true, true, false),
            (PlaceKind.Pattern, PatchAxes.QueryKey) => (true, true, true),
            (not PlaceKind.Pattern, PatchAxes.Position) => (true, false, false),
            (PlaceKind.Heads or PlaceKind.Neurons, PatchAxes.Unit) => (false, true, false),
            (PlaceKind.Heads or PlaceKind.Neurons, PatchAxes.PositionUnit) => (true, true, false),
            _ => throw new VitrineException(
                $"patch: {kind} cannot be cut by {axes}; expected "
                + (isPattern ? "unit, query or query-key." : kind == PlaceKind.Stream ? "position or layer." : "position, unit or both.")),
        };
    }

    /// <summary>Lengths of the axes that are kept apart, outermost first.</summary>
    public int[] Lengths => [.. new[] { (_splitA, _a), (_splitB, _b), (_splitC, _c) }.Where(x => x.Item1).Select(x => x.Item2)];

    /// <summary>How many pieces there are.</summary>
    public int Count => Lengths.Aggregate(1, (product, length) => product * length);

    /// <summary>Puts piece number <paramref name="piece"/> of the source into the target; both are one activation.</summary>
    public void Copy(int piece, ReadOnlySpan<float> source, Span<float> target)
    {
        foreach ((int start, int length) in Strips(piece))
        {
            source.Slice(start, length).CopyTo(target[start..]);
        }
    }

    /// <summary>Whether a piece of both is equal, so that putting one into the other changes nothing.</summary>
    public bool AreEqual(int piece, ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        foreach ((int start, int length) in Strips(piece))
        {
            if (!x.Slice(start, length).SequenceEqual(y.Slice(start, length)))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Σ x·y over every piece.</summary>
    public double[] Dots(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double[] sums = new double[Count];
        for (int piece = 0; piece < sums.Length; piece++)
        {
            foreach ((int start, int length) in Strips(piece))
            {
                for (int i = start; i < start + length; i++)
                {
                    sums[piece] += (double)x[i] * y[i];
                }
            }
        }
        return sums;
    }

    private List<(int Start, int Length)> Strips(int piece)
    {
        int c = _splitC ? piece % _c : -1;
        piece = _splitC ? piece / _c : piece;
        int b = _splitB ? piece % _b : -1;
        int a = _splitA ? _splitB ? piece / _b : piece : -1;
        List<(int, int)> strips = [];
        for (int i = a < 0 ? 0 : a; i < (a < 0 ? _a : a + 1); i++)
        {
            if (b < 0)
            {
                strips.Add((i * _b * _c, _b * _c));
                continue;
            }
            strips.Add(c < 0 ? (((i * _b) + b) * _c, _c) : ((((i * _b) + b) * _c) + c, 1));
        }
        return strips;
    }
}
