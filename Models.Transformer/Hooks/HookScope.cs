using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>The hooks of one <c>using</c> block: they act on forward passes of this thread until the block ends.</summary>
/// <remarks>
/// Scopes nest, and nothing is stored in the model. Interventions run from the outermost scope inwards, each seeing what the one
/// before returned; caches record last. So what is recorded is always the very tensor that the next op consumes, whatever the order
/// of opening, and its gradient can be asked of a tape. A forward pass is synchronous: never <c>await</c> inside a scope.
/// </remarks>
public sealed class HookScope : IDisposable
{
    [ThreadStatic]
    private static HookScope? s_current;

    [ThreadStatic]
    private static int s_start;

    private readonly Dictionary<HookPoint, Func<Tensor, Tensor>>? _edits;
    private readonly Dictionary<HookPoint, Action<Tensor>>? _readers;
    private readonly HookScope? _outer;
    private bool _branches, _ended;

    private HookScope(Dictionary<HookPoint, Func<Tensor, Tensor>>? edits, Dictionary<HookPoint, Action<Tensor>>? readers) =>
        (_edits, _readers, _outer, s_current) = (edits, readers, s_current, this);

    /// <summary>
    /// The text's position of the first that the present forward pass computes: 0, or how many lie in its cache. What a hook sees of a
    /// decode is one position; this says which.
    /// </summary>
    public static int Start => s_start;

    /// <summary>Notes where a forward pass begins.</summary>
    internal static void StartAt(int position) => s_start = position;

    /// <summary>Opens a scope that replaces activations by what <paramref name="edit"/> returns.</summary>
    internal static HookScope Edit(IEnumerable<HookPoint> points, Func<HookPoint, Tensor, Tensor> edit) =>
        new(points.ToDictionary(p => p, p => (Func<Tensor, Tensor>)(x => edit(p, x))), null);

    /// <summary>
    /// Opens a scope that replaces activations by tensors of another batch, or of fewer positions: the ops that follow broadcast.
    /// </summary>
    internal static HookScope Branch(IEnumerable<HookPoint> points, Func<HookPoint, Tensor, Tensor> edit)
    {
        HookScope scope = Edit(points, edit);
        scope._branches = true;
        return scope;
    }

    /// <summary>Opens a scope that shows activations to <paramref name="read"/>.</summary>
    internal static HookScope Read(IEnumerable<HookPoint> points, Action<HookPoint, Tensor> read) =>
        new(null, points.ToDictionary(p => p, p => (Action<Tensor>)(x => read(p, x))));

    /// <summary>Whether an open scope of this thread holds the point.</summary>
    internal static bool Watches(HookPoint point)
    {
        for (HookScope? scope = s_current; scope is not null; scope = scope._outer)
        {
            if (!scope._ended && (scope._edits?.ContainsKey(point) is true || scope._readers?.ContainsKey(point) is true))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Passes an activation through all open scopes; costs one comparison when there is none.</summary>
    internal static Tensor Run(HookPoint point, Tensor x)
    {
        if (s_current is null)
        {
            return x;
        }
        x = s_current.Edited(point, x);
        for (HookScope? scope = s_current; scope is not null; scope = scope._outer)
        {
            if (!scope._ended && scope._readers?.TryGetValue(point, out Action<Tensor>? read) is true)
            {
                read(x);
            }
        }
        return x;
    }

    /// <summary>Ends the scope. Scopes may end in any order; one that ends below an open one is inert from then on.</summary>
    public void Dispose()
    {
        _ended = true;
        while (s_current is { _ended: true })
        {
            s_current = s_current._outer;
        }
    }

    private Tensor Edited(HookPoint point, Tensor x)
    {
        x = _outer?.Edited(point, x) ?? x; // outermost first
        if (_ended || _edits?.TryGetValue(point, out Func<Tensor, Tensor>? edit) is not true)
        {
            return x;
        }
        Tensor y = edit(x);
        return (y.Shape == x.Shape || (_branches && y.Shape.Rank == x.Shape.Rank)) && y.DType == x.DType
            ? y
            : throw new ShapeException(
                $"{point.Name}: an intervention returned another shape; "
                + $"got {y.DType.Name()} {y.Shape}; expected {x.DType.Name()} {x.Shape} = {point.Axes}.");
    }
}
