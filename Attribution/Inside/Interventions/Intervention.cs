using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>One change of a forward pass: where, and how. Open it around any call of the model, also around generation.</summary>
public sealed partial class Intervention
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
        new($"zero {At(hook, unit, positions)}", (hook, (point, x) => Set(point, x, x.Scale(0), unit, positions)));

    /// <summary>An activation times a factor.</summary>
    public static Intervention Scale(string hook, float factor, int? unit = null, InsidePositions? positions = null) =>
        new(string.Create(CultureInfo.InvariantCulture, $"scale {At(hook, unit, positions)} by {factor}"),
            (hook, (point, x) => Set(point, x, x.Scale(factor), unit, positions)));

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
            float[] from = queries.Mask(q, HookScope.Start), to = keys.Mask(k);
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

    /// <summary>Any change of one activation.</summary>
    /// <param name="description">What it does, in words.</param>
    /// <param name="hook">Name or pattern.</param>
    /// <param name="edit">From the activation to its replacement, of the same shape.</param>
    public static Intervention Of(string description, string hook, Func<Tensor, Tensor> edit) =>
        new(description, (hook, (_, x) => edit(x)));

    // value at the chosen positions and unit, x elsewhere: bit by bit, so that scores of −∞ stay what they are.
    private static Tensor Set(HookPoint point, Tensor x, Tensor value, int? unit, InsidePositions? positions)
    {
        value = value.Shape == x.Shape ? value : value.Expand(x.Shape);
        if (unit is null && positions is null or { From: 0 })
        {
            return value;
        }
        string[] axes = AxesOf(point);
        int place = PositionAxis(axes), units = UnitAxis(axes);
        int[] shape = new int[x.Shape.Rank];
        Array.Fill(shape, 1);
        float[] at = [1];
        if (positions is not null && place >= 0)
        {
            shape[place] = x.Shape[place];
            at = positions.Mask(x.Shape[place], HookScope.Start);
        }
        int count = unit is null || units < 0 ? 1 : shape[units] = x.Shape[units];
        if (unit is { } u && (u < 0 || u >= count || units < 0))
        {
            throw new VitrineException(
                $"intervention: no such head or neuron at {point.Name}; got {u}; expected {(units < 0 ? "none" : $"0 to {count - 1}")}.");
        }
        int[] keep = new int[at.Length * count];
        for (int i = 0; i < keep.Length; i++)
        {
            (int p, int n) = units > place ? (i / count, i % count) : (i % at.Length, i / at.Length);
            keep[i] = at[p] > 0 && (unit is null || n == unit) ? 0 : 1;
        }
        Tensor own = Tensor.From(keep, Shape.Create(shape)), theirs = Tensor.From([.. keep.Select(k => 1 - k)], Shape.Create(shape));
        return x.MaskedFill(theirs, 0) + value.MaskedFill(own, 0);
    }

    // Names of the axes as the point lists them: [batch, pos, head, d_head].
    private static string[] AxesOf(HookPoint point) =>
        [.. point.Axes.Trim('[', ']').Split(',').Select(a => a.Trim())];

    // Of a pattern the queries; of keys and values those that they belong to.
    private static int PositionAxis(string[] axes) => Array.FindIndex(axes, a => a is "pos" or "query") is >= 0 and var found ? found
        : Array.IndexOf(axes, "key");

    // Heads where there are any, else the last axis: neurons, or coordinates of a stream.
    private static int UnitAxis(string[] axes) => Array.FindIndex(axes, a => a.EndsWith("head", StringComparison.Ordinal) && a != "d_head")
        is >= 0 and var heads ? heads : axes.Length > 2 ? axes.Length - 1 : -1;

    private static string At(string hook, int? unit, InsidePositions? positions) =>
        hook + (unit is { } u ? string.Create(CultureInfo.InvariantCulture, $"[{u}]") : "") + (positions is null ? "" : $" at {positions}");
}
