using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>Where one head looks in random tokens that come twice, and what the repetition costs without it.</summary>
/// <param name="Layer">Its block, from 0.</param>
/// <param name="Head">Its number there, from 0.</param>
/// <param name="Previous">Mean attention to the token before, over all places but the first, 0–1.</param>
/// <param name="Duplicate">Mean attention of the second round to the same token in the first, 0–1.</param>
/// <param name="Induction">Mean attention of the second round to what followed the same token in the first, 0–1: prefix matching.</param>
/// <param name="LossWithout">Loss of the second round when the head's output (<c>hook_z</c>) is zero, nats per token.</param>
public sealed record HeadScore(int Layer, int Head, double Previous, double Duplicate, double Induction, double LossWithout);

/// <summary>
/// Which heads of a language model carry induction? Random tokens cannot be predicted until they come again; a model that then can looks
/// something up, and its heads' patterns and their removal show how.
/// </summary>
/// <param name="FirstLoss">Mean loss of the first round, nats per token.</param>
/// <param name="RepeatLoss">Mean loss of the second round after its first token, nats per token.</param>
/// <param name="Heads">All heads, block by block.</param>
/// <remarks>
/// Sources: Elhage et al. 2021, “A mathematical framework for transformer circuits”; Olsson et al. 2022, “In-context learning and induction
/// heads”. The three scores are those of TransformerLens' <c>head_detector</c> with its <c>mul</c> measure, without a token that begins the
/// text.
/// </remarks>
public sealed record HeadScores(double FirstLoss, double RepeatLoss, IReadOnlyList<HeadScore> Heads)
{
    private const int Chunk = 8; // sequences per pass: a large vocabulary makes large logits

    /// <summary>Random first rounds: different tokens in any order.</summary>
    /// <param name="tokens">What to draw from.</param>
    /// <param name="length">Tokens per round, at least 2.</param>
    /// <param name="count">How many rounds.</param>
    /// <param name="seed">Equal seeds give equal rounds.</param>
    /// <exception cref="VitrineException">There are fewer tokens than a round needs, or nothing is asked for.</exception>
    public static int[][] Rounds(IEnumerable<int> tokens, int length, int count, int seed)
    {
        int[] all = [.. tokens.Distinct()];
        if (length < 2 || count < 1 || all.Length < length)
        {
            throw new VitrineException($"heads: out of range; got {count} sequences of {length} tokens a round; "
                + $"expected 1 or more sequences, and 2 to {all.Length} tokens, for no token comes twice in a round.");
        }
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            random.Shuffle(all);
            return all[..length];
        })];
    }

    /// <summary>Runs a model over rounds that come twice, once as it is and once without each head.</summary>
    /// <param name="model">A language model that reads from left to right.</param>
    /// <param name="rounds">Rounds of one length.</param>
    /// <param name="progress">Told after every pass over all rounds.</param>
    /// <param name="cancellation">Ends the work between passes.</param>
    /// <exception cref="VitrineException">It is another kind of model, or two rounds are longer than it reads.</exception>
    public static HeadScores Measure(ITransformer model, IReadOnlyList<int[]> rounds, IProgress<AttributionProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rounds);
        int length = rounds[0].Length;
        if (model.Info.Task != ModelTask.CausalLanguageModel)
        {
            throw new VitrineException($"heads: not for this model; "
                + $"got {model.Info.Architecture}; expected a language model that reads from left to right, such as a GPT-2.");
        }
        if (2 * length > model.Info.MaxPositions)
        {
            throw new VitrineException($"heads: too long; got rounds of {length}, two of which are {2 * length} tokens; "
                + $"expected at most {model.Info.MaxPositions}. Ask for shorter rounds.");
        }
        (int layers, int heads, int done) = (model.Info.NLayers, model.Info.NHeads, 0);
        double[,][] looks = new double[layers, heads][];
        (double first, double repeat) = Pass(() => Patterns(model, rounds, looks));
        return new(first, repeat, [.. from layer in Enumerable.Range(0, layers) from head in Enumerable.Range(0, heads)
                                      let look = looks[layer, head] select new HeadScore(layer, head, look[0], look[1], look[2],
                                          Without(layer, head))]);

        double Without(int layer, int head)
        {
            Tensor others = Tensor.From([.. Enumerable.Range(0, heads).Select(h => h == head ? 0f : 1f)], [1, 1, heads, 1]);
            using HookScope off = model.Intervene($"blocks.{layer}.attn.hook_z", z => z * others);
            return Pass(() => Losses(model, rounds)).Repeat;
        }

        (double First, double Repeat) Pass(Func<(double, double)> run)
        {
            cancellation.ThrowIfCancellationRequested();
            (double, double) losses = run();
            progress?.Report(new(++done, 1 + (layers * heads)));
            return losses;
        }
    }

    private static (double First, double Repeat) Patterns(ITransformer model, IReadOnlyList<int[]> rounds, double[,][] looks)
    {
        int length = rounds[0].Length, positions = 2 * length;
        for (int layer = 0; layer < looks.GetLength(0); layer++)
        {
            for (int head = 0; head < looks.GetLength(1); head++)
            {
                looks[layer, head] = new double[3];
            }
        }
        using ActivationCache cache = model.Cache("blocks.*.attn.hook_pattern");
        return Losses(model, rounds, () =>
        {
            for (int layer = 0; layer < looks.GetLength(0); layer++)
            {
                Tensor pattern = cache[$"blocks.{layer}.attn.hook_pattern"]; // [batch, head, query, key]
                for (int head = 0; head < looks.GetLength(1); head++)
                {
                    float[] values = pattern.Select(1, head).ToArray();
                    for (int query = 1; query < values.Length / positions; query++)
                    {
                        int at = query % positions, row = query * positions;
                        looks[layer, head][0] += at > 0 ? values[row + at - 1] / (double)(rounds.Count * (positions - 1)) : 0;
                        looks[layer, head][1] += at >= length ? values[row + at - length] / (double)(rounds.Count * length) : 0;
                        looks[layer, head][2] += at >= length ? values[row + at - length + 1] / (double)(rounds.Count * length) : 0;
                    }
                }
            }
        });
    }

    /// <summary>Mean losses of what follows in the first round and in the second.</summary>
    private static (double First, double Repeat) Losses(ITransformer model, IReadOnlyList<int[]> rounds, Action? after = null)
    {
        (int length, double first, double repeat) = (rounds[0].Length, 0, 0);
        foreach (int[][] chunk in rounds.Chunk(Chunk))
        {
            Tensor ids = Tensor.From([.. chunk.SelectMany(round => round.Concat(round))], [chunk.Length, 2 * length]);
            Tensor logits = model.Forward(new ModelInput { Ids = ids });
            first += chunk.Length * Loss(0);
            repeat += chunk.Length * Loss(length);
            after?.Invoke();

            double Loss(int start) => logits.Slice(1, start, length - 1).CrossEntropy(ids.Slice(1, start + 1, length - 1)).Item();
        }
        return (first / rounds.Count, repeat / rounds.Count);
    }
}
