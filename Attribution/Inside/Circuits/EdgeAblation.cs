using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>What an edge outside a circuit carries in place of the clean run's output.</summary>
public enum EdgeAblation
{
    /// <summary>The output in the corrupted run.</summary>
    Corrupted,

    /// <summary>0.</summary>
    Zero,

    /// <summary>The mean output over all positions of all corrupted inputs.</summary>
    Mean,

    /// <summary>The mean output over the corrupted inputs at the same position.</summary>
    MeanPerPosition,
}

/// <summary>The outputs that ablated edges carry, for each pair.</summary>
internal sealed class EdgeReference
{
    private readonly EdgeGraph _graph;
    private readonly EdgeAblation _ablation;
    private readonly Tensor? _mean; // [source, pos or 1, d_model]

    /// <exception cref="VitrineException">Means per position of pairs of different lengths.</exception>
    public EdgeReference(ITransformer model, EdgeGraph graph, IReadOnlyList<PromptPair> pairs, EdgeAblation ablation)
    {
        (_graph, _ablation) = (graph, ablation);
        if (ablation is not (EdgeAblation.Mean or EdgeAblation.MeanPerPosition))
        {
            return;
        }
        if (ablation == EdgeAblation.MeanPerPosition && pairs.Select(p => p.Positions).Distinct().Count() > 1)
        {
            throw new VitrineException("ablation: means per position need pairs of one length; got "
                + $"{string.Join(", ", pairs.Select(p => p.Positions).Distinct())} tokens; expected equal numbers, or mean.");
        }
        using Recorder.Pause pause = Recorder.Suspend();
        var outputs = new EdgeOutputs(model, graph);
        double count = ablation == EdgeAblation.Mean ? pairs.Sum(p => (double)p.Positions) : pairs.Count;
        foreach (PromptPair pair in pairs)
        {
            Tensor one = outputs.Run(new MetricRun(model, pair.Corrupted, pair.Metric)).Outputs
                .Reshape([graph.Sources.Count, pair.Positions, graph.DModel]);
            one = (ablation == EdgeAblation.Mean ? one.Sum([1], keepAxes: true) : one).Scale((float)(1 / count));
            _mean = _mean is null ? one : _mean + one;
        }
    }

    /// <summary>Whether the corrupted run's own outputs are meant: then nothing before the first changed token matters.</summary>
    public bool IsCorrupted => _ablation == EdgeAblation.Corrupted;

    /// <summary>The first position that must be computed again.</summary>
    public int StartOf(PromptPair pair) => IsCorrupted ? _graph.StartOf(pair) : 0;

    /// <summary><c>[source, pos · d_model]</c>, of all positions; not for the corrupted run.</summary>
    public Tensor Of(int positions) => _mean is null ? Tensor.Zeros([_graph.Sources.Count, positions * _graph.DModel])
        : _mean.Expand([_graph.Sources.Count, positions, _graph.DModel]).Reshape([_graph.Sources.Count, positions * _graph.DModel]);
}
