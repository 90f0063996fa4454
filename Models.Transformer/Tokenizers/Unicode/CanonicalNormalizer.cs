using System.Globalization;
using System.Text;

namespace Vitrine.Transformers;

/// <summary>Unicode normalisation, NFD, NFC, NFKD and NFKC (Unicode Standard Annex 15), on text that remembers its origin.</summary>
/// <remarks><see cref="string.Normalize()"/> returns its input unchanged in a program built with
/// <c>InvariantGlobalization</c>, which the command line is. A tokenizer must not depend on how its host was built, so
/// the table is our own: normalization.txt, written by make_normalization.py.</remarks>
internal sealed class CanonicalNormalizer
{
    // Hangul syllables decompose and compose by arithmetic (The Unicode Standard, section 3.12).
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7;
    private const int LCount = 19, VCount = 21, TCount = 28, SCount = LCount * VCount * TCount;

    private static readonly Lazy<CanonicalNormalizer> Table = new(() => new CanonicalNormalizer());

    private readonly Dictionary<int, int[]> _decompositions = [];
    private readonly Dictionary<int, int[]> _compatibility = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly Dictionary<int, byte> _combiningClasses = [];

    private CanonicalNormalizer()
    {
        using Stream stream = typeof(CanonicalNormalizer).Assembly.GetManifestResourceStream("normalization.txt")
            ?? throw new InvalidOperationException("normalisation: the embedded table normalization.txt is missing from the assembly.");
        using var reader = new StreamReader(stream);
        var excluded = new HashSet<int>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            int equals = line.IndexOf('=', StringComparison.Ordinal), tilde = line.IndexOf('~', StringComparison.Ordinal);
            if (tilde > 0)
            {
                _compatibility[Hex(line.AsSpan(0, tilde))] = [.. line[(tilde + 1)..].Split(' ').Select(part => Hex(part))];
            }
            else if (equals > 0)
            {
                int code = Hex(line.AsSpan(0, equals).TrimEnd('!'));
                int space = line.IndexOf(' ', StringComparison.Ordinal);
                _decompositions[code] = space < 0
                    ? [Hex(line.AsSpan(equals + 1))]
                    : [Hex(line.AsSpan(equals + 1, space - equals - 1)), Hex(line.AsSpan(space + 1))];
                if (line[equals - 1] == '!')
                {
                    excluded.Add(code);
                }
            }
            else
            {
                int dots = line.IndexOf("..", StringComparison.Ordinal), colon = line.IndexOf(':', StringComparison.Ordinal);
                byte combiningClass = byte.Parse(line.AsSpan(colon + 1), CultureInfo.InvariantCulture);
                for (int code = Hex(line.AsSpan(0, dots)); code <= Hex(line.AsSpan(dots + 2, colon - dots - 2)); code++)
                {
                    _combiningClasses[code] = combiningClass;
                }
            }
        }

        // Only pairs that begin with a starter recompose; single-character mappings and listed exclusions never do.
        foreach ((int code, int[] parts) in _decompositions)
        {
            if (parts.Length == 2 && !excluded.Contains(code) && CombiningClass(code) == 0 && CombiningClass(parts[0]) == 0)
            {
                _compositions[(parts[0], parts[1])] = code;
            }
        }
    }

    /// <summary>Normalisation form D: every character taken apart, combining marks in canonical order.</summary>
    public static AlignedText Decompose(AlignedText text) => Decompose(text, compatibility: false);

    /// <summary>Normalisation form C: form D, then put together where a composed character exists.</summary>
    public static AlignedText Compose(AlignedText text) => Compose(text, compatibility: false);

    /// <summary>Form D, or form KD, which also writes variants as plain characters: ligatures, full-width letters, fractions.</summary>
    public static AlignedText Decompose(AlignedText text, bool compatibility) =>
        Ascii.IsValid(text.Text) ? text : ToText(text, Table.Value.Decomposed(text, compatibility));

    /// <summary>Form C, or form KC.</summary>
    public static AlignedText Compose(AlignedText text, bool compatibility) =>
        Ascii.IsValid(text.Text) ? text : ToText(text, Table.Value.Composed(Table.Value.Decomposed(text, compatibility)));

    private static int Hex(ReadOnlySpan<char> digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private byte CombiningClass(int code) => _combiningClasses.GetValueOrDefault(code);

    private List<Mark> Decomposed(AlignedText text, bool compatibility)
    {
        var result = new List<Mark>(text.Length + 16);
        foreach (AlignedRune rune in text.Runes())
        {
            Append(result, rune.Value, rune.Origin, compatibility);
        }

        for (int start = 0; start < result.Count; start++)
        {
            int end = start;
            while (end < result.Count && result[end].Class > 0)
            {
                end++;
            }

            SortMarks(result, start, end);
            start = end;
        }

        return result;
    }

    /// <summary>Canonical order: ascending combining class, marks of one class as they stood.</summary>
    private static void SortMarks(List<Mark> marks, int start, int end)
    {
        if (end - start > 1)
        {
            Mark[] ordered = [.. marks.Skip(start).Take(end - start).OrderBy(m => m.Class)];
            for (int i = 0; i < ordered.Length; i++)
            {
                marks[start + i] = ordered[i];
            }
        }
    }

    private void Append(List<Mark> result, int code, TextSpan origin, bool compatibility)
    {
        int s = code - SBase;
        if ((uint)s < SCount)
        {
            result.Add(new Mark(LBase + (s / (VCount * TCount)), 0, origin));
            result.Add(new Mark(VBase + (s % (VCount * TCount) / TCount), 0, origin));
            if (s % TCount != 0)
            {
                result.Add(new Mark(TBase + (s % TCount), 0, origin));
            }
        }
        else if (_decompositions.TryGetValue(code, out int[]? parts) || (compatibility && _compatibility.TryGetValue(code, out parts)))
        {
            foreach (int part in parts)
            {
                Append(result, part, origin, compatibility);
            }
        }
        else
        {
            result.Add(new Mark(code, CombiningClass(code), origin));
        }
    }

    private List<Mark> Composed(List<Mark> marks)
    {
        var result = new List<Mark>(marks.Count);
        int starter = -1;
        foreach (Mark mark in marks)
        {
            // A mark is blocked from its starter by a mark of equal or higher class between them, and a starter by any.
            bool adjacent = starter == result.Count - 1;
            bool blocked = starter < 0 || (!adjacent && result[^1].Class >= mark.Class);
            if (!blocked && TryCompose(result[starter].Code, mark.Code, out int composed))
            {
                // the origin stays that of the starter, as in Hugging Face's tokenizers
                result[starter] = result[starter] with { Code = composed };
                continue;
            }

            starter = mark.Class == 0 ? result.Count : starter;
            result.Add(mark);
        }

        return result;
    }

    private bool TryCompose(int first, int second, out int composed)
    {
        int l = first - LBase, v = second - VBase, s = first - SBase, t = second - TBase;
        if ((uint)l < LCount && (uint)v < VCount)
        {
            composed = SBase + (((l * VCount) + v) * TCount);
            return true;
        }

        if ((uint)s < SCount && s % TCount == 0 && t > 0 && t < TCount)
        {
            composed = first + t;
            return true;
        }

        return _compositions.TryGetValue((first, second), out composed);
    }

    private static AlignedText ToText(AlignedText source, List<Mark> marks)
    {
        var builder = new AlignedTextBuilder(source);
        foreach (Mark mark in marks)
        {
            builder.Append(mark.Code, mark.Origin);
        }

        return builder.ToText();
    }

    private readonly record struct Mark(int Code, byte Class, TextSpan Origin);
}
