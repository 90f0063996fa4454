using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>One weight of a model under its canonical name, and its place in the checkpoint.</summary>
/// <remarks>
/// Layers read <see cref="Value"/> at every forward pass, so training replaces it: tensors themselves never change. Matrices are held
/// as <c>[d_in, d_out]</c>, so that every layer is <c>x·W + b</c>; where a checkpoint stores the transpose (BERT, Marian, Llama) or
/// several matrices side by side (GPT-2's <c>c_attn</c>), the value is a strided view of the stored one, not a copy.
/// </remarks>
public sealed class Parameter
{
    private Tensor _value;

    internal Parameter(string name, CheckpointPlace place, Tensor value, bool isBuffer) =>
        (Name, Place, _value, IsBuffer) = (name, place, value, isBuffer);

    /// <summary>The canonical name, in TransformerLens' vocabulary: <c>blocks.0.attn.W_Q</c>.</summary>
    public string Name { get; }

    /// <summary>Where it lies in the checkpoint.</summary>
    public CheckpointPlace Place { get; }

    /// <summary>Whether it is part of the checkpoint but not trained (Marian's <c>final_logits_bias</c>).</summary>
    public bool IsBuffer { get; }

    /// <summary>The weight as the forward pass uses it.</summary>
    /// <exception cref="ShapeException">A new value has another shape.</exception>
    public Tensor Value
    {
        get => _value;
        set
        {
            if (value.Shape != _value.Shape)
            {
                throw new ShapeException($"{Name}: a new value has another shape; got {value.Shape}; expected {_value.Shape}.");
            }
            _value = value.IsWeight ? value : value.AsWeight();
        }
    }

    /// <summary>Name, shape and place.</summary>
    public override string ToString() => $"{Name} {_value.Shape} ← {Place}";
}

/// <summary>Where a parameter lies in a checkpoint; several parameters may share one stored tensor.</summary>
/// <param name="Tensor">Name of the stored tensor, as the file spells it, e.g. <c>transformer.h.0.attn.c_attn.weight</c>.</param>
/// <param name="Transposed">Whether it is stored as <c>[d_out, d_in]</c>, the transpose of the parameter.</param>
/// <param name="Part">Which part of the stored tensor's last axis it is, from 0.</param>
/// <param name="Parts">Of how many equal parts; 1 when it is all of it.</param>
public readonly record struct CheckpointPlace(string Tensor, bool Transposed = false, int Part = 0, int Parts = 1)
{
    /// <summary>The name with ᵀ or the part behind it.</summary>
    public override string ToString() => $"{Tensor}{(Transposed ? "ᵀ" : "")}{(Parts > 1 ? $"[{Part}/{Parts}]" : "")}";
}
