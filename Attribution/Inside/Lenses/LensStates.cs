using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>The states of the residual stream of one input, and what the model's own last norm and head make of each.</summary>
/// <remarks>
/// States take the place of the last one in a forward pass, as rows of a batch: norm, unembedding, biases and soft-capping are the model's
/// own,
/// with every state's own statistics, whatever the family.
/// </remarks>
public sealed class LensStates
{
    private readonly ITransformer _model;
    private readonly ModelInput _input;
    private readonly string _last;

    /// <summary>Runs an input once and keeps its states.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">The input; its batch may have several rows.</param>
    /// <param name="mids">Whether the states between attention and feed-forward layer are kept too.</param>
    /// <exception cref="VitrineException">The model has no residual stream with hooks.</exception>
    public LensStates(ITransformer model, ModelInput input, bool mids = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        (_model, _input) = (model, model is ILanguageModel ? OneToken(input) : input);
        string stack = PatchPlace.Stacks(model) is [.., var s] ? s
            : throw new VitrineException("lens: the model has no blocks with hooks.");
        Names = NamesOf(model, stack, mids);
        _last = Names[^1];
        Dictionary<string, Tensor> states = PatchSweep.Capture(model, input, Names);
        States = [.. Names.Select(n => states[n])];
    }

    /// <summary>The hooks of the states, in order; the last is what the model itself reads.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The hooks of the states of a stack, in order.</summary>
    internal static string[] NamesOf(ITransformer model, string stack, bool mids)
    {
        HashSet<string> hooks = [.. model.HookPoints.Select(p => p.Name)];
        bool after = hooks.Contains($"{stack}.0.hook_normalized_resid_post");
        int layers = PatchPlace.Get("resid_pre").LayersOf(model, stack);
        string[] each = mids && !after ? ["hook_resid_pre", "hook_resid_mid"] : ["hook_resid_pre"];
        return [.. Enumerable.Range(0, layers).SelectMany(l => each.Select(e => $"{stack}.{l}.{e}").Where(hooks.Contains)),
            $"{stack}.{layers - 1}.{(after ? "hook_normalized_resid_post" : "hook_resid_post")}"];
    }

    /// <summary>The states, <c>[batch, pos, d_model]</c> each.</summary>
    public IReadOnlyList<Tensor> States { get; }

    /// <summary>The model's last norm and head on any state, recorded by an open tape.</summary>
    /// <param name="state"><c>[batch, pos, d_model]</c></param>
    /// <returns>A language model: <c>[batch, pos, vocab]</c>; others what their head says.</returns>
    public Tensor Logits(Tensor state)
    {
        using HookScope replace = _model.Branch(_last, (_, _) => state);
        return _model is ILanguageModel language ? language.Logits(language.Hidden(_input))
            : LogitLens.Rows(_model, _model.Forward(_input));
    }

    // What a language model reads does not matter when the last state is replaced: one token keeps the blocks cheap.
    private static ModelInput OneToken(ModelInput input)
    {
        ModelInput one = input.Ids is { } ids ? new() { Ids = ids.Slice(0, 0, 1).Slice(1, 0, 1) }
            : new() { Embeddings = input.Embeddings!.Slice(0, 0, 1).Slice(1, 0, 1) };
        return input.Target is { } target ? one with { Target = OneToken(target) } : one;
    }
}
