using System.Numerics;
using System.Runtime.InteropServices;

namespace Vitrine.Attributions;

/// <summary>How the next word on a path through the vocabulary is chosen among the neighbours of the last.</summary>
public enum PathAnchors
{
    /// <summary>The one that has to be moved least to lie between the last word and the baseline.</summary>
    Greedy,

    /// <summary>The one with most columns between the last word and the baseline.</summary>
    MaxCount,
}

/// <summary>
/// A way from a baseline word to a word over points close to other words, every column of which rises or falls all the way: the words
/// are neighbours of one another, and columns that would turn back are moved a step towards the baseline instead.
/// </summary>
/// <param name="vocabulary">Embeddings of all words, <c>[word, column]</c>.</param>
/// <param name="width">Columns per word.</param>
/// <param name="anchors">How words are chosen.</param>
/// <param name="steps">Points of a path, both ends included; at least 2.</param>
internal sealed class MonotonicPath(float[] vocabulary, int width, PathAnchors anchors, int steps)
{
    private readonly Dictionary<int, int[]> _neighbours = [];

    /// <summary>How many nearest words of a word are considered.</summary>
    public int Neighbours { get; init; } = 50;

    /// <summary>Columns that would turn back move by one part in this of the way.</summary>
    public required int Share { get; init; }

    /// <summary>The points from a baseline to a word. <c>[point][column]</c></summary>
    public float[][] Between(int baseline, int word)
    {
        int[] words = Words(baseline, word);
        var points = new List<float[]> { Row(word).ToArray() };
        foreach (int next in words[1..])
        {
            points.Add(Moved(Row(next), Row(baseline), points[^1]));
        }
        points.Add(Row(baseline).ToArray());
        points.Reverse();
        return [.. points];
    }

    /// <summary>The words that the points before the baseline stand for, beginning with the word itself.</summary>
    public int[] Words(int baseline, int word)
    {
        var words = new List<int> { word };
        while (words.Count < steps - 1)
        {
            words.Add(words[^1] == baseline ? baseline : Closest(baseline, words));
        }
        return [.. words];
    }

    private int Closest(int baseline, List<int> words)
    {
        int last = words[^1];
        int[] candidates = [.. NeighboursOf(last).Where(word => word != baseline && !words.Contains(word))];
        return candidates.Length == 0 ? baseline : candidates.MinBy(word => anchors == PathAnchors.Greedy
            ? Distance(Row(word), Moved(Row(word), Row(baseline), Row(last)))
            : -Enumerable.Range(0, width).Count(i => Lies(Row(word)[i], Row(baseline)[i], Row(last)[i])));
    }

    /// <summary>
    /// An anchor whose columns that do not lie between the baseline and the last point are put one step towards the baseline.
    /// </summary>
    private float[] Moved(ReadOnlySpan<float> anchor, ReadOnlySpan<float> baseline, ReadOnlySpan<float> last)
    {
        float[] moved = anchor.ToArray();
        for (int i = 0; i < width; i++)
        {
            if (!Lies(anchor[i], baseline[i], last[i]))
            {
                moved[i] = last[i] - ((last[i] - baseline[i]) / Share);
            }
        }
        return moved;
    }

    private static bool Lies(float anchor, float baseline, float last) =>
        baseline > last ? baseline >= anchor && anchor >= last : baseline <= anchor && anchor <= last;

    /// <summary>The nearest other words, nearest first.</summary>
    private int[] NeighboursOf(int word)
    {
        if (!_neighbours.TryGetValue(word, out int[]? nearest))
        {
            var heap = new PriorityQueue<int, float>(); // the farthest of the nearest so far comes out first
            for (int other = 0; other < vocabulary.Length / width; other++)
            {
                float distance = other == word ? float.PositiveInfinity : Distance(Row(word), Row(other));
                if (heap.Count < Neighbours)
                {
                    heap.Enqueue(other, -distance);
                }
                else
                {
                    heap.EnqueueDequeue(other, -distance);
                }
            }
            nearest = new int[heap.Count];
            for (int i = nearest.Length - 1; i >= 0; i--)
            {
                nearest[i] = heap.Dequeue();
            }
            nearest = [.. nearest.Where(other => other != word)];
            _neighbours[word] = nearest;
        }
        return nearest;
    }

    private ReadOnlySpan<float> Row(int word) => vocabulary.AsSpan(word * width, width);

    /// <summary>‖a − b‖².</summary>
    private static float Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector<float> sums = Vector<float>.Zero;
        ReadOnlySpan<Vector<float>> lanesA = MemoryMarshal.Cast<float, Vector<float>>(a),
            lanesB = MemoryMarshal.Cast<float, Vector<float>>(b);
        for (int i = 0; i < lanesA.Length; i++)
        {
            Vector<float> difference = lanesA[i] - lanesB[i];
            sums += difference * difference;
        }
        float sum = Vector.Sum(sums);
        for (int i = lanesA.Length * Vector<float>.Count; i < a.Length; i++)
        {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }
        return sum;
    }
}
