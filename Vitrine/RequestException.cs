using Vitrine.Tensors;

namespace Vitrine;

/// <summary>What is at fault when a request cannot be met.</summary>
public enum Fault
{
    /// <summary>The request: an unknown method, target, label or score, a value out of range, options that contradict each other.</summary>
    Request,

    /// <summary>The text: missing, empty, too long, or token ids that the model does not have.</summary>
    Text,

    /// <summary>The model: no such folder, not a model, unsupported, damaged, or with numbers that are not finite.</summary>
    Model,

    /// <summary>A result could not be written.</summary>
    Output,
}

/// <summary>A request that cannot be met, told in one line: what is wrong, what was found, what was expected, what to do.</summary>
public sealed class RequestException : VitrineException
{
    /// <summary>Makes an exception with a one-line message.</summary>
    public RequestException(Fault fault, string message) : base(message) => Fault = fault;

    /// <summary>Makes an exception with a one-line message and what caused it.</summary>
    public RequestException(Fault fault, string message, Exception inner) : base(message, inner) => Fault = fault;

    /// <summary>What is at fault.</summary>
    public Fault Fault { get; }

    /// <summary>A number of at least 1.</summary>
    /// <exception cref="RequestException">It is smaller.</exception>
    internal static int Positive(int value, string what) => value >= 1 ? value : throw new RequestException(
        Fault.Request, FormattableString.Invariant($"{what}: out of range; got {value}; expected at least 1."));
}
