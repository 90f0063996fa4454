using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

public sealed partial class Intervention
{
    /// <summary>The mean of an activation over other texts in its place.</summary>
    /// <param name="mean">From <see cref="Reference"/>: per position or one for all.</param>
    /// <param name="hook">Name or pattern.</param>
    /// <param name="unit">One head or neuron; null: all.</param>
    /// <param name="positions">Which positions; null: all.</param>
    public static Intervention Mean(string hook, IReadOnlyDictionary<string, Tensor> mean, int? unit = null,
        InsidePositions? positions = null) =>
        new($"mean {At(hook, unit, positions)}", (hook, (point, x) => Set(point, x, Fit(mean[point.Name], x, point), unit, positions)));

    /// <summary>Another row of the same batch in place of each: what is not particular to a text stays.</summary>
    /// <param name="hook">Name or pattern.</param>
    /// <param name="rows">Row b takes the activation of row <c>rows[b]</c>.</param>
    /// <param name="unit">One head or neuron; null: all.</param>
    /// <param name="positions">Which positions; null: all.</param>
    public static Intervention Resample(string hook, IReadOnlyList<int> rows, int? unit = null, InsidePositions? positions = null) =>
        new($"resample {At(hook, unit, positions)}", (hook, (point, x) =>
    {
        if (rows.Count != x.Shape[0] || rows.Any(r => r < 0 || r >= x.Shape[0]))
        {
            throw new VitrineException(
                $"resample: rows do not fit {point.Name}; got {string.Join(',', rows)} for a batch of {x.Shape[0]}; expected one row "
                    + $"of the batch for each.");
        }
        return Set(point, x, TensorOps.Concat(0, [.. rows.Select(r => x.Slice(0, r, 1))]), unit, positions);
    }
    ));

    /// <summary>Another run's activation in place of this one: a patch.</summary>
    /// <param name="hook">Name.</param>
    /// <param name="value">Of the hook's shape; batch 1 serves all rows.</param>
    /// <param name="unit">One head or neuron; null: all.</param>
    /// <param name="positions">Which positions; null: all.</param>
    public static Intervention Swap(string hook, Tensor value, int? unit = null, InsidePositions? positions = null) =>
        new($"swap {At(hook, unit, positions)}", (hook, (point, x) => Set(point, x, Fit(value, x, point), unit, positions)));

    /// <summary>The same at every hook of a pattern: the values of another run by hook.</summary>
    /// <param name="hook">Name or pattern.</param>
    /// <param name="values">Hook name → its value, of the hook's shape or batch 1.</param>
    /// <param name="unit">One head or neuron; null: all.</param>
    /// <param name="positions">Which positions; null: all.</param>
    public static Intervention Swap(string hook, IReadOnlyDictionary<string, Tensor> values, int? unit = null,
        InsidePositions? positions = null) =>
        new($"swap {At(hook, unit, positions)}",
            (hook, (point, x) => Set(point, x, Fit(values[point.Name], x, point), unit, positions)));

    /// <summary>A vector added: steering (Turner et al. 2023; Rimsky et al. 2024, CAA).</summary>
    /// <param name="hook">Name or pattern of a stream.</param>
    /// <param name="vector"><c>[d_model]</c></param>
    /// <param name="strength">Its factor.</param>
    /// <param name="positions">Which positions; null: all.</param>
    public static Intervention Add(string hook, Tensor vector, float strength, InsidePositions? positions = null)
    {
        ArgumentNullException.ThrowIfNull(vector);
        return new(string.Create(CultureInfo.InvariantCulture, $"add {strength} × vector to {At(hook, null, positions)}"),
            (hook, (point, x) =>
        {
            ExpectWidth(vector, x, point.Name);
            return Set(point, x, x + vector.Scale(strength), null, positions);
        }
        ));
    }

    /// <summary>What an activation says along a direction removed: x − (x·u)u, u of length 1 (Arditi et al. 2024).</summary>
    /// <param name="hooks">Names or patterns of streams.</param>
    /// <param name="direction"><c>[d_model]</c>, of any length but 0.</param>
    /// <param name="positions">Which positions; null: all.</param>
    public static Intervention WithoutDirection(IEnumerable<string> hooks, Tensor direction, InsidePositions? positions = null)
    {
        ArgumentNullException.ThrowIfNull(hooks);
        ArgumentNullException.ThrowIfNull(direction);
        double length = Math.Sqrt(direction.ToArray().Sum(v => (double)v * v));
        if (!(length > 0))
        {
            throw new VitrineException("direction: it has no length; got a vector of zeros; expected any other.");
        }
        Tensor u = direction.Reshape([direction.Shape.Elements, 1]).Scale((float)(1 / length));
        Tensor Project(HookPoint point, Tensor x)
        {
            ExpectWidth(direction, x, point.Name);
            return Set(point, x, x - x.MatMul(u).MatMul(u, transposeB: true), null, positions);
        }
        return new($"without a direction at {string.Join(' ', hooks)}",
            [.. hooks.Select(h => (h, (Func<HookPoint, Tensor, Tensor>)Project))]);
    }

