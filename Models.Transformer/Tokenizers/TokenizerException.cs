using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>A tokenizer's files are missing, malformed or ask for something this library does not do.</summary>
public sealed class TokenizerException : VitrineException
{
    /// <summary>Says what is wrong, in which file, and what to do.</summary>
    public TokenizerException(string message) : base(message) { }

    /// <summary>The same, with the error underneath.</summary>
    public TokenizerException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Whether the files are good and of a kind that is not read here.</summary>
    internal bool IsUnsupported { get; init; }
}
