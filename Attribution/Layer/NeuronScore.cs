using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>The activation of single neurons as a score: gradient methods then explain neurons instead of outputs.</summary>
internal sealed class NeuronScore : ScoreFunction
{
    private readonly ScoreFunction _inner;
    private readonly string _hook;
    private readonly int[] _places;

    /// <summary>The neurons of the request, at its first hook.</summary>
    /// <exception cref="VitrineException">No hook or neuron is named, or there is no such neuron.</exception>
    public NeuronScore(ScoreFunction inner, AttributionRequest request)
    {
        if (request.Hooks.Count != 1 || request.Neurons.Count == 0)
        {
            throw new VitrineException($"neuron methods: no neuron named; "
                + $"got {request.Hooks.Count} hooks and {request.Neurons.Count} neurons; expected one hook and at least one neuron, e.g. "
                + $"[pos, unit].");
        }
        (_inner, _hook) = (inner, request.Hooks[0]);
        HookSite site = HookSite.Of(inner, _hook);
        if (_hook.StartsWith("encoder.", StringComparison.Ordinal) && inner.Sides.Any(s => s.Name == "target"))
        {
            throw new VitrineException($"neuron methods: {_hook} does not see what was said; got the target side among those explained; "
                + $"expected the source alone (--side source).");
        }
        Shape shape = Activation([.. inner.Sides.Select(side => side.Batch)]).Shape;
        _places = [.. request.Neurons.Select(neuron => Place(neuron, shape))];
        int side = inner.Sides.ToList().FindIndex(s => s.Name == site.Side);
        Targets = [.. request.Neurons.Select((neuron, i) => new ScoreTarget
        {
            Label = $"{_hook}[{string.Join(", ", neuron)}]",
            Id = _places[i],
            Position = side == inner.Sides.Count - 1 && site.UnitName == "d_model" ? neuron[0] : null,
            Reach = [.. inner.Sides.Select(s => s.Length)],
        })];
    }

    public override IReadOnlyList<InputSide> Sides => _inner.Sides;

    public override IReadOnlyList<ScoreTarget> Targets { get; }

    public override string StepName => "activation";

    public override IReadOnlyList<double> Probabilities => [.. Targets.Select(_ => double.NaN)];

    public override long BytesPerSeed => _inner.BytesPerSeed;

    protected internal override ITransformer? Transformer => _inner.Transformer;

    public override long BytesPerExample(bool recorded) => _inner.BytesPerExample(recorded);

    public override Tensor Features(IReadOnlyList<Tensor> embeddings) => Pick(Activation(embeddings));

    /// <summary>The chosen neurons of an activation, or of gradients with respect to it.</summary>
    /// <param name="activation"><c>[batch, …]</c></param>
    /// <returns><c>[batch, neuron, 1]</c></returns>
    public Tensor Pick(Tensor activation)
    {
        (int batch, int size) = (activation.Shape[0], activation.Shape.Elements / activation.Shape[0]);
        int[] rows = [.. Enumerable.Range(0, batch).SelectMany(example => _places.Select(place => (example * size) + place))];
        return activation.Reshape([activation.Shape.Elements, 1]).Gather(Tensor.From(rows, [batch, _places.Length]));
    }

    public override Tensor Embed(int side, Tensor ids) => _inner.Embed(side, ids);

    public override int? BaselineId(BaselineKind kind) => _inner.BaselineId(kind);

    /// <summary>The activation at the hook. <c>[batch, …]</c></summary>
    private Tensor Activation(IReadOnlyList<Tensor> embeddings)
    {
        using ActivationCache cache = _inner.Cache(_hook);
        _inner.Features(embeddings);
        return cache[_hook];
    }

    private int Place(int[] neuron, Shape shape)
    {
        int place = 0;
        for (int axis = 1; axis < shape.Rank; axis++)
        {
            if (neuron.Length != shape.Rank - 1 || neuron[axis - 1] < 0 || neuron[axis - 1] >= shape[axis])
            {
                throw new VitrineException($"neuron methods: no such neuron at {_hook}; got [{string.Join(", ", neuron)}]; "
                    + $"expected places in {shape[1..]}.");
            }
            place = (place * shape[axis]) + neuron[axis - 1];
        }
        return place;
    }
}
