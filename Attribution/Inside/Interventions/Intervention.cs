using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>Positions of a text that an intervention changes.</summary>
/// <param name="From">The first, from 0; null: see <paramref name="Only"/>.</param>
/// <param name="Only">These positions; null: all from <paramref name="From"/> on. Negative: from the end.</param>
public sealed record InsidePositions(int? From = null, IReadOnlyList<int>? Only = null)
{
    /// <summary>Every position.</summary>
    public static InsidePositions All { get; } = new(From: 0);

    /// <summary>The last; while a text is written with a cache, every new one.</summary>
    public static InsidePositions Last { get; } = new(Only: [-1]);

    /// <summary>1 at the positions that are changed, 0 elsewhere. <c>[pos]</c></summary>
    internal float[] Mask(int positions)
    {
        float[] mask = new float[positions];
        for (int p = From ?? positions; p < positions; p++)
        {
            mask[p] = 1;
        }
        foreach (int p in Only ?? [])
        {
            int at = p < 0 ? positions + p : p;
            if (at >= 0 && at < positions)
            {
                mask[at] = 1;
            }
        }
        return mask;
    }

    /// <summary>In words.</summary>
    public override string ToString() => Only is not null ? string.Join(',', Only) : From is 0 ? "all"
        : string.Create(CultureInfo.InvariantCulture, $"{From}..");
}

/// <summary>One change of a forward pass: where, and how. Open it around any call of the model, also around generation.</summary>
public sealed class Intervention
{
    private readonly (string Pattern, Func<HookPoint, Tensor, Tensor> Edit)[] _edits;

    private Intervention(string description, params (string, Func<HookPoint, Tensor, Tensor>)[] edits) =>
        (Description, _edits) = (description, edits);

    /// <summary>What it does, in words.</summary>
    public string Description { get; }

    /// <summary>Starts it; it ends when the result is disposed.</summary>
    /// <exception cref="HookException">The model has no such hook; the nearest names are listed.</exception>
    public IDisposable Open(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var scopes = new Scopes();
        try
        {
            foreach ((string pattern, Func<HookPoint, Tensor, Tensor> edit) in _edits)
            {
                scopes.Add(model.Intervene(pattern, edit));
            }
            return scopes;
        }
        catch (HookException)
        {
            scopes.Dispose();
            throw;
        }
    }

    /// <summary>Several at once, in this order.</summary>
    public static IDisposable OpenAll(ITransformer model, IEnumerable<Intervention> interventions)
    {
        var scopes = new Scopes();
        try
        {
            foreach (Intervention one in interventions)
            {
                scopes.Add(one.Open(model));
            }
            return scopes;
        }
        catch (HookException)
        {
            scopes.Dispose();
            throw;
        }
    }

    /// <summary>Zero in place of an activation.</summary>
    /// <param name="hook">Name or pattern.</param>
    /// <param name="unit">One head or neuron; null: all.</param>
    /// <param name="positions">Which positions; null: all.</param>
    public static Intervention Zero(string hook, int? unit = null, InsidePositions? positions = null) =>
        new($"zero {At(hook, unit, positions)}", (hook, (_, x) => Set(x, x.Scale(0), unit, positions)));

    /// <summary>An activation times a factor.</summary>
    public static Intervention Scale(string hook, float factor, int? unit = null, InsidePositions? positions = null) =>
        new(string.Create(CultureInfo.InvariantCulture, $"scale {At(hook, unit, positions)} by {factor}"),
            (hook, (_, x) => Set(x, x.Scale(factor), unit, positions)));

