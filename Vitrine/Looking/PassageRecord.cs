using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>
/// What fires the units of a layer over a data file, with the tokens around each of the largest activations. Memory is bounded by
/// units × top; it is written to a file now and then, so that a run that ends early goes on where it was.
/// </summary>
internal sealed class PassageRecord
{
    /// <summary>Tokens on each side of a passage's peak.</summary>
    private const int Context = 6, MostUnits = 1 << 24;

    private readonly Dictionary<(int Text, int Position), (int[] Ids, int Peak)> _windows = [];
    private readonly int _top;

    public PassageRecord(int units, int top) => (Best, _top) = (new NeuronRecord(units, top), top);

    /// <summary>The largest activations, and means.</summary>
    public NeuronRecord Best { get; private set; }

    /// <summary>How many rows of the file are in it.</summary>
    public long Rows { get; private init; }

    /// <summary>The tokens around an activation, and which of them it belongs to.</summary>
    public (int[] Ids, int Peak) Around(UnitActivation a) => _windows[(a.Text, a.Position)];

    /// <summary>Adds a text.</summary>
    /// <param name="activations"><c>[pos, unit]</c>, row-major.</param>
    /// <param name="ids">Its tokens.</param>
    public void Add(ReadOnlySpan<float> activations, int[] ids)
    {
        int text = Best.Texts;
        Best.Add(activations, text);
        for (int u = 0; u < Best.Units; u++)
        {
            foreach (UnitActivation a in Best.Top(u).Where(a => a.Text == text))
            {
                int from = Math.Max(0, a.Position - Context), to = Math.Min(ids.Length, a.Position + Context + 1);
                _windows[(text, a.Position)] = (ids[from..to], a.Position - from);
            }
        }
        if (_windows.Count > 2 * Best.Units * _top)
        {
            HashSet<(int, int)> needed = [.. Enumerable.Range(0, Best.Units)
                .SelectMany(u => Best.Top(u).Select(a => (a.Text, a.Position)))];
            foreach ((int, int) key in _windows.Keys.Where(key => !needed.Contains(key)).ToArray())
            {
                _windows.Remove(key);
            }
        }
    }

    /// <summary>Writes it, replacing what was there atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="job">What the next run must be, to go on with it.</param>
    /// <param name="rows">How many rows of the file are in it.</param>
    /// <exception cref="RequestException">It cannot be written.</exception>
    public void Save(string path, string job, long rows)
    {
        try
        {
            AtomicFile.Write(path, stream =>
            {
                using var json = new Utf8JsonWriter(stream);
                json.WriteStartObject();
                json.WriteString("job", job);
                json.WriteNumber("rows", rows);
                json.WriteNumber("texts", Best.Texts);
                json.WriteNumber("tokens", Best.Count);
                json.WriteNumber("top", _top);
                json.WriteStartArray("units");
                for (int u = 0; u < Best.Units; u++)
                {
                    Write(json, u);
                }
                json.WriteEndArray();
                json.WriteEndObject();
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException(Fault.Output, AtomicFile.Refusal(path, path, e), e);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote; null where there is no file.</summary>
    /// <exception cref="RequestException">It is of another job, or no such file.</exception>
    public static PassageRecord? Load(string path, string job)
    {
        if (!File.Exists(path))
        {
            return null;
        }
        var json = JsonField.Parse($"record '{path}'", File.ReadAllBytes(path), message => new RequestException(Fault.Output, message));
        if (json["job"].Text() != job)
        {
            throw new RequestException(Fault.Output, $"record: '{path}' belongs to another job; got other settings, another model or other "
                + "data; expected those it was begun with. Choose another path, or delete it.");
        }
        IReadOnlyList<JsonField> units = json["units"].Items(1);
        var record = new PassageRecord(units.Count, json["top"].Whole(1, MostUnits)) { Rows = json["rows"].Whole(0, int.MaxValue) };
        List<(double, long, IReadOnlyList<UnitActivation>)> read = [];
        foreach (JsonField unit in units)
        {
            List<UnitActivation> best = [];
            foreach (JsonField one in unit["best"].Items())
            {
                var a = new UnitActivation((float)one["value"].Number(), one["text"].Whole(0, int.MaxValue),
                    one["position"].Whole(0, int.MaxValue));
                int[] ids = [.. one["ids"].Items(1).Select(id => id.Whole(0, int.MaxValue))];
                record._windows[(a.Text, a.Position)] = (ids, one["peak"].Whole(0, ids.Length - 1));
                best.Add(a);
            }
            read.Add((unit["sum"].Number(), unit["positive"].Whole(0, int.MaxValue), best));
        }
        record.Best = NeuronRecord.Of(record._top, json["tokens"].Whole(0, int.MaxValue), json["texts"].Whole(0, int.MaxValue), read);
        return record;
    }

    private void Write(Utf8JsonWriter json, int unit)
    {
        (double sum, long positive) = Best.Sums(unit);
        json.WriteStartObject();
        json.WriteNumber("sum", sum);
        json.WriteNumber("positive", positive);
        json.WriteStartArray("best");
        foreach (UnitActivation a in Best.Top(unit))
        {
            (int[] ids, int peak) = Around(a);
            json.WriteStartObject();
            json.WriteNumber("value", a.Value);
            json.WriteNumber("text", a.Text);
            json.WriteNumber("position", a.Position);
            json.WriteNumber("peak", peak);
            json.WriteStartArray("ids");
            Array.ForEach(ids, json.WriteNumberValue);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
