using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// What every source of the graph writes to the stream in one run, <c>[source, pos · d_model]</c>, from the first position that matters
/// on.
/// </summary>
internal sealed class EdgeOutputs
{
    private readonly ITransformer _model;
    private readonly EdgeGraph _graph;

    public EdgeOutputs(ITransformer model, EdgeGraph graph) => (_model, _graph) = (model, graph);

    /// <summary>The hooks that <see cref="Of"/> reads.</summary>
    public string[] Hooks =>
        [_graph.Input, .. Enumerable.Range(0, _graph.Layers)
        .SelectMany(l => new[] { $"blocks.{l}.attn.hook_z", $"blocks.{l}.hook_mlp_out" })];

    /// <summary>Outputs of a run whose activations are known, or of the difference of two: everything is linear.</summary>
    /// <param name="activation">By hook name, batch 1.</param>
    public Tensor Of(Func<string, Tensor> activation)
    {
        Tensor embed = activation(_graph.Input);
        int t = embed.Shape[1], d = _graph.DModel;
        List<Tensor> rows = [embed.Reshape([1, t * d])];
        for (int layer = 0; layer < _graph.Layers; layer++)
        {
            rows.Add(HeadOutputs(layer, activation($"blocks.{layer}.attn.hook_z")).Reshape([_graph.Heads, t * d]));
            Tensor mlp = activation($"blocks.{layer}.hook_mlp_out");
            rows.Add(mlp.Reshape([1, t * d]));
        }
        return TensorOps.Concat(0, [.. rows]);
    }

    /// <summary>What each head of a block writes, <c>[head, pos, d_model]</c>, from z <c>[1, pos, head, d_head]</c>; without b_O.</summary>
    public Tensor HeadOutputs(int layer, Tensor z)
    {
        (int heads, int dHead) = (z.Shape[2], z.Shape[3]);
        Tensor w = InsideWeights.Get(_model, $"blocks.{layer}.attn.W_O").Reshape([heads, dHead, _graph.DModel]);
        return z.Select(0, 0).Permute(1, 0, 2).MatMul(w);
    }

    /// <summary>Runs an input and returns all outputs.</summary>
    public (Tensor Outputs, double Metric) Run(MetricRun run)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        using ActivationCache cache = _model.Cache(Hooks);
        double metric = run.Value().ToArray()[0];
        return (Of(name => cache[name]), metric);
    }
}

/// <summary>Parameters by name, with a clear error for those a model has not.</summary>
internal static class InsideWeights
{
    /// <summary>The value of a parameter, as layers multiply with it.</summary>
    /// <exception cref="VitrineException">There is none of that name.</exception>
    public static Tensor Get(ITransformer model, string name) => Find(model, name)
        ?? throw new VitrineException($"weights: the model has no such parameter; got '{name}'; expected one that vitrine inspect lists.");

    /// <summary>Whether a norm subtracts the mean, as LayerNorm does; its <c>hook_normalized</c> then comes after its weights.</summary>
    public static bool IsLayerNorm(ITransformer model, string norm) => model.Find($"{norm}.w")?.IsCentred ?? false;

    /// <summary>The value of a parameter, as layers multiply with it; null when there is none of that name.</summary>
    public static Tensor? Find(ITransformer model, string name) => model.Parameters.FirstOrDefault(p => p.Name == name)?.Effective;
}
