namespace Vitrine.Tensors;

/// <summary>A mistake of the caller that can be told in one line; every exception of Vitrine's own derives from it.</summary>
/// <remarks>
/// The message has the form <c>{op}: {what is wrong}; got {facts}; expected {rule}. {what to do}</c>. Line breaks of what it quotes,
/// a piece of a file for example, become spaces.
/// </remarks>
public class VitrineException : Exception
{
    /// <summary>Makes an exception with a one-line message.</summary>
    public VitrineException(string message) : base(message.ReplaceLineEndings(" ")) { }

    /// <summary>Makes an exception with a one-line message and what caused it.</summary>
    public VitrineException(string message, Exception inner) : base(message.ReplaceLineEndings(" "), inner) { }
}

/// <summary>Shapes, axes or indices that do not fit together.</summary>
public sealed class ShapeException(string message) : VitrineException(message);

/// <summary>A device that is absent, unknown, or not the one the other operands are on.</summary>
public sealed class DeviceException(string message) : VitrineException(message);

/// <summary>A gradient was asked of an op that has none.</summary>
public sealed class NoGradientException(string op, string why)
    : VitrineException($"{op}: has no gradient; {why}.");
