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
    private readonly Dictionary<string, Tensor> _loaded = new(StringComparer.Ordinal); // by the file's own name
    private readonly SortedSet<string> _missing = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _misshapen = new(StringComparer.Ordinal);

    /// <summary>Whether the checkpoint holds a tensor for this name, in any spelling or through a tie.</summary>
    /// <param name="name">Full name as written today.</param>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>The weight of this name as float32. Tied names give the same tensor object.</summary>
    /// <param name="name">Full name as written today, e.g. <c>transformer.h.0.ln_1.weight</c>.</param>
    /// <param name="shape">The shape the configuration demands.</param>
    /// <returns>A view of the mapped file where possible (<see cref="SafetensorsFile.Read"/>).</returns>
    public Tensor Load(string name, Shape shape)
    {
        string? found = Find(name);
        if (found is null)
        {
            _ = _missing.Add(name);
            return StandIn(shape);
        }
        if (!_loaded.TryGetValue(found, out Tensor? tensor))
        {
            tensor = folder.Read(found).To(Device.Current); // a model lives on the ambient device
            _loaded.Add(found, tensor);
        }
        if (tensor.Shape != shape)
        {
            _ = _misshapen.Add($"{WeightException.Quote(found)} is {tensor.Shape} where config.json implies {shape}");
            return StandIn(shape);
        }
        return tensor;
    }

    /// <summary>The account so far, complete when the model has asked for everything. The folder must still be open.</summary>
    public WeightReport Report()
    {
        List<string> unused = [];
        SortedDictionary<string, string> ignored = new(StringComparer.Ordinal);
        foreach (string name in folder.Names.Where(name => !_loaded.ContainsKey(name)).Order(StringComparer.Ordinal))
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
        return new(folder.FolderPath, [.. _missing], [.. _misshapen], unused, ignored);
    }

    // The file's own name for a weight, or null.
    private string? Find(string name) =>
        style.TiedTo(name).Prepend(name).SelectMany(style.Spellings).FirstOrDefault(folder.Contains);

    // A tied name beside the one that was loaded holds nothing of its own only if it repeats it bit for bit.
    private string? CopyOf(string name)
    {
        foreach (string known in style.Tied.SelectMany(group => group).Where(known => style.Spellings(known).Contains(name)))
        {
            string? other = style.TiedTo(known).SelectMany(style.Spellings).FirstOrDefault(_loaded.ContainsKey);
            if (other is not null && SameBytes(name, other))
            {
                return $"the same bits as {other}";
            }
        }
        return null;
    }

    private unsafe bool SameBytes(string a, string b)
    {
        (WeightEntry left, WeightEntry right) = (folder.Entry(a), folder.Entry(b));
        if (left.Type != right.Type || !left.Shape.AsSpan().SequenceEqual(right.Shape))
        {
            return false;
        }
        byte* x = folder.FileOf(a).Address(a);
        byte* y = folder.FileOf(b).Address(b);
        for (long start = 0; start < left.Length; start += int.MaxValue)
        {
            int count = (int)Math.Min(int.MaxValue, left.Length - start);
            if (!new ReadOnlySpan<byte>(x + start, count).SequenceEqual(new ReadOnlySpan<byte>(y + start, count)))
            {
                return false;
            }
        }
        GC.KeepAlive(folder);
        return true;
    }

    // One zero seen from everywhere: a shape that a hostile config.json asks for costs nothing.
    private static Tensor StandIn(Shape shape) => Tensor.Scalar(0).View(shape, new int[shape.Rank]);
}
