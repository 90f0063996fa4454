using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A hook point seen token by token: whatever its axes are, <c>[batch, pos, unit]</c>.</summary>
/// <remarks>
/// The token axis is <c>pos</c>; in attention tensors <c>key</c>, for the keys are what is looked at; in queries <c>query</c>. The other
/// axes but the batch are the units, row-major.
/// </remarks>
internal sealed class HookSite
{
    private static readonly string[] s_tokenAxes = ["pos", "key", "query"];

    private readonly string[] _axes;
    private readonly int _tokenAxis;

    private HookSite(HookPoint point, string[] axes, int tokenAxis, string side) =>
        (Point, _axes, _tokenAxis, Side) = (point, axes, tokenAxis, side);

    /// <summary>The hook point.</summary>
    public HookPoint Point { get; }

    /// <summary>Whose tokens stand along the token axis: <c>source</c> or <c>target</c>.</summary>
    public string Side { get; }

    /// <summary>What one unit is: <c>d_model</c>, or <c>head × d_head</c>.</summary>
    public string UnitName => string.Join(" × ", _axes.Where((_, axis) => axis != 0 && axis != _tokenAxis));

    /// <summary>The site of a hook name.</summary>
    /// <exception cref="VitrineException">There is no such hook, or its activation has no tokens.</exception>
    public static HookSite Of(ScoreFunction f, string name)
    {
        HookPoint point = Names.Find(f.HookPoints, p => p.Name, name, "hook");
        string[] axes = point.Axes.Trim('[', ']').Split(", ");
        int token = s_tokenAxes.Select(axis => Array.IndexOf(axes, axis)).FirstOrDefault(axis => axis > 0, -1);
        if (token < 0)
        {
            throw new VitrineException($"hook: no axis of tokens; got {point}; expected a point with pos, key or query.");
        }
        bool ofTarget = name.StartsWith("decoder.", StringComparison.Ordinal)
            && !(name.Contains(".cross_attn.", StringComparison.Ordinal) && axes[token] == "key");
        return new(point, axes, token, ofTarget ? "target" : "source");
    }

    /// <summary>From the activation to <c>[…lead, batch, pos, unit]</c>.</summary>
    /// <param name="x">The activation, or gradients of it with axes in front.</param>
    /// <param name="lead">How many axes stand in front of the activation's own.</param>
    public Tensor ToTokens(Tensor x, int lead = 0)
    {
        int[] order = [.. Enumerable.Range(0, lead), .. Order().Select(axis => axis + lead)];
        Tensor sorted = order.SequenceEqual(Enumerable.Range(0, order.Length)) ? x : x.Permute(order);
        int[] front = [.. sorted.Shape.Axes[..(lead + 2)]];
        return sorted.Reshape([.. front, sorted.Shape.Elements / Math.Max(1, front.Aggregate(1, (a, b) => a * b))]);
    }

    /// <summary>Back from <c>[batch, pos, unit]</c> to the activation's own axes.</summary>
    /// <param name="x"><c>[batch, pos, unit]</c></param>
    /// <param name="like">An activation of any batch.</param>
    public Tensor FromTokens(Tensor x, Shape like)
    {
        int[] order = Order();
        int[] sorted = [.. order.Select((axis, i) => i == 0 ? x.Shape[0] : like[axis])];
        int[] back = [.. Enumerable.Range(0, order.Length).Select(axis => Array.IndexOf(order, axis))];
        return x.Reshape(Shape.Create(sorted)).Permute(back);
    }

    /// <summary>Batch, tokens, then the rest.</summary>
    private int[] Order() => [0, _tokenAxis, .. Enumerable.Range(1, _axes.Length - 1).Where(axis => axis != _tokenAxis)];
}
