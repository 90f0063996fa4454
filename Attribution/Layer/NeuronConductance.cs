using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>How much of each token's integrated gradient flows through one neuron: (x − x₀) · ∫₀¹ ∂f/∂h · ∂h/∂x dα.</summary>
/// <remarks>Summed over all neurons of a layer that everything passes through, it is the integrated gradient.</remarks>
public sealed class NeuronConductance : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "neuron_conductance";

    /// <inheritdoc/>
    public string Citation => "Dhamdhere, Sundararajan & Yan 2019, How important is a neuron?";

    /// <inheritdoc/>
    public string Cost => "steps × (1 forward, 2 backwards) + 3 forwards";

    /// <inheritdoc/>
    public string SumsTo => "the neuron's conductance: its share of f(x) − f(baseline)";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var neuron = new NeuronScore(f, request);
        if (neuron.Targets.Count != 1)
        {
            throw new VitrineException($"{Name}: one neuron at a time; got {neuron.Targets.Count}; expected 1.");
        }
        ResolvedBaseline baseline = ResolvedBaseline.Of(f, request);
        var path = new StraightPath(f, baseline.Embeddings);
        int steps = request.Steps ?? IntegratedGradients.DefaultSteps;
        (double[] nodes, double[] weights) = request.Quadrature.Points(steps, request.Compat);
        int seeds = Batching.For(f, f.Targets.Count, request.ByteBudget).Seeds;
        var work = new Work(request, steps);
        double[][] raw = path.Totals();
        for (int i = 0; i < steps; i++)
        {
            work.Check();
            AddPoint(f, neuron, request.Hooks[0], path.Points([nodes[i]]), weights[i], seeds, raw);
            work.Advance(1);
        }
        Slope.Multiply(raw, path.Difference);
        return new Report(this, f, request)
        {
            Raw = raw,
            Axes = Slope.Axes(f),
            Scores = path.ScoreOfInput(),
            Baseline = baseline,
            Parameters = new Dictionary<string, object>
            {
                ["neuron"] = neuron.Targets[0].Label,
                ["n_steps"] = steps,
                ["method"] = request.Quadrature.Name
            },
        }.Make();
    }

    /// <summary>Adds weight · ∂f/∂h · ∂h/∂x at one point: the second factor is the same for all targets.</summary>
    private static void AddPoint(ScoreFunction f, NeuronScore neuron, string hook, Tensor[] points, double weight, int seedsPerSweep,
        double[][] totals)
    {
        using var tape = new Tape();
        using ActivationCache cache = f.Cache(hook);
        Tensor features = f.Features(points), scores = f.Head(features), activation = cache[hook], value = neuron.Pick(activation);
        float[][] toInput = [.. points.Select(point => tape.Gradient(value, point)[point].ToArray())];
        Sweep.Backward(features, scores, (output, seeds, wrt) => tape.Gradient(output, seeds, wrt), [activation], seedsPerSweep,
            (first, chunk) =>
        {
            Tensor slopes = chunk[0].Reshape([chunk[0].Shape[0], .. activation.Shape.Axes[1..]]);
            float[] toNeuron = neuron.Pick(slopes).ToArray(); // [chunk, 1, 1]
            for (int side = 0; side < totals.Length; side++)
            {
                int size = toInput[side].Length;
                for (int i = 0; i < toNeuron.Length * size; i++)
                {
                    totals[side][(first * size) + i] += weight * toNeuron[i / size] * toInput[side][i % size];
                }
            }
        });
    }
}
