using System.Globalization;
using System.Text.Json;

namespace Vitrine.Tests.Models.Tokenizers;

/// <summary>Writes SentencePiece model files: the protobuf fields and the compiled rules, straight from their definitions.</summary>
internal sealed class TinySentencePiece
{
    private readonly List<byte> _bytes = [];

    public TinySentencePiece() => Piece("<unk>", 0, 2).Piece("<s>", 0, 3).Piece("</s>", 0, 3);

    public static TinySentencePiece Standard => new TinySentencePiece()
        .Piece("▁", -2).Piece("▁the", -3).Piece("the", -4).Piece("▁t", -5).Piece("he", -5)
        .Piece("t", -6).Piece("h", -6).Piece("e", -6).Piece("▁cat", -4.5f).Piece("s", -5).Piece("猫", -7).Piece("a", -6).Piece("aa", -7);

    public byte[] ToArray() => [.. _bytes];

    public TinySentencePiece Piece(string text, float score, int kind = 1)
    {
        byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(text);
        return Field(1, [0x0A, (byte)utf8.Length, .. utf8, 0x15, .. BitConverter.GetBytes(score), 0x18, (byte)kind]);
    }

    /// <summary>trainer_spec with integer fields.</summary>
    public TinySentencePiece Trainer(params (int Number, int Value)[] fields) =>
        Field(2, [.. fields.SelectMany(f => (byte[])[.. Varint((uint)f.Number << 3), .. Varint((uint)f.Value)])]);

    /// <summary>trainer_spec with one integer field.</summary>
    public TinySentencePiece Trainer(int field, int value) => Trainer((field, value));

    /// <summary>normalizer_spec with rules and flags.</summary>
    public TinySentencePiece Normalizer(Dictionary<string, string> rules, bool dummyPrefix = true, bool removeExtra = true,
        bool escape = true)
    {
        byte[] map = rules.Count == 0 ? [] : Compile(rules);
        return Field(3, [0x12, .. Varint((uint)map.Length), .. map, 0x18, One(dummyPrefix), 0x20, One(removeExtra), 0x28, One(escape)]);
    }

    /// <summary>A Marian folder in which both languages use this model.</summary>
    public TinyFolder Folder(params string[] vocabulary)
    {
        string[] pieces = ["</s>", "<unk>", .. vocabulary, "<pad>"];
        string json = "{" + string.Join(",",
            pieces.Select((p, id) => string.Create(CultureInfo.InvariantCulture, $"{JsonSerializer.Serialize(p)}:{id}"))) + "}";
        var folder = new TinyFolder(("vocab.json", json));
        File.WriteAllBytes(Path.Combine(folder.Path, "source.spm"), ToArray());
        File.WriteAllBytes(Path.Combine(folder.Path, "target.spm"), ToArray());
        return folder;
    }

    /// <summary>Rules as precompiled_charsmap: trie size, double array, replacements.</summary>
    public static byte[] Compile(Dictionary<string, string> rules)
    {
        var replacements = new List<byte>();
        var values = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach ((string from, string to) in rules)
        {
            values[Latin1(from)] = (uint)replacements.Count;
            replacements.AddRange([.. System.Text.Encoding.UTF8.GetBytes(to), 0]);
        }

        List<uint> units = [.. new uint[256]];
        var taken = new HashSet<int> { 0 };
        Place(0, "");
        byte[] trie = [.. units.SelectMany(BitConverter.GetBytes)];
        return [.. BitConverter.GetBytes(trie.Length), .. trie, .. replacements];

        // Puts the children of the node for this prefix at the first offset where all their places are free.
        void Place(int node, string prefix)
        {
            byte[] labels = [.. values.Keys.Where(k => k.Length > prefix.Length && k.StartsWith(prefix, StringComparison.Ordinal))
                .Select(k => (byte)k[prefix.Length]).Distinct()];
            bool hasValue = values.TryGetValue(prefix, out uint value);
            int offset = 1;
            while (labels.Select(c => node ^ offset ^ c).Append(node ^ offset).Any(taken.Contains))
            {
                offset++;
            }

            int[] places = [.. labels.Select(c => node ^ offset ^ c), node ^ offset];
            taken.UnionWith(places);
            while (units.Count <= places.Max())
            {
                units.AddRange(new uint[256]);   // whole blocks, so that no byte leads out of the array
            }

            units[node] |= ((uint)offset << 10) | (hasValue ? 1u << 8 : 0);
            units[node ^ offset] = hasValue ? value | (1u << 31) : 0;
            foreach (byte c in labels)
            {
                units[node ^ offset ^ c] = c;
                Place(node ^ offset ^ c, prefix + (char)c);
            }
        }
    }

    private static string Latin1(string text) => System.Text.Encoding.Latin1.GetString(System.Text.Encoding.UTF8.GetBytes(text));

    private TinySentencePiece Field(int number, byte[] message)
    {
        _bytes.AddRange([.. Varint(((uint)number << 3) | 2), .. Varint((uint)message.Length), .. message]);
        return this;
    }

    private static byte[] Varint(uint value) => value < 128 ? [(byte)value] : [(byte)(value | 0x80), .. Varint(value >> 7)];

    private static byte One(bool flag) => flag ? (byte)1 : (byte)0;
}
