using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// The block's second half: act(x·W_in + b_in)·W_out + b_out; gated (Llama): (act(x·W_gate) ∘ (x·W_in))·W_out, Shazeer 2020.
/// </summary>
internal sealed class FeedForward
{
    private readonly Linear _in, _out;
    private readonly Linear? _gate;
    private readonly Func<Tensor, Tensor> _activation;
    private readonly HookPoint _pre, _post;
    private readonly HookPoint? _preLinear;

    /// <param name="path">Where it lies.</param>
    /// <param name="dModel">Width of the residual stream.</param>
    /// <param name="dMlp">Width of the layer.</param>
    /// <param name="activation">Name of the activation function.</param>
    /// <param name="gated">Whether there is a W_gate.</param>
    /// <param name="bias">Whether there are biases.</param>
    /// <param name="stacked">Whether the checkpoint stores W_gate before W_in in one tensor (Phi-3, ModernBERT).</param>
    /// <param name="factor">What its output is multiplied by (Granite).</param>
    public FeedForward(ModulePath path, int dModel, int dMlp, string activation, bool gated = false, bool bias = true, bool stacked = false,
        float factor = 1)
    {
        _gate = gated ? Linear.Of(path, "gate", dModel, dMlp, bias, stacked ? new(0, 2 * dMlp) : null) : null;
        _in = Linear.Of(path, "in", dModel, dMlp, bias, stacked ? new(dMlp, 2 * dMlp) : null);
        _out = Linear.Of(path, "out", dMlp, dModel, bias, factor: factor);
        _activation = Activation.Named(activation);
        _pre = path.Hook("hook_pre", "[batch, pos, d_mlp]");
        _preLinear = gated ? path.Hook("hook_pre_linear", "[batch, pos, d_mlp]") : null;
        _post = path.Hook("hook_post", "[batch, pos, d_mlp]");
    }

    /// <summary><c>[batch, pos, d_model]</c> → the same.</summary>
    public Tensor Run(Tensor x)
    {
        Tensor post = _activation(_pre.Run((_gate ?? _in).Run(x)));      // [batch, pos, d_mlp]
        if (_preLinear is not null)
        {
            post *= _preLinear.Run(_in.Run(x));
        }
        return _out.Run(_post.Run(post));
    }
}
