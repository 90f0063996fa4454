using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Dropout in forward passes of a trained model, where it was in training: on the embeddings, on attention patterns, and on what each
/// block adds to the residual stream (Gal &amp; Ghahramani 2016, Dropout as a Bayesian approximation).
/// </summary>
/// <remarks>The examples of a batch share their mask, so that an example's score does not depend on its place in a batch.</remarks>
internal sealed class DropoutNoise(ITransformer model, StepOptions options)
{
    private static readonly string[] s_places =
        [".0.hook_resid_pre", ".hook_pattern", ".hook_attn_out", ".hook_cross_attn_out", ".hook_mlp_out"];

    private readonly HookPoint[] _points =
        [.. model.HookPoints.Where(point => Array.Exists(s_places, place => point.Name.EndsWith(place, StringComparison.Ordinal)))];

    /// <summary>Runs a forward pass under the dropout of one sample; the same sample drops the same.</summary>
    public T During<T>(int sample, Func<T> forward)
    {
        HookScope[] scopes = [.. _points.Select((point, i) =>
            model.Intervene(point.Name, x => x * Mask(x.Shape, unchecked((((options.Seed * 1_000_003) + sample) * 8191) + i))))];
        try
        {
            return forward();
        }
        finally
        {
            Array.ForEach(scopes, scope => scope.Dispose());
        }
    }

    /// <summary>0 with the rate's probability, else 1 / (1 − rate). <c>[1, …]</c></summary>
    private Tensor Mask(Shape shape, int seed)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        return Tensor.Full(shape.With(0, 1), 1).Dropout((float)options.DropoutRate, seed);
    }
}
