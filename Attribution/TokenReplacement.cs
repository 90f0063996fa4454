using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>Finds the tokens that stand for others in a baseline.</summary>
internal static class TokenReplacement
{
    /// <summary>One replacement per given token of the first side; all that follows stays. One array per side: <c>[pos]</c></summary>
    /// <exception cref="VitrineException">There are too few or too many, or one is no single token.</exception>
    public static int[][] PerToken(ScoreFunction f, IReadOnlyList<string> words)
    {
        InputSide first = f.Sides[0];
        int given = Math.Min(first.GivenLength, first.Length);
        if (words.Count != given && words.Count != first.Length)
        {
            throw new VitrineException($"baseline: not one replacement per token; "
                + $"got {words.Count}; expected {given}: {string.Join(' ', first.Tokens.Take(given).Select(t => t.Piece))}.");
        }
        return [.. f.Sides.Select((side, s) => side.Tokens.Select((token, p) => s == 0 && p < words.Count && words[p].Length > 0
            ? Find(f, side, token, words[p]) : token.Id).ToArray())];
    }

    /// <summary>A baseline with the replacements of the tokens that have one.</summary>
    /// <exception cref="VitrineException">A replacement is no single token.</exception>
    public static ResolvedBaseline In(ScoreFunction f, ResolvedBaseline otherwise, Baseline wanted)
    {
        (TokenFilter Names, string By)[] rules = [.. wanted.Replacements.Select(pair => (new TokenFilter(pair.Key), pair.Value))];
        return otherwise.With(f, (s, p) => Array.Find(rules, rule => rule.Names.Has(f.Sides[s], p)) is { Names: not null } rule
            ? Find(f, f.Sides[s], f.Sides[s].Tokens[p], rule.By) : null)
            with
        { Name = wanted.ToString() };
    }

    /// <summary>A piece, a token by number, or a text that is one token after as much space as the other has before it.</summary>
    private static int Find(ScoreFunction f, InputSide side, InputToken token, string by)
    {
        if (by.StartsWith("token:", StringComparison.Ordinal)
            && int.TryParse(by.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
        {
            int vocabulary = f.Transformer?.Info.VocabSize ?? int.MaxValue;
            return id < vocabulary ? id : throw new VitrineException($"baseline: no such token; got '{by}'; "
                + $"expected token:0 to token:{vocabulary - 1}.");
        }
        ITokenizer tokenizer = f.Transformer?.Tokenizer
            ?? throw new VitrineException($"baseline: no tokenizer that knows words; got '{by}'; expected token:ID.");
        string text = HasSpace(side, token) && by is not [' ', ..] ? " " + by : by;
        return tokenizer.Encode(text, special: false).Ids is [var one] ? one : tokenizer.Vocabulary.IdOf(by) ?? throw new VitrineException(
            $"baseline: not one token; got '{by}', which is {string.Join(" + ", tokenizer.Encode(by, special: false).Pieces)}; expected a "
            + $"piece of the vocabulary, or text that is one.");
    }

    private static bool HasSpace(InputSide side, InputToken token) => token.Piece is ['Ġ' or '▁', ..]
        || (token.Text >= 0 && token.Text < side.Texts.Count && token.End > token.Start && side.Texts[token.Text][token.Start] == ' ');
}
