namespace Vitrine.Transformers;

/// <summary>A half-open range of characters, counted in UTF-16 code units unless a member says otherwise.</summary>
/// <param name="Start">First code unit, from 0.</param>
/// <param name="End">One past the last code unit; equal to <paramref name="Start"/> for an empty span.</param>
public readonly record struct TextSpan(int Start, int End)
{
    /// <summary>Number of code units covered.</summary>
    public int Length => End - Start;

    /// <summary>True where the span covers nothing, as for special tokens that no text produced.</summary>
    public bool IsEmpty => End == Start;

    /// <summary>The part of <paramref name="text"/> that the span covers.</summary>
    public string Of(string text) => text[Start..End];
}
