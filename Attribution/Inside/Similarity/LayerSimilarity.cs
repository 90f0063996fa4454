using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// How alike the states of all layers are, in one model or between two that read the same tokens: teacher and student, float and int8.
/// </summary>
public static class LayerSimilarity
{
    /// <summary>Compares every state with every state.</summary>
    /// <param name="first">A model.</param>
    /// <param name="second">Another with the same tokens; null: the same.</param>
    /// <param name="texts">Token ids; every position is an example.</param>
    /// <param name="measure">See <see cref="Similarities.Named"/>.</param>
    /// <param name="mids">Whether the states between attention and feed-forward layer are compared too.</param>
    /// <param name="cancellation">Stops between texts.</param>
    public static InsideResult Run(ITransformer first, ITransformer? second, IReadOnlyList<int[]> texts, string measure = "cka",
        bool mids = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(texts);
        (string[] names, Tensor[] states) = States(first, texts, mids, cancellation);
        (string[] others, Tensor[] otherStates) = second is null ? (names, states) : States(second, texts, mids, cancellation);
        double[] values = new double[names.Length * others.Length];
        for (int i = 0; i < names.Length; i++)
        {
            for (int j = 0; j < others.Length; j++)
            {
                cancellation.ThrowIfCancellationRequested();
                values[(i * others.Length) + j] = second is null && j < i ? values[(j * others.Length) + i]
                    : Similarities.Named(measure, states[i], otherStates[j]);
            }
        }
        return new()
        {
            Method = "similarity",
            Tables = [InsideTable.Of(measure, measure == "cka"
                ? "unbiased linear CKA of two states; 1 = the same up to rotation and scale, about 0 = unrelated" : measure, values,
                new InsideAxis("state", names), new InsideAxis(second is null ? "state " : "state of the other", others))],
            Parameters = new Dictionary<string,
                string>
            {
                ["measure"] = measure,
                ["examples"] = states[0].Shape[0]
                .ToString(System.Globalization.CultureInfo.InvariantCulture)
            },
        };
    }

    private static (string[], Tensor[]) States(ITransformer model, IReadOnlyList<int[]> texts, bool mids, CancellationToken cancellation)
    {
        List<Tensor>[]? all = null;
        string[] names = [];
        foreach (int[] ids in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            var states = new LensStates(model, ModelInput.Of(ids), mids);
            names = [.. states.Names];
            all ??= [.. names.Select(_ => new List<Tensor>())];
            for (int i = 0; i < names.Length; i++)
            {
                all[i].Add(states.States[i].Select(0, 0));
            }
        }
        return all is null ? throw new VitrineException("similarity: no texts; expected at least one.")
            : (names, [.. all.Select(parts => TensorOps.Concat(0, [.. parts]))]);
    }
}
