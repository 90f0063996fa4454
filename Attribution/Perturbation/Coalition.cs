using System.Numerics;

namespace Vitrine.Attributions;

/// <summary>A set of players, as bits.</summary>
internal sealed class Coalition : IEquatable<Coalition>
{
    private readonly ulong[] _words;

    private Coalition(ulong[] words) => _words = words;

    /// <summary>How many players are in it.</summary>
    public int Size => _words.Sum(BitOperations.PopCount);

    /// <summary>None of <paramref name="players"/>.</summary>
    public static Coalition None(int players) => new(new ulong[(players + 63) / 64]);

    /// <summary>All of <paramref name="players"/>.</summary>
    public static Coalition All(int players) => Of(players, _ => true);

    /// <summary>Those who fulfil a condition.</summary>
    public static Coalition Of(int players, Func<int, bool> isIn)
    {
        Coalition made = None(players);
        for (int player = 0; player < players; player++)
        {
            if (isIn(player))
            {
                made._words[player / 64] |= 1UL << player;
            }
        }
        return made;
    }

    /// <summary>Whether a player is in it.</summary>
    public bool Has(int player) => (_words[player / 64] >> player & 1) != 0;

    /// <summary>The same with one more.</summary>
    public Coalition With(int player)
    {
        ulong[] words = [.. _words];
        words[player / 64] |= 1UL << player;
        return new(words);
    }

    /// <summary>The same with several more.</summary>
    public Coalition With(int[] players) => players.Aggregate(this, (made, player) => made.With(player));

    /// <summary>The same with one less.</summary>
    public Coalition Without(int player)
    {
        ulong[] words = [.. _words];
        words[player / 64] &= ~(1UL << player);
        return new(words);
    }

    /// <inheritdoc/>
    public bool Equals(Coalition? other) => other is not null && _words.AsSpan().SequenceEqual(other._words);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Coalition);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (ulong word in _words)
        {
            hash.Add(word);
        }
        return hash.ToHashCode();
    }
}
