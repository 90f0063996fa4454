using System.Text;
using System.Text.RegularExpressions;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// A text with slots, <c>{name}</c> or <c>{}</c>: <c>"{name} lives in {city}."</c> A name used twice is one slot in two places.
/// </summary>
public sealed class TextTemplate
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly List<string> _between = []; // the template's own words: before the first place, between places, after the last
    private readonly List<int> _slotAt = [];     // per place, which slot
    private readonly string _text;

    /// <summary>Reads a template.</summary>
    /// <exception cref="VitrineException">It has no slot.</exception>
    public TextTemplate(string text)
    {
        _text = text;
        List<string> names = [];
        int at = 0;
        foreach (Match slot in Regex.Matches(text, @"\{(\w*)\}", RegexOptions.None, s_patience))
        {
            string name = slot.Groups[1].Value.Length > 0 ? slot.Groups[1].Value : FormattableString.Invariant($"{_slotAt.Count}");
            int known = names.IndexOf(name);
            _between.Add(text[at..slot.Index]);
            _slotAt.Add(known < 0 ? names.Count : known);
            if (known < 0)
            {
                names.Add(name);
            }
            at = slot.Index + slot.Length;
        }
        _between.Add(text[at..]);
        Names = names.Count > 0 ? names : throw new VitrineException($"template: no slots; got '{text}'; "
            + $"expected at least one, such as {{name}}.");
    }

    /// <summary>The names of the slots, each once; one without a name is called by the number of its place.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The text with a value in every slot.</summary>
    /// <param name="values">One per name.</param>
    public string Fill(IReadOnlyList<string> values)
    {
        var filled = new StringBuilder(_between[0]);
        for (int place = 0; place < _slotAt.Count; place++)
        {
            filled.Append(values[_slotAt[place]]).Append(_between[place + 1]);
        }
        return filled.ToString();
    }

    /// <summary>
    /// Where the slots are in a text that the template made; null where it does not fit. Each value has at least one character.
    /// </summary>
    /// <exception cref="VitrineException">It takes too long to find out.</exception>
    public IReadOnlyList<Place>? Find(string text)
    {
        var pattern = new StringBuilder(@"\A\s*").Append(Regex.Escape(_between[0]));
        for (int place = 0; place < _slotAt.Count; place++)
        {
            int first = _slotAt.IndexOf(_slotAt[place]);
            pattern.Append(FormattableString.Invariant($"(?<s{place}>{(first == place ? ".+?" : $@"\k<s{first}>")})"))
                .Append(Regex.Escape(_between[place + 1]));
        }
        try
        {
            Match match = Regex.Match(text, pattern.Append(@"\s*\z").ToString(), RegexOptions.Singleline | RegexOptions.ExplicitCapture,
                s_patience);
            return !match.Success ? null : [.. _slotAt.Select((slot, place) => match.Groups[$"s{place}"] is var found
                ? new Place(slot, found.Index, found.Index + found.Length) : default)];
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new VitrineException($"template: it takes too long to fit it; got '{_text}'; "
                + $"expected less than {s_patience.TotalSeconds} s. Put more words between the slots.", e);
        }
    }

    /// <summary>As it was written.</summary>
    public override string ToString() => _text;

    /// <summary>Where a slot's value stands.</summary>
    /// <param name="Slot">Index into <see cref="Names"/>.</param>
    /// <param name="Start">Its first character.</param>
    /// <param name="End">One past its last.</param>
    public readonly record struct Place(int Slot, int Start, int End);
}
