using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// Hands a model its weights by today's names, whatever spelling the checkpoint has, and keeps account of what was asked.
/// A missing or misshapen weight does not stop the construction of the model: it is noted, zeros stand in for it, and
/// <see cref="Report"/> lists all of them at once. Not for several threads.
/// </summary>
/// <param name="folder">The checkpoint; may be disposed once the model is built.</param>
/// <param name="style">The spellings of the model's family.</param>
public sealed class WeightLoader(WeightsFolder folder, CheckpointStyle style)
{
    private readonly Dictionary<(string Name, bool Half), Tensor> _loaded = []; // by the file's own name
    private readonly Dictionary<string, Int8Matrix> _int8 = new(StringComparer.Ordinal);
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _found = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _missing = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _misshapen = new(StringComparer.Ordinal);

    /// <summary>Which weights are asked for in fewer bits.</summary>
    internal Quantization Quantization => folder.Quantization;

    /// <summary>From which threshold on columns of linear layers stay in float32 then.</summary>
    internal float Outliers => folder.Outliers;

    /// <summary>Whether there is no file: the model is being made, and has whatever it asks for.</summary>
    internal bool IsUnwritten => folder.IsUnwritten;

    /// <summary>Whether the checkpoint holds a tensor for this name, in any spelling or through a tie.</summary>
    /// <param name="name">Full name as written today.</param>
    public bool Has(string name) => folder.IsUnwritten || Find(name) is not null;

    /// <summary>The weight of this name as float32. Tied names give the same tensor object.</summary>
    /// <param name="name">Full name as written today, e.g. <c>transformer.h.0.ln_1.weight</c>.</param>
    /// <param name="shape">The shape the configuration demands.</param>
    /// <returns>A view of the mapped file where possible (<see cref="WeightFile.Read"/>).</returns>
    public Tensor Load(string name, Shape shape) => LoadAs(name, shape, half: false);

    /// <summary>The same, or in half precision (<see cref="WeightFile.ReadHalf"/>).</summary>
    internal Tensor LoadAs(string name, Shape shape, bool half)
    {
        if (folder.IsUnwritten)
        {
            return StandIn(shape);
        }
        string? found = Find(name);
        if (found is null)
        {
            _ = _missing.Add(name);
            return StandIn(shape);
        }
        _ = _used.Add(found);
        _found[name] = found;
        if (!Fits(found, shape))
        {
            return StandIn(shape);
        }
        if (!_loaded.TryGetValue((found, half), out Tensor? tensor))
        {
            WeightFile file = folder.FileOf(found);
            // a model lives on the ambient device
            tensor = folder.NamesOnly ? StandIn(shape) : (half ? file.ReadHalf(found) : file.Read(found)).To(Device.Current);
            _loaded.Add((found, half), tensor);
        }
        return tensor;
    }

    /// <summary>
    /// The weight of this name in 8 bits: as the checkpoint stores it (int8, the rows' largest magnitudes next to it as <c>SCB</c>), or
    /// rounded now. Null where neither applies: then <see cref="Load"/> it.
    /// </summary>
    /// <param name="name">Full name as written today, e.g. <c>transformer.h.0.attn.c_attn.weight</c>.</param>
    /// <param name="shape"><c>[rows, columns]</c>, a row per output or per entry of a table: what the configuration demands.</param>
    /// <param name="transpose">Whether the checkpoint stores floats the other way round.</param>
    /// <param name="quantize">Whether floats are to be rounded. They are read through the file, one tensor at a time: none of them stays in
    /// memory.</param>
    /// <param name="outliers">The threshold from which columns stay in float32 when rounding.</param>
    /// <exception cref="WeightException">8-bit weights in a layout that is not supported, or of which outliers are wanted.</exception>
    internal Int8Matrix? LoadInt8(string name, Shape shape, bool transpose, bool quantize, float outliers)
    {
        string? found = Find(name);
        bool stored = found is not null && Int8Checkpoint.IsStored(folder, found);
        if (found is null || (!stored && !quantize))
        {
            return null;
        }
        _used.UnionWith(stored ? Int8Checkpoint.Names(folder, found) : [found]);
        if (_int8.TryGetValue(found, out Int8Matrix? matrix))
        {
            return matrix;
        }
        if (!Fits(found, transpose && !stored ? [shape[1], shape[0]] : shape))
        {
            return null;
        }
        matrix = (stored ? Int8Checkpoint.Read(folder, found, outliers) : Int8Checkpoint.Round(folder, found, transpose,
            outliers)).To(Device.Current);
        _int8.Add(found, matrix);
        return matrix;
    }

    /// <summary>The account so far, complete when the model has asked for everything. The folder must still be open.</summary>
    public WeightReport Report()
    {
        List<string> unused = [];
        SortedDictionary<string, string> ignored = new(StringComparer.Ordinal);
        foreach (string name in folder.Names.Where(name => !_used.Contains(name)).Order(StringComparer.Ordinal))
        {
            if ((style.WhyIgnorable(name) ?? CopyOf(name)) is { } reason)
            {
                ignored.Add(name, reason);
            }
            else
            {
                unused.Add(name);
            }
        }
        return new(folder.FolderPath, [.. _missing], [.. _misshapen], unused, ignored) { Found = _found };
    }

    private bool Fits(string found, Shape shape)
    {
        WeightEntry entry = folder.Entry(found);
        bool fits = entry.Shape.AsSpan().SequenceEqual([.. shape.Axes.ToArray().Select(axis => (long)axis)]);
        if (!fits)
        {
            _ = _misshapen.Add($"{WeightException.Quote(found)} is {WeightException.Axes(entry.Shape)} where config.json implies {shape}");
        }
        return fits;
    }

    /// <summary>Whether the checkpoint holds the same bits under both names.</summary>
    internal bool Repeats(string name, string other) => Find(name) is { } a && Find(other) is { } b && (a == b || folder.SameBytes(a, b));

    // The file's own name for a weight, or null.
    private string? Find(string name) =>
        style.TiedTo(name).Prepend(name).SelectMany(style.Spellings).FirstOrDefault(folder.Contains);

    // A tied name next to the one that was loaded holds nothing of its own only if it repeats it bit for bit.
    private string? CopyOf(string name)
    {
        foreach (string known in style.Tied.SelectMany(group => group).Where(known => style.Spellings(known).Contains(name)))
        {
            string? other = style.TiedTo(known).SelectMany(style.Spellings).FirstOrDefault(_used.Contains);
            if (other is not null && folder.SameBytes(name, other))
            {
                return $"the same bits as {other}";
            }
        }
        return null;
    }

    // One zero seen from everywhere: a shape that a hostile config.json asks for costs nothing.
    private static Tensor StandIn(Shape shape) => Tensor.Scalar(0).View(shape, new int[shape.Rank]);
}
