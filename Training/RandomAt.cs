namespace Vitrine.Training;

/// <summary>
/// Random numbers as a pure function of a place: seed, epoch, example, step. So nothing has to be remembered between steps, and a training
/// that was cut off goes on with the very numbers it would have had.
/// </summary>
internal static class RandomAt
{
    /// <summary>A seed for a place; neighbouring places have unrelated seeds.</summary>
    /// <remarks>The finaliser of SplitMix64 (Steele, Lea and Flood 2014) after every part.</remarks>
    public static int Seed(params ReadOnlySpan<int> place)
    {
        ulong state = 0;
        foreach (int part in place)
        {
            state += 0x9E3779B97F4A7C15ul + (uint)part;
            state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9ul;
            state = (state ^ (state >> 27)) * 0x94D049BB133111EBul;
            state ^= state >> 31;
        }
        return (int)state;
    }

    /// <summary>A generator for a place.</summary>
    public static Random Of(params ReadOnlySpan<int> place) => new(Seed(place));
}
