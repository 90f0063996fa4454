using Vitrine.Tensors;

namespace Vitrine.Hub;

/// <summary>A repository that cannot be fetched: its name, the answer of the server, the network, the disk or a wrong hash.</summary>
public sealed class HubException : VitrineException
{
    /// <summary>Makes an exception with a one-line message.</summary>
    public HubException(string message) : base(message) { }

    /// <summary>Makes an exception with a one-line message and what caused it.</summary>
    public HubException(string message, Exception inner) : base(message, inner) { }
}
