namespace Vitrine.Training;

/// <summary>The order of an epoch: random, but a batch holds examples of similar length, so that little is padding.</summary>
internal static class Batching
{
    private const int Bucket = 50; // batches that are sorted together: the larger, the less padding and the less chance

    /// <summary>Shuffles, sorts stretches of fifty batches by length, cuts, shuffles the batches.</summary>
    /// <param name="lengths">Tokens per example.</param>
    /// <param name="size">Examples per batch; the last ones may be fewer.</param>
    /// <param name="random">Where the order comes from.</param>
    public static int[][] Of(IReadOnlyList<int> lengths, int size, Random random)
    {
        int[] order = [.. Enumerable.Range(0, lengths.Count)];
        random.Shuffle(order);
        int[][] batches = [.. order.Chunk(Bucket * size).SelectMany(stretch => stretch.OrderBy(example => lengths[example]).Chunk(size))];
        random.Shuffle(batches);
        return batches;
    }

    /// <summary>All examples by length, for evaluation, where order means nothing.</summary>
    public static IEnumerable<int[]> ByLength(IReadOnlyList<int> lengths, int size) =>
        Enumerable.Range(0, lengths.Count).OrderBy(example => lengths[example]).Chunk(size);
}
