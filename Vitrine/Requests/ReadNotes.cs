using System.Globalization;
using Encoding = Vitrine.Transformers.Encoding;

namespace Vitrine;

/// <summary>What a reader of a result should know about how its texts were read: what the vocabulary lacks, what was cut.</summary>
internal sealed class ReadNotes
{
    private readonly OrderedDictionary<string, bool> _all = [];

    /// <summary>One sentence each, in the order of reading, none twice.</summary>
    public IReadOnlyList<string> All => [.. _all.Keys];

    /// <summary>Notes what the tokenizer has to say of a text.</summary>
    public void Add(Encoding encoding)
    {
        foreach (string notice in encoding.Notices)
        {
            _all.TryAdd(notice, true);
        }
    }

    /// <summary>Notes that a text was cut.</summary>
    /// <param name="read">Tokens that are read.</param>
    /// <param name="count">Tokens that it has.</param>
    /// <param name="texts">How many texts the tokens are of; of two, the longer one is cut.</param>
    public void AddCut(int read, int count, int texts) => _all.TryAdd(string.Create(CultureInfo.InvariantCulture,
        $"{read} of {count} tokens were read; ")
        + (texts > 1 ? string.Create(CultureInfo.InvariantCulture, $"cut: {count - read} at the end of the longer text.")
            : string.Create(CultureInfo.InvariantCulture, $"cut: the last {count - read}.")), true);
}
