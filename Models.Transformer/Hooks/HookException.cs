using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>A hook name that does not exist, a pattern that matches nothing, or an activation that was not captured.</summary>
public sealed class HookException(string message) : VitrineException(message);
