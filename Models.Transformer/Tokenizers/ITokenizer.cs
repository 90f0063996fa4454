namespace Vitrine.Transformers;

/// <summary>Turns text into the token ids a model reads, and back. Implementations are immutable and thread-safe.</summary>
/// <remarks>Encoding never truncates and never pads: see <see cref="Encoding.Truncate"/> for the explicit way.</remarks>
public interface ITokenizer
{
    /// <summary>One line for people: the algorithm, the file it came from, the vocabulary's size.</summary>
    string Description { get; }

    /// <summary>All pieces and their ids.</summary>
    Vocabulary Vocabulary { get; }

    /// <summary>The ids with a role: classification, separator, padding, unknown, mask, begin, end.</summary>
    SpecialTokens Special { get; }

    /// <summary>
    /// What a user should know about how the files were read, one sentence each: settings that contradict each other; empty for most.
    /// </summary>
    IReadOnlyList<string> Notices => [];

    /// <summary>Splits <paramref name="text"/> into pieces, with ids and with offsets into the text.</summary>
    /// <param name="text">Any string; lone surrogates are treated as U+FFFD by byte-level vocabularies.</param>
    /// <param name="special">Whether to add what the model expects around a text: <c>[CLS] … [SEP]</c> for BERT,
    /// <c>… &lt;/s&gt;</c> for Marian, nothing for GPT-2.</param>
    Encoding Encode(string text, bool special = true);

    /// <summary>Splits two texts into one sequence, as in question answering or entailment.</summary>
    /// <param name="text">First text; its pieces have sequence index 0.</param>
    /// <param name="pair">Second text; its pieces have sequence index 1, and their offsets point into it.</param>
    /// <param name="special">Whether to add the model's special tokens around and between the texts.</param>
    Encoding Encode(string text, string pair, bool special = true);

    /// <summary>The text that <paramref name="ids"/> stand for.</summary>
    /// <param name="ids">Token ids of this vocabulary.</param>
    /// <param name="skipSpecial">Whether to leave special tokens out.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    string Decode(IReadOnlyList<int> ids, bool skipSpecial = true);

    /// <summary>Encodes <paramref name="text"/> without special tokens and shows every hidden step, for teaching.</summary>
    TokenizerExplanation Explain(string text);
}
