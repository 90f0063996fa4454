using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>A model folder that is not one, a config that is not understood, or a setting that is not supported.</summary>
public sealed class ModelException : VitrineException
{
    /// <summary>Makes an exception with a one-line message.</summary>
    public ModelException(string message) : base(message) { }

    /// <summary>Makes an exception with a one-line message and what caused it.</summary>
    public ModelException(string message, Exception inner) : base(message, inner) { }
}
