using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>Trades time for memory: a piece of the forward pass that saves only its inputs and runs again when gradients are asked for.</summary>
/// <remarks>Source: Chen et al. 2016, “Training deep nets with sublinear memory cost”.</remarks>
public static class Checkpoint
{
    /// <summary>Runs <paramref name="body"/> on the inputs without recording its ops; backward runs it again under a tape of its own.</summary>
    /// <param name="body">A pure function: the same inputs must give the same output (seed your dropout).</param>
    /// <param name="inputs">Every tensor whose gradient may be asked for: activations, and watched weights that the body uses.</param>
    public static Tensor Run(Func<Tensor[], Tensor> body, params Tensor[] inputs) => Op.Apply(new Recompute(body), inputs);

    private sealed class Recompute(Func<Tensor[], Tensor> body) : Op
    {
        public override string Name => "checkpoint";

        public override Tensor Forward(Saved saved)
        {
            saved.Keep(saved.Inputs);
            using Recorder.Pause pause = Recorder.Suspend();
            return body(saved.Inputs);
        }

        public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
        {
            Tensor[] inputs = [.. saved.InputShapes.Select((_, i) => saved[i])];
            Tensor[] wrt = [.. inputs.Where((_, i) => needs[i])];
            using var tape = new Tape();
            tape.Watch(wrt);
            Gradients gradients = tape.Gradient(body(inputs), new Seeds(dy), wrt);
            return [.. inputs.Select((input, i) => needs[i] ? gradients[input] : null)];
        }
    }
}
