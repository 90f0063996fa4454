using System.Text;

namespace Vitrine.Serve;

/// <summary>What a request says, by name, as text: the form that JSON bodies, addresses and forms share. Order is kept.</summary>
internal sealed class Values
{
    private readonly Dictionary<string, string[]> _values = [];

    /// <summary>Where links to these values lead, when another view shows what they say; null: to themselves.</summary>
    public Func<Values, Values>? Lead { get; init; }

    /// <summary>The names, in the order in which they came.</summary>
    public IEnumerable<string> Names => _values.Keys;

    /// <summary>Everything that is said under a name; empty: nothing.</summary>
    public IReadOnlyList<string> All(string name) => _values.GetValueOrDefault(name, []);

    /// <summary>The first of what is said under a name; null: nothing.</summary>
    public string? this[string name] => All(name) is [var first, ..] ? first : null;

    /// <summary>A copy that says something else under a name; no value: nothing.</summary>
    public Values With(string name, params IReadOnlyList<string> values)
    {
        var copy = new Values { Lead = Lead };
        foreach ((string key, string[] old) in _values)
        {
            copy._values[key] = old;
        }
        return copy.Set(name, values);
    }

    /// <summary>A copy without some names.</summary>
    public Values Without(params IReadOnlyList<string> names) => names.Aggregate(this, (values, name) => values.With(name));

    /// <summary>Says something under a name; no value takes it away.</summary>
    public Values Set(string name, params IReadOnlyList<string> values)
    {
        if (values.Count == 0)
        {
            _values.Remove(name);
        }
        else
        {
            _values[name] = [.. values];
        }
        return this;
    }

    /// <summary>The query of an address, without its question mark.</summary>
    public string ToQuery() => new StringBuilder().AppendJoin('&', _values.SelectMany(pair => pair.Value.Select(value =>
        $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(value)}"))).ToString();

    /// <summary>The query.</summary>
    public override string ToString() => ToQuery();
}
