using Vitrine.Tensors;

namespace Vitrine.Training;

/// <summary>Data that cannot be learned from, a checkpoint of another training, or a training that went wrong.</summary>
public sealed class TrainingException : VitrineException
{
    /// <summary>Makes an exception with a one-line message.</summary>
    public TrainingException(string message) : base(message) { }

    /// <summary>Makes an exception with a one-line message and what caused it.</summary>
    public TrainingException(string message, Exception inner) : base(message, inner) { }
}
