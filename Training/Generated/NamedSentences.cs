// Sentences of a text in which the names are known: what a list knows is marked, and a sentence with a capital that the list does not
// explain is left out.
using System.Text;
using System.Text.RegularExpressions;

namespace Vitrine.Training;

/// <summary>
/// Marks names in running text by a list (distant supervision by a gazetteer; Mintz et al. 2009), in the form that <see cref="MarkedText"/>
/// reads: <c>Is [Romeo](PER) slaughtered?</c>
/// </summary>
/// <remarks>
/// <para>The list: lines <c>label⇥name</c>; names of several words are tried first, and names of one label that follow each other are
/// one name. A name in capitals is found so only; one in small letters (<c>to-morrow</c>) at the beginning of a sentence too.</para>
/// <para>A sentence ends at <c>. ! ? ; :</c>, an empty line, or a line that names a speaker (<c>ROMEO:</c>). It is left out when it holds
/// no name; when it is shorter than three words or longer than thirty; and when a capital in it is not explained: by the list, by the
/// beginning of a sentence or of a line of verse in front of a word that the text also writes small, or by being <c>I</c> or
/// <c>O</c>.</para>
/// </remarks>
public sealed partial class NamedSentences
{
    private const int Fewest = 3, Most = 30;

    private readonly Dictionary<string, string> _labels = new(StringComparer.Ordinal);
    private readonly int _longest;

    private NamedSentences(string path)
    {
        foreach (string line in TextLines.Read(path))
        {
            if (line.Split('\t') is not [{ Length: > 0 } label, { Length: > 0 } name] || !_labels.TryAdd(name, label))
            {
                throw new TrainingException($"names: a line that is not a label and a new name; got '{line}'; expected label and name, a "
                    + $"tab between, every name once. File: {path}");
            }
        }
        _longest = _labels.Keys.Max(name => name.Count(c => c == ' ') + 1);
    }

    /// <summary>Reads a list of names.</summary>
    /// <param name="path">UTF-8 lines <c>label⇥name</c>.</param>
    /// <exception cref="TrainingException">It cannot be read, a line has another form, or a name stands there twice.</exception>
    public static NamedSentences Read(string path) => new(path);

    /// <summary>The sentences of a text whose names are all known, each once, names marked.</summary>
    /// <param name="text">Running text or verse.</param>
    public IEnumerable<string> Mark(string text)
    {
        HashSet<string> small = [.. Word().Matches(text).Select(word => word.Value).Where(word => char.IsLower(word[0]))];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string speech in Breaks().Split(text))
        {
            foreach (Match sentence in Sentence().Matches(speech).Cast<Match>())
            {
                if (Marked(sentence.Value, small) is { } marked && seen.Add(marked))
                {
                    yield return marked;
                }
            }
        }
    }

    private string? Marked(string sentence, HashSet<string> small)
    {
        Match[] words = [.. Word().Matches(sentence).Cast<Match>()];
        if (words.Length is < Fewest or > Most)
        {
            return null;
        }
        List<(int Start, int End, string Label)> names = [];
        for (int i = 0; i < words.Length;)
        {
            (int count, string? label) = Name(sentence, words, i);
            if (label is null && !IsExplained(sentence, words[i], small))
            {
                return null;
            }
            if (label is not null)
            {
                (int start, int end) = (words[i].Index, words[i + count - 1].Index + words[i + count - 1].Length);
                if (names is [.., var last] && last.Label == label && sentence[last.End..start].All(c => c is ' ' or '\n'))
                {
                    (start, _, _) = last;
                    names.RemoveAt(names.Count - 1);
                }
                names.Add((start, end, label));
            }
            i += count;
        }
        return names.Count == 0 ? null : Written(sentence, names);
    }

    /// <summary>The longest known name that begins at a word, and its label; one word and null where there is none.</summary>
    private (int Words, string? Label) Name(string sentence, Match[] words, int first)
    {
        for (int count = Math.Min(_longest, words.Length - first); count > 0; count--)
        {
            Match last = words[first + count - 1];
            string name = sentence[words[first].Index..(last.Index + last.Length)].Replace('\n', ' ');
            if (_labels.TryGetValue(name, out string? label)
                || (first == 0 && _labels.TryGetValue(char.ToLowerInvariant(name[0]) + name[1..], out label)))
            {
                return (count, label);
            }
        }
        return (1, null);
    }

    private static bool IsExplained(string sentence, Match word, HashSet<string> small) =>
        char.IsLower(word.Value[0]) || word.Value is "I" or "O"
        || (sentence[..word.Index].TrimEnd(' ') is "" or [.., '\n']
            && small.Contains(char.ToLowerInvariant(word.Value[0]) + word.Value[1..]));

    private static string Written(string sentence, List<(int Start, int End, string Label)> names)
    {
        var text = new StringBuilder();
        int done = 0;
        foreach ((int start, int end, string label) in names)
        {
            text.Append(sentence, done, start - done).Append('[').Append(sentence, start, end - start);
            text.Append("](").Append(label).Append(')');
            done = end;
        }
        text.Append(sentence, done, sentence.Length - done);
        return Blanks().Replace(text.ToString(), " ").TrimEnd(';', ':').Trim();
    }

    [GeneratedRegex(@"[\p{L}]+(?:-[\p{L}]+)*")]
    private static partial Regex Word();

    [GeneratedRegex(@"\n\s*\n|^[^\n]*:[ \t]*$", RegexOptions.Multiline)]
    private static partial Regex Breaks();

    [GeneratedRegex(@"\b[^.!?;:]*[.!?;:]")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
