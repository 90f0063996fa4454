using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A tokenized text as score functions take it: ids, what is known of each token, and what the model needs in addition to
/// them.</summary>
public sealed record ExplainedText
{
    /// <summary>The tokens, in order.</summary>
    public required IReadOnlyList<InputToken> Tokens { get; init; }

    /// <summary>The texts they came from; empty where only ids are known.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>Segment of each token, BERT only; null: all 0.</summary>
    public IReadOnlyList<int>? Types { get; init; }

    /// <summary>1 for a token, 0 for padding; null: no padding.</summary>
    public IReadOnlyList<int>? Mask { get; init; }

    /// <summary>Token ids. <c>[pos]</c></summary>
    public int[] Ids => [.. Tokens.Select(token => token.Id)];

    /// <summary>A text, or pair of texts, that a tokenizer has encoded.</summary>
    public static ExplainedText Of(Encoding encoding) => new()
    {
        Tokens = [.. Enumerable.Range(0, encoding.Count).Select(i => new InputToken(
            encoding.Ids[i], encoding.Pieces[i], encoding.Offsets[i].Start, encoding.Offsets[i].End, encoding.SequenceIds[i],
                encoding.WordIds[i], encoding.SpecialMask[i]))],
        Texts = encoding.Texts,
        Types = encoding.TypeIds,
    };

    /// <summary>Bare token ids, spelt by the tokenizer where there is one.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="tokenizer">Spells the pieces, and says which ids are special.</param>
    public static ExplainedText Of(IReadOnlyList<int> ids, ITokenizer? tokenizer = null) =>
        new() { Tokens = [.. ids.Select(id => Token(id, tokenizer))] };

    /// <summary>As the model reads it: a batch of 1.</summary>
    internal ModelInput Input() => new() { Ids = Row(Ids), Types = Row(Types), Mask = Row(Mask) };

    internal static InputToken Token(int id, ITokenizer? tokenizer) =>
        new(id, Spelling.Piece(id, tokenizer), IsSpecial: tokenizer?.Special.All.Contains(id) ?? false);

    private static Tensor? Row(IReadOnlyList<int>? values) => values is null ? null : Tensor.From([.. values], [1, values.Count]);
}
