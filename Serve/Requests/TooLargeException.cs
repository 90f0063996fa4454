using Vitrine.Tensors;

namespace Vitrine.Serve;

/// <summary>A request that is larger than the limits: 413.</summary>
/// <param name="message">What is too large, in one line.</param>
internal sealed class TooLargeException(string message) : VitrineException(message);