    /// <summary>
    /// The part of an activation in a subspace taken from another run: x + ((s − x)·R)·Rᵀ (Geiger et al. 2023, DAS; Wu et al. 2024).
    /// </summary>
    /// <param name="hook">Name of a stream.</param>
    /// <param name="rotation">R, <c>[d_model, k]</c> with orthonormal columns.</param>
    /// <param name="source">The other run's activation.</param>
    /// <param name="positions">Which positions; null: all.</param>
    public static Intervention Subspace(string hook, Tensor rotation, Tensor source, InsidePositions? positions = null) =>
        new($"swap a subspace of {At(hook, null, positions)}", (hook, (point, x) =>
        {
            ArgumentNullException.ThrowIfNull(rotation);
            if (rotation.Shape.Rank != 2 || rotation.Shape[0] != x.Shape[^1])
            {
                throw new VitrineException(
                    $"subspace: the rotation does not fit {point.Name}; got {rotation.Shape}; expected [{x.Shape[^1]}, k].");
            }
            return Set(point, x, x + (Fit(source, x, point) - x).MatMul(rotation).MatMul(rotation, transposeB: true), null, positions);
        }
    ));

    /// <summary>Means of activations over reference texts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="texts">Token ids of each text.</param>
    /// <param name="hook">Name or pattern.</param>
    /// <param name="positions">
    /// How many positions get a mean of their own, over the texts that are so long; null: one mean over all positions of all texts.
    /// </param>
    /// <returns>Hook name → <c>[1, positions or 1, …]</c>.</returns>
    /// <exception cref="VitrineException">No text is so long, or a hook has no positions.</exception>
    public static IReadOnlyDictionary<string, Tensor> Reference(ITransformer model, IReadOnlyList<int[]> texts, string hook,
        int? positions = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(texts);
        int[][] used = [.. texts.Where(t => t.Length > 0 && (positions is null || t.Length >= positions))];
        if (used.Length == 0)
        {
            throw new VitrineException($"mean: no reference text is long enough; got {texts.Count} texts of at most "
                + $"{texts.Select(t => t.Length).DefaultIfEmpty(0).Max()} tokens; expected one of {positions ?? 1}.");
        }
        using Recorder.Pause pause = Recorder.Suspend();
        Dictionary<string, Tensor> sums = [];
        double count = positions is null ? used.Sum(t => (double)t.Length) : used.Length;
        foreach (int[] ids in used)
        {
            using ActivationCache cache = model.Cache(hook);
            _ = model.Forward(ModelInput.Of(ids));
            foreach (string name in cache.Names)
            {
                Tensor x = cache[name];
                if (x.Shape[1] != ids.Length)
                {
                    throw new VitrineException($"mean: {name} has no positions of its own; got {x.Shape}; expected [batch, pos, …].");
                }
                x = (positions is { } n ? x.Slice(1, 0, n) : x.Sum([1], keepAxes: true)).Scale((float)(1 / count));
                sums[name] = sums.TryGetValue(name, out Tensor? sum) ? sum + x : x;
            }
        }
        return sums;
    }

    // A value for the positions of this pass. What a model writes after the end of the other run has no counterpart, and keeps its own.
    private static Tensor Fit(Tensor value, Tensor x, HookPoint point)
    {
        string[] axes = AxesOf(point);
        int place = PositionAxis(axes), start = HookScope.Start;
        if (start > 0 && place >= 0 && value.Shape.Rank == x.Shape.Rank && value.Shape[place] > 1)
        {
            int known = Math.Clamp(value.Shape[place] - start, 0, x.Shape[place]);
            if (known == 0)
            {
                return x;
            }
            value = value.Slice(place, start, known);
            value = value.Expand(value.Shape.With(0, x.Shape[0]));
            value = known == x.Shape[place] ? value : TensorOps.Concat(place, value, x.Slice(place, known, x.Shape[place] - known));
        }
        bool fits = value.Shape.Rank == x.Shape.Rank;
        for (int axis = 0; fits && axis < x.Shape.Rank; axis++)
        {
            fits = value.Shape[axis] == x.Shape[axis] || (value.Shape[axis] == 1 && (axis == 0 || axis == place));
        }
        return fits ? value
            : throw new VitrineException(
            $"intervention: the value does not fit {point.Name}; got {value.Shape}; expected {x.Shape}, or 1 for batch and positions.");
    }

    private static void ExpectWidth(Tensor vector, Tensor x, string hook)
    {
        if (vector.Shape.Elements != x.Shape[^1])
        {
            throw new VitrineException(
                $"intervention: the vector does not fit {hook}; got {vector.Shape.Elements} numbers; expected {x.Shape[^1]}.");
        }
    }
}
