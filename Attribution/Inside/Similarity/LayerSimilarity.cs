using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// How alike the states of all layers are, in one model or between two that read the same tokens: teacher and student, float and int8.
/// </summary>
/// <remarks>
/// Examples are positions. Of an encoder–decoder the source's positions are those of the encoder's states, the target's those of the
/// decoder's: each stack is compared by itself, as the two have no examples in common.
/// </remarks>
public static class LayerSimilarity
{
    /// <summary>Compares every state of a stack with every state of the same stack.</summary>
    /// <param name="first">A model.</param>
    /// <param name="second">Another with the same tokens; null: the same.</param>
    /// <param name="inputs">Texts, of an encoder–decoder with a target each; every position is an example.</param>
    /// <param name="measure">See <see cref="Similarities.Named"/>.</param>
    /// <param name="mids">Whether the states between attention and feed-forward layer are compared too.</param>
    /// <param name="cancellation">Stops between texts.</param>
    /// <returns>A table of the measure's name; of an encoder–decoder one with <c>_encoder</c> after it, one with <c>_decoder</c>.</returns>
    /// <exception cref="VitrineException">There are no texts, or the two models have other stacks or read other numbers of
    /// tokens.</exception>
    public static InsideResult Run(ITransformer first, ITransformer? second, IReadOnlyList<ModelInput> inputs, string measure = "cka",
        bool mids = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Count == 0)
        {
            throw new VitrineException("similarity: no texts; expected at least one.");
        }
        IReadOnlyList<string> stacks = PatchPlace.Stacks(first);
        if (second is not null && !PatchPlace.Stacks(second).SequenceEqual(stacks))
        {
            throw new VitrineException($"similarity: the models have other stacks; got {string.Join(" and ", stacks)} against "
                + $"{string.Join(" and ", PatchPlace.Stacks(second))}; expected the same.");
        }
        int known = second?.Info.VocabSize ?? int.MaxValue, largest = inputs.Max(i => i.Ids is { } ids ? ids.ToIntArray().Max() : 0);
        if (largest >= known)
        {
            throw new VitrineException(FormattableString.Invariant(
                $"similarity: the models read other tokens; got a vocabulary of {first.Info.VocabSize} and one of {known}; ")
                + "expected the same.");
        }
        Dictionary<string, Tensor> own = States(first, inputs, mids, cancellation),
            theirs = second is null ? own : States(second, inputs, mids, cancellation);
        List<InsideTable> tables = [];
        foreach (string stack in stacks)
        {
            string[] names = LensStates.NamesOf(first, stack, mids),
                others = second is null ? names : LensStates.NamesOf(second, stack, mids);
            double[] values = new double[names.Length * others.Length];
            for (int i = 0; i < names.Length; i++)
            {
                for (int j = 0; j < others.Length; j++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    values[(i * others.Length) + j] = second is null && j < i ? values[(j * others.Length) + i]
                        : Similarities.Named(measure, own[names[i]], theirs[others[j]]);
                }
            }
            tables.Add(InsideTable.Of(stacks.Count == 1 ? measure : $"{measure}_{stack}", measure == "cka"
                ? "unbiased linear CKA of two states; 1 = the same up to rotation and scale, about 0 = unrelated" : measure, values,
                new InsideAxis("state", names), new InsideAxis(second is null ? "state " : "state of the other", others)));
        }
        var parameters = new Dictionary<string, string> { ["measure"] = measure };
        foreach (string stack in stacks)
        {
            parameters[stacks.Count == 1 ? "examples" : $"examples_{stack}"] =
                own[LensStates.NamesOf(first, stack, mids)[0]].Shape[0].ToString(CultureInfo.InvariantCulture);
        }
        return new() { Method = "similarity", Tables = tables, Parameters = parameters };
    }

    // States of all texts by hook, a row per position.
    private static Dictionary<string, Tensor> States(ITransformer model, IReadOnlyList<ModelInput> inputs, bool mids,
        CancellationToken cancellation)
    {
        string[] names = [.. PatchPlace.Stacks(model).SelectMany(stack => LensStates.NamesOf(model, stack, mids))];
        var all = names.ToDictionary(n => n, _ => new List<Tensor>());
        foreach (ModelInput input in inputs)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach ((string name, Tensor state) in PatchSweep.Capture(model, input, names))
            {
                all[name].Add(state.Select(0, 0));
            }
        }
        return all.ToDictionary(n => n.Key, n => TensorOps.Concat(0, [.. n.Value]));
    }
}
