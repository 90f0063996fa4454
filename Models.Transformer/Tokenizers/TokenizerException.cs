namespace Vitrine.Transformers;

/// <summary>A tokenizer's files are missing, malformed or ask for something this library does not do.</summary>
/// <param name="message">What is wrong, in which file, and what to do.</param>
/// <param name="inner">The error underneath, or null.</param>
public sealed class TokenizerException(string message, Exception? inner = null) : Exception(message, inner);
