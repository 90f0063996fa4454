using Vitrine.Tensors;

namespace Vitrine.Tests.Attributions;

/// <summary>Score functions with known answers: token 2 is a player who is there, the padding token 1 one who is not.</summary>
internal static class Games
{
    /// <summary>A game given by v(S), one function per target; S is a bit mask.</summary>
    public static ToyScoreFunction Of(int players, params Func<int, double>[] worth) => new(
        x =>
        {
            float[] present = x[0].ToArray();
            int batch = x[0].Shape[0];
            var scores = new float[batch * worth.Length];
            for (int example = 0; example < batch; example++)
            {
                int set = Enumerable.Range(0, players).Sum(i => present[(example * players) + i] > 0.5f ? 1 << i : 0);
                for (int t = 0; t < worth.Length; t++)
                {
                    scores[(example * worth.Length) + t] = (float)worth[t](set);
                }
            }
            return Tensor.From(scores, [batch, worth.Length]);
        },
        worth.Length, Tensor.From([9f, 0f, 1f], [3, 1]), [.. Enumerable.Repeat(2, players)]);

    /// <summary>A random worth for every coalition.</summary>
    public static Func<int, double> Random(int players, int seed)
    {
        var random = new Random(seed);
        double[] table = [.. Enumerable.Range(0, 1 << players).Select(_ => (random.NextDouble() * 4) - 2)];
        return set => table[set];
    }

    /// <summary>Every player adds its own value, whichever others take part.</summary>
    public static Func<int, double> Additive(params double[] worth) => set => 0.25 + worth.Where((_, i) => (set >> i & 1) != 0).Sum();

    /// <summary>Shapley's values by his own definition: the mean over all orders of what each adds.</summary>
    public static double[] ByAllOrders(int players, Func<int, double> worth)
    {
        double[] sums = new double[players];
        int orders = 0;
        Visit(0, []);
        return Array.ConvertAll(sums, sum => sum / orders);

        void Visit(int present, int[] order)
        {
            if (order.Length == players)
            {
                orders++;
                int set = 0;
                foreach (int player in order)
                {
                    sums[player] += worth(set | (1 << player)) - worth(set);
                    set |= 1 << player;
                }
                return;
            }
            for (int player = 0; player < players; player++)
            {
                if ((present >> player & 1) == 0)
                {
                    Visit(present | (1 << player), [.. order, player]);
                }
            }
        }
    }
}
