using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>Magnitude pruning (Han et al. 2015): the smallest weights become zero.</summary>
public static class Pruning
{
    /// <summary>Sets the given part of every matrix to zero, its weights of smallest magnitude; of equal ones the first.</summary>
    /// <param name="model">Its weights are replaced.</param>
    /// <param name="sparsity">Part of the weights, 0–1.</param>
    /// <param name="tables">Whether embeddings and unembeddings are pruned too, and not only linear layers.</param>
    /// <returns>How many weights are zero now, and how many there are, biases and norms counted too.</returns>
    /// <exception cref="TrainingException">The part is out of range.</exception>
    public static (long Zeros, long All) Apply(ITransformer model, double sparsity, bool tables)
    {
        if (sparsity is not (>= 0 and < 1))
        {
            throw new TrainingException(FormattableString.Invariant(
                $"prune: sparsity out of range; got {sparsity}; expected 0 or more and less than 1."));
        }
        (long zeros, long all) = (0, 0);
        foreach (Parameter parameter in model.Parameters)
        {
            float[] values = parameter.Value.ToArray();
            if (!parameter.IsBuffer && (parameter.Kind == ParameterKind.Linear || (tables && parameter.Kind == ParameterKind.Table)))
            {
                foreach (int smallest in Enumerable.Range(0, values.Length).OrderBy(i => Math.Abs(values[i]))
                    .Take((int)(sparsity * values.Length)))
                {
                    values[smallest] = 0;
                }
                parameter.Value = Tensor.From(values, parameter.Shape);
            }
            (zeros, all) = (zeros + values.Count(v => v == 0), all + values.Length);
        }
        return (zeros, all);
    }
}
