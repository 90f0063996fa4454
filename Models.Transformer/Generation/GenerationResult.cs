namespace Vitrine.Transformers;

/// <summary>What a model wrote: for each input its sequences, best first.</summary>
/// <param name="Sequences">Input by input; <see cref="GenerationOptions.NumReturnSequences"/> of each.</param>
public sealed record GenerationResult(IReadOnlyList<GeneratedSequence> Sequences)
{
    /// <summary>
    /// All sequences at one length, prompt in front and padding at the end, as Hugging Face's <c>generate</c> returns them; <c>[sequence,
    /// pos]</c>.
    /// </summary>
    /// <param name="pad">The id to fill with.</param>
    public int[][] Padded(int pad)
    {
        int length = Sequences.Max(s => s.Prompt.Count + s.Tokens.Count);
        return [.. Sequences.Select(s => (int[])[.. s.Prompt, .. s.Tokens,
            .. Enumerable.Repeat(pad, length - s.Prompt.Count - s.Tokens.Count)])];
    }
}

/// <summary>One continuation.</summary>
/// <param name="Input">Which row of the input it continues.</param>
/// <param name="Prompt">The row as it was given, padding included; Marian: the decoder's start token.</param>
/// <param name="Tokens">The new tokens, the one that ends the text included.</param>
/// <param name="LogProbabilities">ln p of each new token, given all before it, by the model alone: before penalties, bans and
/// temperature.</param>
/// <param name="Score">Σ ln p of the new tokens after penalties and bans; in beam search divided by length^penalty.</param>
public sealed record GeneratedSequence(
    int Input, IReadOnlyList<int> Prompt, IReadOnlyList<int> Tokens, IReadOnlyList<float> LogProbabilities, double Score);
