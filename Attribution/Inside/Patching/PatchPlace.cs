using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>What the axes of a place are.</summary>
public enum PlaceKind
{
    /// <summary><c>[batch, pos, d]</c>: a stream.</summary>
    Stream,

    /// <summary><c>[batch, pos, head, d_head]</c>: heads.</summary>
    Heads,

    /// <summary><c>[batch, head, query, key]</c>: a pattern.</summary>
    Pattern,

    /// <summary><c>[batch, pos, neuron]</c>: neurons, each a unit of its own.</summary>
    Neurons,
}

/// <summary>A kind of activation that can be patched in every block, by the end of its hook's name.</summary>
/// <param name="Name">As results and commands call it.</param>
/// <param name="Hook">The hook's name after the block's: <c>attn.hook_z</c>.</param>
/// <param name="Kind">What its axes are.</param>
/// <param name="OfSource">Whether its positions are those of the encoder's text, also in a decoder.</param>
public sealed record PatchPlace(string Name, string Hook, PlaceKind Kind, bool OfSource = false)
{
    private static readonly string[] s_stacks = ["blocks", "encoder", "decoder"];

    /// <summary>Every place, by name.</summary>
    public static IReadOnlyList<PatchPlace> All { get; } =
    [
        new("resid_pre", "hook_resid_pre", PlaceKind.Stream),
        new("resid_mid", "hook_resid_mid", PlaceKind.Stream),
        new("resid_mid_cross", "hook_resid_mid_cross", PlaceKind.Stream),
        new("resid_post", "hook_resid_post", PlaceKind.Stream),
        new("normalized_resid_post", "hook_normalized_resid_post", PlaceKind.Stream),
        new("attn_out", "hook_attn_out", PlaceKind.Stream),
        new("cross_attn_out", "hook_cross_attn_out", PlaceKind.Stream),
        new("mlp_out", "hook_mlp_out", PlaceKind.Stream),
        new("z", "attn.hook_z", PlaceKind.Heads),
        new("q", "attn.hook_q", PlaceKind.Heads),
        new("k", "attn.hook_k", PlaceKind.Heads),
        new("v", "attn.hook_v", PlaceKind.Heads),
        new("pattern", "attn.hook_pattern", PlaceKind.Pattern),
        new("cross_z", "cross_attn.hook_z", PlaceKind.Heads),
        new("cross_q", "cross_attn.hook_q", PlaceKind.Heads),
        new("cross_k", "cross_attn.hook_k", PlaceKind.Heads, OfSource: true),
        new("cross_v", "cross_attn.hook_v", PlaceKind.Heads, OfSource: true),
        new("cross_pattern", "cross_attn.hook_pattern", PlaceKind.Pattern),
        new("neuron", "mlp.hook_post", PlaceKind.Neurons),
    ];

    /// <summary>The place of that name, or of its hook's: <c>z</c>, <c>hook_z</c>, <c>attn.hook_z</c>.</summary>
    /// <exception cref="VitrineException">There is none.</exception>
    public static PatchPlace Get(string name) =>
        All.FirstOrDefault(place => place.Name == name || place.Hook == name || place.Hook == $"attn.{name}")
        ?? throw new VitrineException($"place: not known; got '{name}'; expected one of {string.Join(", ", All.Select(p => p.Name))}.");

    /// <summary>The hook of a block.</summary>
    /// <param name="stack"><c>blocks</c>, <c>encoder</c> or <c>decoder</c>.</param>
    /// <param name="layer">From 0.</param>
    public string HookOf(string stack, int layer) => string.Create(CultureInfo.InvariantCulture, $"{stack}.{layer}.{Hook}");

    /// <summary>The blocks of a stack that have it.</summary>
    /// <exception cref="VitrineException">None has.</exception>
    internal int LayersOf(ITransformer model, string stack)
    {
        var names = model.HookPoints.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        int layers = 0;
        while (names.Contains(HookOf(stack, layers)))
        {
            layers++;
        }
        return layers > 0 ? layers : throw new VitrineException(
            $"place {Name}: the model has no such hook; got '{HookOf(stack, 0)}'; "
            + $"expected one of {string.Join(", ", All.Where(p => names.Contains(p.HookOf(stack, 0))).Select(p => p.Name))}"
            + (names.Any(n => n.StartsWith(stack + ".", StringComparison.Ordinal)) ? "." : $" with --stack {Named(model)}."));
    }

    private static string Named(ITransformer model) => string.Join(" or ", Stacks(model));

    /// <summary>The stacks of a model: <c>blocks</c>, or <c>encoder</c> and <c>decoder</c>.</summary>
    public static IReadOnlyList<string> Stacks(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return [.. s_stacks.Where(s => model.HookPoints.Any(p => p.Name.StartsWith(s + ".0.", StringComparison.Ordinal)))];
    }
}

/// <summary>Which axes of a place a sweep keeps apart.</summary>
public enum PatchAxes
{
    /// <summary>Every position of every block (streams); neurons and heads of a position together.</summary>
    Position,

    /// <summary>Every head of every block (of neurons: every neuron), all positions together.</summary>
    Unit,

    /// <summary>Every position of every head (or neuron).</summary>
    PositionUnit,

    /// <summary>A pattern's rows: every head and query.</summary>
    Query,

    /// <summary>A pattern's entries: every head, query and key.</summary>
    QueryKey,

    /// <summary>Whole blocks.</summary>
    Layer,
}
