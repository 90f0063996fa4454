using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// What happens at a hook point while the input walks from a baseline: the common part of conductance and internal influence.
/// </summary>
internal sealed class LayerPath
{
    private readonly ScoreFunction _f;
    private readonly HookSite[] _sites;
    private readonly StraightPath _path;
    private readonly AttributionRequest _request;

    public LayerPath(ScoreFunction f, AttributionRequest request)
    {
        Layer = new LayerScore(f, request.Hooks);
        Baseline = ResolvedBaseline.Of(f, request);
        (_f, _request, _path) = (f, request, new StraightPath(f, Baseline.Embeddings));
        _sites = [.. request.Hooks.Select(hook => HookSite.Of(f, hook))];
        Ends = [_path.Scores([0], request)[0], _path.ScoreOfInput()];
    }

    /// <summary>The function of the activations: its sides are the hook points.</summary>
    public LayerScore Layer { get; }

    /// <summary>Where the path begins.</summary>
    public ResolvedBaseline Baseline { get; }

    /// <summary>f(x₀) and f(x). <c>[2][target]</c></summary>
    public double[][] Ends { get; }

    /// <summary>Walks the path, and shows activation and gradient at every point of it, in order.</summary>
    /// <param name="nodes">The points, in [0, 1].</param>
    /// <param name="visit">Called per point and hook with the point's number, the hook's, the activation <c>[pos · unit]</c> and the
    /// gradients <c>[target, pos · unit]</c>.</param>
    public void Walk(double[] nodes, Action<int, int, float[], float[][]> visit)
    {
        Batching batching = Batching.For(_f, _f.Targets.Count, _request.ByteBudget);
        var work = new Work(_request, nodes.Length);
        using ActivationCache cache = _f.Cache([.. _request.Hooks]);
        Tensor[] Arrived() => [.. _request.Hooks.Select(hook => cache[hook])];
        for (int i = 0; i < nodes.Length; i++)
        {
            work.Check();
            var gradients = new float[_sites.Length][][];
            Sweep.Run(_f, _path.Points([nodes[i]]), batching.Seeds, (first, chunk) =>
            {
                for (int hook = 0; hook < chunk.Length; hook++)
                {
                    float[] values = _sites[hook].ToTokens(chunk[hook], lead: 1).ToArray();
                    gradients[hook] = [.. gradients[hook] ?? [], .. values.Chunk(values.Length / chunk[hook].Shape[0])];
                }
            }, arrive: Arrived);
            for (int hook = 0; hook < _sites.Length; hook++)
            {
                visit(i, hook, _sites[hook].ToTokens(cache[_request.Hooks[hook]]).ToArray(), gradients[hook]);
            }
            work.Advance(1);
        }
    }
}
