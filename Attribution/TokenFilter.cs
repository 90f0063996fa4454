namespace Vitrine.Attributions;

/// <summary>Tokens that take no part in an explanation, by name: they are never perturbed, and get no score.</summary>
/// <remarks>
/// A name is a piece as the vocabulary spells it (<c>Ġthe</c>, <c>##ing</c>), a token's own text (<c>the</c>), <c>token:ID</c>, or a kind:
/// <c>special</c> (of the model's format), <c>punctuation</c>, <c>written</c> (what a model wrote, not what it was given). Captum's
/// <c>skip_tokens</c> are pieces or ids; its language-model attribution never perturbs what is written.
/// </remarks>
/// <param name="names">The names.</param>
public sealed class TokenFilter(params string[] names)
{
    /// <summary>The names.</summary>
    public IReadOnlyList<string> Names { get; } = [.. names];

    /// <summary>Whether a token has one of the names.</summary>
    /// <param name="side">Where it stands.</param>
    /// <param name="position">Which token.</param>
    public bool Has(InputSide side, int position) => Names.Any(name => Has(name, side, position));

    /// <summary>The names of pieces, texts and ids that no token has; a kind of which there is none is no mistake.</summary>
    public IEnumerable<string> Unmatched(ScoreFunction f) => Names.Where(name => name is not ("special" or "punctuation" or "written")
        && !f.Sides.Any(side => Enumerable.Range(0, side.Length).Any(p => Has(name, side, p))));

    private static bool Has(string name, InputSide side, int position)
    {
        InputToken token = side.Tokens[position];
        string surface = WordKinds.Surface(side.Texts, token);
        return name switch
        {
            "special" => token.IsSpecial,
            "punctuation" => WordKinds.IsPunctuation(token, surface),
            "written" => side.Name == "target" || position >= side.GivenLength,
            _ => name == token.Piece || name == surface || name == FormattableString.Invariant($"token:{token.Id}"),
        };
    }
}
