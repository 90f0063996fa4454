using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>The answer of a backward sweep: a gradient for every tensor that was asked for.</summary>
public sealed class Gradients
{
    private readonly Dictionary<long, Tensor> _byId;

    internal Gradients(Dictionary<long, Tensor> byId) => _byId = byId;

    /// <summary>The gradient with respect to <paramref name="tensor"/>.</summary>
    /// <exception cref="VitrineException">It was not among those asked for.</exception>
    public Tensor this[Tensor tensor] => _byId.TryGetValue(tensor.Id, out Tensor? gradient)
        ? gradient
        : throw new VitrineException($"gradient: not asked for; "
            + $"got a tensor of shape {tensor.Shape}; expected one of those passed as wrt.");

    /// <summary>The sums of these gradients and others of the same tensors: what several small batches add up to.</summary>
    /// <exception cref="VitrineException">The other has no gradient of a tensor that this has.</exception>
    public Gradients Plus(Gradients other)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        return new(_byId.ToDictionary(pair => pair.Key, pair => other._byId.TryGetValue(pair.Key, out Tensor? more)
            ? pair.Value + more
            : throw new VitrineException($"gradient: sums of different tensors; got one of shape {pair.Value.Shape} on one side only; "
                + $"expected the same wrt on both.")));
    }

    internal Gradients Map(Func<Tensor, Tensor> change) => new(_byId.ToDictionary(pair => pair.Key, pair => change(pair.Value)));
}

/// <summary>A gradient was asked with respect to a tensor that the output does not depend on. Never answered with zeros.</summary>
public sealed class UnreachedException(Tensor wrt, Tensor output, int recorded) : VitrineException(
    recorded == 0
        ? "gradient: nothing was recorded; open the tape before the forward pass."
        : $"gradient: the output does not depend on it; "
          + $"got wrt of shape {wrt.Shape}{(wrt.IsWeight ? " (a weight)" : "")} and output {output.Shape}; "
          + "expected a tensor that was used while the tape was open. "
          + (wrt.IsWeight ? "Watch weights before the forward pass: tape.Watch(weight)." : "A hook must return the tensor that the next op "
              + "consumes."));