    /// <summary>The mean of an activation over other texts in its place.</summary>
    /// <param name="mean">From <see cref="Reference"/>: per position or one for all.</param>
    /// <param name="hook">Name or pattern.</param>
    /// <param name="unit">One head or neuron; null: all.</param>
    /// <param name="positions">Which positions; null: all.</param>
    public static Intervention Mean(string hook, IReadOnlyDictionary<string, Tensor> mean, int? unit = null,
        InsidePositions? positions = null) =>
        new($"mean {At(hook, unit, positions)}", (hook, (point, x) => Set(x, Fit(mean[point.Name], x, point.Name), unit, positions)));

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
        return Set(x, TensorOps.Concat(0, [.. rows.Select(r => x.Slice(0, r, 1))]), unit, positions);
    }));

    /// <summary>Another run's activation in place of this one: a patch.</summary>
    /// <param name="hook">Name.</param>
    /// <param name="value">Of the hook's shape; batch 1 serves all rows.</param>
    /// <param name="unit">One head or neuron; null: all.</param>
    /// <param name="positions">Which positions; null: all.</param>
    public static Intervention Swap(string hook, Tensor value, int? unit = null, InsidePositions? positions = null) =>
        new($"swap {At(hook, unit, positions)}", (hook, (point, x) => Set(x, Fit(value, x, point.Name), unit, positions)));

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
            return Set(x, x + vector.Scale(strength), null, positions);
        }));
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
            return Set(x, x - x.MatMul(u).MatMul(u, transposeB: true), null, positions);
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
            return Set(x, x + (Fit(source, x, point.Name) - x).MatMul(rotation).MatMul(rotation, transposeB: true), null, positions);
        }));

    /// <summary>A block that adds nothing to the stream: attention and feed-forward outputs 0.</summary>
    /// <param name="layer">From 0.</param>
    /// <param name="stack"><c>blocks</c>, <c>encoder</c> or <c>decoder</c>.</param>
    public static Intervention SkipLayer(int layer, string stack = "blocks") => new(
        string.Create(CultureInfo.InvariantCulture, $"skip {stack}.{layer}"),
        (string.Create(CultureInfo.InvariantCulture, $"{stack}.{layer}.hook_attn_out"), (_, x) => x.Scale(0)),
        (string.Create(CultureInfo.InvariantCulture, $"{stack}.{layer}.hook_mlp_out"), (_, x) => x.Scale(0)));

    /// <summary>Attention knockout: no query of a set may attend to any key of another (Geva et al. 2023).</summary>
    /// <param name="queries">Which queries.</param>
    /// <param name="keys">Which keys.</param>
    /// <param name="layers">Which blocks; null: all.</param>
    /// <param name="stack"><c>blocks</c>, <c>encoder</c> or <c>decoder</c>.</param>
    /// <param name="cross">From a decoder to its encoder.</param>
    public static Intervention Knockout(InsidePositions queries, InsidePositions keys, IReadOnlyList<int>? layers = null,
        string stack = "blocks", bool cross = false)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(keys);
        string end = cross ? "cross_attn.hook_attn_scores" : "attn.hook_attn_scores";
        Tensor Hide(HookPoint point, Tensor scores)
        {
            (int q, int k) = (scores.Shape[2], scores.Shape[3]);
            float[] from = queries.Mask(q), to = keys.Mask(k);
            int[] hidden = new int[q * k];
            for (int i = 0; i < hidden.Length; i++)
            {
                hidden[i] = from[i / k] > 0 && to[i % k] > 0 ? 1 : 0;
            }
            return scores.MaskedFill(Tensor.From(hidden, [1, 1, q, k]), float.NegativeInfinity);
        }
        string[] hooks = layers is null ? [$"{stack}.*.{end}"]
            : [.. layers.Select(l => string.Create(CultureInfo.InvariantCulture, $"{stack}.{l}.{end}"))];
        return new($"no attention from {queries} to {keys}{(cross ? " of the source" : "")}",
            [.. hooks.Select(h => (h, (Func<HookPoint, Tensor, Tensor>)Hide))]);
    }

    /// <summary>Means of activations over reference texts of equal length.</summary>
    /// <param name="model">The model.</param>
    /// <param name="reference">The texts; no padding.</param>
    /// <param name="hook">Name or pattern.</param>
    /// <param name="perPosition">One mean per position, or one over all of them.</param>
    /// <returns>Hook name → <c>[1, pos or 1, …]</c>.</returns>
    public static IReadOnlyDictionary<string, Tensor> Reference(ITransformer model, ModelInput reference, string hook, bool perPosition)
    {
        ArgumentNullException.ThrowIfNull(model);
        using Recorder.Pause pause = Recorder.Suspend();
        using ActivationCache cache = model.Cache(hook);
        _ = model.Forward(reference);
        return cache.Names.ToDictionary(n => n, n => cache[n].Mean(perPosition ? [0] : [0, 1], keepAxes: true));
    }

    // value at the chosen positions and unit, x elsewhere.
    private static Tensor Set(Tensor x, Tensor value, int? unit, InsidePositions? positions)
    {
        if (unit is null && positions is null or { From: 0 })
        {
            return value.Shape == x.Shape ? value : value.Expand(x.Shape);
        }
        int rank = x.Shape.Rank;
        float[] at = (positions ?? InsidePositions.All).Mask(x.Shape[1]);
        int units = rank >= 3 ? x.Shape[2] : 1;
        if (unit is { } u && (u < 0 || u >= units))
        {
            throw new VitrineException($"intervention: no such head or neuron; got {u}; expected 0 to {units - 1}.");
        }
        float[] mask = new float[x.Shape[1] * (unit is null ? 1 : units)];
        int width = mask.Length / x.Shape[1];
        for (int i = 0; i < mask.Length; i++)
        {
            mask[i] = at[i / width] * (unit is null || i % width == unit ? 1 : 0);
        }
        Tensor where = Tensor.From(mask, rank == 4 ? [1, x.Shape[1], width, 1] : rank == 3 ? [1, x.Shape[1], width] : [1, x.Shape[1]]);
        return x + ((value - x) * where);
    }

    private static Tensor Fit(Tensor value, Tensor x, string hook)
    {
        bool fits = value.Shape.Rank == x.Shape.Rank;
        for (int axis = 0; fits && axis < x.Shape.Rank; axis++)
        {
            fits = value.Shape[axis] == x.Shape[axis] || (value.Shape[axis] == 1 && axis < 2);
        }
        return fits ? value
            : throw new VitrineException(
            $"intervention: the value does not fit {hook}; got {value.Shape}; expected {x.Shape}, or 1 for batch and positions.");
    }

    private static void ExpectWidth(Tensor vector, Tensor x, string hook)
    {
        if (vector.Shape.Elements != x.Shape[^1])
        {
            throw new VitrineException(
                $"intervention: the vector does not fit {hook}; got {vector.Shape.Elements} numbers; expected {x.Shape[^1]}.");
        }
    }

    private static string At(string hook, int? unit, InsidePositions? positions) =>
        hook + (unit is { } u ? string.Create(CultureInfo.InvariantCulture, $"[{u}]") : "") + (positions is null ? "" : $" at {positions}");

    private sealed class Scopes : IDisposable
    {
        private readonly List<IDisposable> _all = [];

        public void Add(IDisposable scope) => _all.Add(scope);

        public void Dispose() => _all.ForEach(scope => scope.Dispose());
    }
}
