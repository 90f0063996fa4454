using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Vitrine.Training;

/// <summary>Parts data into what is learned and what is only judged.</summary>
public static class HeldOut
{
    /// <summary>
    /// Puts an item aside when the SHA-256 hash of <c>seed, line break, key</c>, read as a number from 0 to 1, is below a part.
    /// </summary>
    /// <remarks>
    /// So the split is the same on every machine, and items with equal keys fall on one side: what is judged was not learned.
    /// </remarks>
    /// <param name="items">The data.</param>
    /// <param name="key">What must not be on both sides.</param>
    /// <param name="part">0–1.</param>
    /// <param name="seed">Another seed, another split.</param>
    public static (IReadOnlyList<T> Training, IReadOnlyList<T> Held) Split<T>(IEnumerable<T> items, Func<T, string> key, double part,
        int seed)
    {
        List<T> training = [], held = [];
        foreach (T item in items)
        {
            byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{seed}\n{key(item)}")));
            (BinaryPrimitives.ReadUInt32BigEndian(hash) / 4294967296.0 < part ? held : training).Add(item);
        }
        return (training, held);
    }
}
