using System.Text.RegularExpressions;

namespace Vitrine.Training;

/// <summary>A name in two languages.</summary>
/// <param name="Kind">What it names: names of one kind can stand for one another.</param>
/// <param name="First">In the language of the first column.</param>
/// <param name="Second">Its spellings in the language of the second; the first of them is the one that is written.</param>
public sealed record PairedName(string Kind, string First, IReadOnlyList<string> Second);

/// <summary>
/// Makes further sentence pairs out of given ones by putting other names in on both sides: who learned “他去了伦敦。 He went to London.” can
/// learn “他去了北京。 He went to Beijing.” too. For names that the data rarely hold. What the new sentences say need not be true.
/// </summary>
public sealed class PairedNames
{
    private readonly Dictionary<string, PairedName> _first, _second;
    private readonly Regex _inFirst, _inSecond;

    /// <summary>A list of names.</summary>
    /// <param name="names">The names; no spelling may belong to two of them.</param>
    /// <exception cref="TrainingException">There are none, or two have one spelling.</exception>
    public PairedNames(IReadOnlyList<PairedName> names)
    {
        if (names.Count == 0)
        {
            throw new TrainingException("names: nothing to put in; got no name; expected at least two of one kind.");
        }
        (Names, _first, _second) = (names, [], []);
        foreach ((Dictionary<string, PairedName> table, string spelling, PairedName name) in names.SelectMany(
            name => name.Second.Select(spelling => (_second, spelling, name)).Prepend((_first, name.First, name))))
        {
            if (!table.TryAdd(spelling, name))
            {
                throw new TrainingException($"names: one spelling for two names; "
                    + $"got '{spelling}' for {table[spelling].First} and {name.First}; expected different ones.");
            }
        }
        (_inFirst, _inSecond) = (AnyOf(_first.Keys), AnyOf(_second.Keys));
    }

    /// <summary>The names.</summary>
    public IReadOnlyList<PairedName> Names { get; }

    /// <summary>Reads lines <c>kind⇥name⇥name in the other language</c>, further spellings of the latter after further tabs.</summary>
    /// <exception cref="TrainingException">A line has fewer columns, two names have one spelling, or the file cannot be read.</exception>
    public static PairedNames Read(string path) =>
        new([.. TextLines.Read(path).Select(line => line.Split('\t') is [var kind, var first, .. { Length: > 0 } second]
        ? new PairedName(kind, first, second)
        : throw new TrainingException($"names: too few columns; got '{line}'; "
            + $"expected a kind, a name, and the name in the other language, tabs between. File: {path}"))]);

    /// <summary>The pairs that hold exactly one name, the same on both sides, each with other names of its kind put in.</summary>
    /// <param name="pairs">Sentences in the language of the first column, and in that of the second.</param>
    /// <param name="times">How many other names each gets; fewer where its kind has no more.</param>
    /// <param name="seed">Of the choice.</param>
    /// <returns>The new pairs, without repetitions and without those that are given already.</returns>
    public IEnumerable<TextPair> Vary(IReadOnlyList<TextPair> pairs, int times, int seed)
    {
        HashSet<TextPair> seen = [.. pairs];
        for (int i = 0; i < pairs.Count; i++)
        {
            (MatchCollection first, MatchCollection second) = (_inFirst.Matches(pairs[i].Source), _inSecond.Matches(pairs[i].Target));
            if (first.Count != 1 || second.Count != 1 || _first[first[0].Value] != _second[second[0].Value])
            {
                continue;
            }
            PairedName name = _first[first[0].Value];
            PairedName[] others = [.. Names.Where(other => other.Kind == name.Kind && other != name)];
            RandomAt.Of(seed, i).Shuffle(others);
            foreach (PairedName other in others.Take(times))
            {
                var made = new TextPair(With(pairs[i].Source, first[0], other.First), With(pairs[i].Target, second[0], other.Second[0]));
                if (seen.Add(made))
                {
                    yield return made;
                }
            }
        }
    }

    private static string With(string text, Match old, string name) => $"{text[..old.Index]}{name}{text[(old.Index + old.Length)..]}";

    /// <summary>The longest spelling that begins somewhere, no part of a longer word in Latin letters.</summary>
    private static Regex AnyOf(IEnumerable<string> spellings) =>
        new(
            "(?<![A-Za-z])(?:" + string.Join('|', spellings.OrderByDescending(spelling => spelling.Length)
                .Select(Regex.Escape)) + ")(?![A-Za-z])",
            RegexOptions.CultureInvariant);
}
