namespace Vitrine.Attributions;

/// <summary>
/// A binary tree over players in reading order, cut where the text is cut: between inputs, texts, sentences, words; else in the middle.
/// </summary>
internal sealed class TokenTree
{
    private TokenTree(int[] players, TokenTree? left = null, TokenTree? right = null) => (Players, Left, Right) = (players, left, right);

    /// <summary>Who is below this node.</summary>
    public int[] Players { get; }

    /// <summary>The earlier half; null for a single player.</summary>
    public TokenTree? Left { get; }

    /// <summary>The later half; null for a single player.</summary>
    public TokenTree? Right { get; }

    /// <summary>The tree of a game.</summary>
    public static TokenTree Of(Game game, ScoreFunction f)
    {
        var seen = new HashSet<int>();
        var players = new List<int>();
        var gaps = new List<int>(); // how deep a cut the text has before each player
        for (int side = 0; side < f.Sides.Count; side++)
        {
            (int Player, int Position)? before = null;
            foreach (int player in game.InOrder(side).Where(seen.Add))
            {
                int position = game.PositionOf(player, side);
                players.Add(player);
                gaps.Add(before is { } last ? Boundary(f.Sides[side], last.Position, position) : 4);
                before = (player, position);
            }
        }
        return Build([.. players], [.. gaps]);
    }

    private static TokenTree Build(ReadOnlySpan<int> players, ReadOnlySpan<int> gaps)
    {
        if (players.Length == 1)
        {
            return new([players[0]]);
        }
        int best = players.Length / 2;
        int margin = players.Length / 4; // a cut near the ends would make the tree deep, and the method slow
        for (int cut = Math.Max(1, margin); cut <= Math.Min(players.Length - 1, players.Length - margin); cut++)
        {
            bool nearer = Math.Abs((2 * cut) - players.Length) < Math.Abs((2 * best) - players.Length);
            best = gaps[cut] > gaps[best] || (gaps[cut] == gaps[best] && nearer) ? cut : best;
        }
        return new([.. players], Build(players[..best], gaps[..best]), Build(players[best..], gaps[best..]));
    }

    /// <summary>What lies between two tokens: 3 the end of a text, 2 of a sentence, 1 of a word, 0 nothing.</summary>
    private static int Boundary(InputSide side, int before, int after)
    {
        (InputToken left, InputToken right) = (side.Tokens[before], side.Tokens[after]);
        return left.Text != right.Text ? 3 : Sentences.Ends(side, after - 1) ? 2 : left.Word != right.Word ? 1 : 0;
    }
}
