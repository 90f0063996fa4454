using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>What may be done to a model's weights between two tapes.</summary>
internal static class Weights
{
    /// <summary>Overwrites a weight in place, e.g. with what a checkpoint holds.</summary>
    public static void Write(Tensor weight, ReadOnlySpan<float> values)
    {
        ExpectNoTape();
        OptimizerKernels.Write(weight, values);
    }

    /// <summary>The weights as an array, once it is sure that their memory may be written.</summary>
    /// <exception cref="ShapeException">One is not contiguous float32, or its memory is not ours: a mapped file is read-only.</exception>
    public static Tensor[] ExpectWritable(IEnumerable<Tensor> weights)
    {
        Tensor[] all = [.. weights];
        foreach (Tensor weight in all)
        {
            if (!weight.IsContiguous || weight.DType != DType.Float32 || weight.Storage is CpuStorage { Owner: not byte[] })
            {
                throw new ShapeException($"training: a weight cannot be written; got {weight.DType.Name()} {weight.Shape}; "
                    + "expected contiguous float32 in memory of its own. Train a copy: Tensor.From(w.ToArray(), w.Shape).AsWeight().");
            }
        }
        return all;
    }

    /// <summary>Guards every write: a tape's saved activations may be the weights themselves.</summary>
    public static void ExpectNoTape()
    {
        if (Recorder.Current is not null)
        {
            throw new InvalidOperationException("training: a tape is open; "
                + "close it before weights change, what it saved would change too.");
        }
    }
}
