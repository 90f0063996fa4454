using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Which token of another continuation stands against which token of the one that is explained.</summary>
public static class ContrastAlignment
{
    /// <summary>The forms that <see cref="Parse"/> reads.</summary>
    public const string Forms = "same, edits, or pairs such as \"0-0 1-2\" (explained-other, from 0)";

    /// <summary>Reads what a command line says.</summary>
    /// <param name="form"><c>same</c>: the first against the first and so on; <c>edits</c>: see <see cref="ByEdits"/>; or pairs.</param>
    /// <param name="tokens">The continuation that is explained.</param>
    /// <param name="foils">The other one.</param>
    /// <returns>Per token the position of its counterpart in <paramref name="foils"/>; null: it has none. <c>[token]</c></returns>
    /// <exception cref="VitrineException">It is none of these forms, or a position is not there.</exception>
    public static int?[] Parse(string form, IReadOnlyList<int> tokens, IReadOnlyList<int> foils)
    {
        switch (form)
        {
            case "same":
                return [.. tokens.Select((_, i) => i < foils.Count ? i : (int?)null)];
            case "edits":
                return ByEdits(tokens, foils);
        }
        var made = new int?[tokens.Count];
        foreach (string pair in form.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            if (pair.Split('-') is not [var first, var second]
                || !int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int token)
                    || !int.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out int foil)
                || token >= tokens.Count || foil >= foils.Count)
            {
                throw new VitrineException($"contrast alignment: not a pair of positions; got '{pair}'; expected {Forms}, with "
                    + $"{tokens.Count} tokens against {foils.Count}.");
            }
            made[token] = foil;
        }
        return made;
    }

    /// <summary>
    /// The cheapest way from one text to the other by adding, dropping and replacing tokens (Levenshtein 1966); where several are as
    /// cheap, the one that keeps
    /// what is equal furthest to the left.
    /// </summary>
    /// <returns>Per token the position of what it became; null: it was dropped.</returns>
    public static int?[] ByEdits(IReadOnlyList<int> tokens, IReadOnlyList<int> foils)
    {
        int[,] cost = new int[tokens.Count + 1, foils.Count + 1]; // of what follows positions i and j
        for (int i = tokens.Count; i >= 0; i--)
        {
            for (int j = foils.Count; j >= 0; j--)
            {
                cost[i, j] = i == tokens.Count ? foils.Count - j
                    : j == foils.Count ? tokens.Count - i
                    : Math.Min(cost[i + 1, j + 1] + (tokens[i] == foils[j] ? 0 : 1), 1 + Math.Min(cost[i + 1, j], cost[i, j + 1]));
            }
        }
        var made = new int?[tokens.Count];
        for (int i = 0, j = 0; i < tokens.Count && j < foils.Count;)
        {
            if (cost[i, j] == cost[i + 1, j + 1] + (tokens[i] == foils[j] ? 0 : 1))
            {
                made[i++] = j++;
            }
            else if (cost[i, j] == cost[i + 1, j] + 1)
            {
                i++;
            }
            else
            {
                j++;
            }
        }
        return made;
    }
}
