using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// A score as a function of activations inside the model: its inputs are the hook points, everything else is computed from the
/// model's own input. Any method that works on embeddings works on it, and so at any layer.
/// </summary>
internal sealed class LayerScore : ScoreFunction
{
    private readonly ScoreFunction _inner;
    private readonly HookSite[] _sites;
    private readonly Shape[] _shapes;
    private readonly bool _oneByOne;

    /// <summary>The function of the activations at <paramref name="hooks"/>.</summary>
    /// <exception cref="VitrineException">No such hook, or its tokens are not among the inputs.</exception>
    public LayerScore(ScoreFunction inner, IReadOnlyList<string> hooks)
    {
        if (hooks.Count == 0)
        {
            throw new VitrineException("layer methods: no place named; got no hook; expected at least one, e.g. blocks.0.hook_mlp_out. "
                + "vitrine hooks lists them.");
        }
        _inner = inner;
        _sites = [.. hooks.Select(hook => HookSite.Of(inner, hook))];
        // Two examples tell which activations have a batch at all: positions may be shared by all examples.
        Tensor[] activations = Run([.. inner.Sides.Select(side => Repeat(side, 2))]);
        _oneByOne = activations.Any(x => x.Shape[0] == 1);
        _shapes = [.. activations.Select(x => x.Shape)];
        Sides = [.. _sites.Select((site, i) => Side(inner, site, site.ToTokens(activations[i])))];
    }

    public override IReadOnlyList<InputSide> Sides { get; }

    public override IReadOnlyList<ScoreTarget> Targets =>
        [.. _inner.Targets.Select(target => target with { Reach = [.. Sides.Select(side => Reach(target, side))] })];

    public override string StepName => _inner.StepName;

    public override IReadOnlyList<double> Probabilities => _inner.Probabilities;

    public override long BytesPerSeed => _inner.BytesPerSeed;

    protected internal override ITransformer? Transformer => _inner.Transformer;

    internal override string UnitName => _sites[0].UnitName;

    public override long BytesPerExample(bool recorded) => _inner.BytesPerExample(recorded);

    /// <summary>The activations for another input of the model, one per hook: <c>[pos, unit]</c>.</summary>
    /// <param name="embeddings">One per side of the model: <c>[pos, d_model]</c>.</param>
    public Tensor[] ActivationsAt(IReadOnlyList<Tensor> embeddings)
    {
        Tensor[] activations = Run([.. embeddings.Select(x => x.Reshape(x.Shape.Prepend(1)))]);
        return [.. activations.Select((x, i) => _sites[i].ToTokens(x).Select(0, 0))];
    }

    public override Tensor Features(IReadOnlyList<Tensor> embeddings)
    {
        int batch = embeddings[0].Shape[0];
        if (_oneByOne && batch > 1)
        {
            return TensorOps.Concat(0, [.. Enumerable.Range(0, batch)
                .Select(example => Features([.. embeddings.Select(x => x.Slice(0, example, 1))]))]);
        }
        var scopes = new List<HookScope>();
        try
        {
            for (int i = 0; i < _sites.Length; i++)
            {
                Tensor replacement = _sites[i].FromTokens(embeddings[i], _shapes[i]);
                scopes.Add(_inner.Intervene(_sites[i].Point.Name, (_, _) => replacement));
            }
            return _inner.Features([.. _inner.Sides.Select(side => Repeat(side, batch))]);
        }
        finally
        {
            scopes.ForEach(scope => scope.Dispose());
        }
    }

    public override Tensor Head(Tensor features) => _inner.Head(features);

    public override Tensor Embed(int side, Tensor ids) =>
        throw new VitrineException($"layer methods: token ids have no place at a layer; "
            + $"got {_sites[side].Point.Name}; expected activations.");

    private static Tensor Repeat(InputSide side, int batch) => side.Batch.Expand([batch, side.Length, side.Embeddings.Shape[1]]);

    private Tensor[] Run(Tensor[] batch)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        using ActivationCache cache = _inner.Cache([.. _sites.Select(site => site.Point.Name)]);
        _inner.Features(batch);
        return [.. _sites.Select(site => cache[site.Point.Name])];
    }

    private static InputSide Side(ScoreFunction inner, HookSite site, Tensor activation)
    {
        InputSide tokens = inner.Sides.FirstOrDefault(side => side.Name == site.Side && side.Length == activation.Shape[1])
            ?? throw new VitrineException(
            $"layer methods: the tokens at {site.Point} are not explained; "
            + $"got sides {string.Join(", ", inner.Sides.Select(side => side.Name))}; expected one named {site.Side}.");
        return new()
        {
            Name = tokens.Name,
            Texts = tokens.Texts,
            Tokens = tokens.Tokens,
            GivenLength = tokens.GivenLength,
            Mask = tokens.Mask,
            Embeddings = activation.Select(0, 0),
        };
    }

    private int Reach(ScoreTarget target, InputSide side) =>
        target.Reach[_inner.Sides.ToList().FindIndex(other => other.Name == side.Name)];
}
