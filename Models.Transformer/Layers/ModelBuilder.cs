using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>Collects a model's parameters and hook points while its constructor walks down the tree of modules.</summary>
/// <param name="weights">The checkpoint, asked by the names of the table.</param>
/// <param name="names">The model's table from canonical paths to checkpoint names; its notation is <see cref="ModulePath"/>'s.</param>
/// <param name="storedLayer">What <c>{i}</c> is in a stored name where layers share weights (ALBERT); null: the number itself.</param>
internal sealed partial class ModelBuilder(
    WeightLoader weights, IReadOnlyDictionary<string, string> names, Func<int, string>? storedLayer = null)
{
    private const int MostLayers = 128; // looked at for a bias that one of them lacks

    private readonly List<Parameter> _parameters = [];
    private readonly Dictionary<CheckpointPlace, Parameter> _known = [];
    private readonly Dictionary<string, Parameter> _byName = new(StringComparer.Ordinal);
    private readonly List<HookPoint> _hooks = [];
    private readonly List<string> _notices = [];

    /// <summary>The path from which a model walks down with <c>/</c>.</summary>
    public ModulePath Root => new(this, "");

    /// <summary>All weights so far, in the order of asking.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>The weight that a module asked for under this name, which may be another's too; null when none did.</summary>
    public Parameter? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>All hook points so far, in the order of making.</summary>
    public IReadOnlyList<HookPoint> Hooks => _hooks;

    /// <summary>Makes a hook point.</summary>
    public HookPoint Hook(string name, string axes)
    {
        var hook = new HookPoint(name, axes);
        _hooks.Add(hook);
        return hook;
    }

    /// <summary>What a user should know about how the checkpoint was read.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>Adds to <see cref="Notices"/>.</summary>
    public void Notice(string sentence) => _notices.Add(sentence);

    /// <summary>Whether the checkpoint has the weight.</summary>
    public bool Has(string name) => weights.Has(Place(name).Tensor);

    /// <summary>
    /// Whether the checkpoint has an optional bias; says so when it has not, for it might also have been lost. A bias that another layer
    /// has is
    /// no optional one: true, and the weight is missed.
    /// </summary>
    public bool HasBias(string name)
    {
        bool has = Has(name) || (Number().IsMatch(name)
            && Enumerable.Range(0, MostLayers).Any(layer => Has(Number().Replace(name, FormattableString.Invariant($"{layer}")))));
        if (!has)
        {
            Notice($"The checkpoint has no {Place(name).Tensor}: taken as zeros.");
        }
        return has;
    }

    /// <summary>Loads a weight: as it is stored, or a view of its transpose or of a part of it; or in 8 bits, where it is stored so or
    /// asked for, or in half precision.</summary>
    public Parameter Weight(string name, Shape shape, ParameterKind kind = ParameterKind.Other, StoredPart? part = null,
        bool isBuffer = false)
    {
        CheckpointPlace place = Place(name) with { Part = part };
        if (_known.TryGetValue(place, out Parameter? known)) // layers that share their weights
        {
            return _byName[name] = known;
        }
        Parameter parameter = kind != ParameterKind.Other && Int8(name, place, shape, kind) is { } matrix
            ? new(name, kind, place, matrix)
            : new(name, kind, place, Floats(place, shape, weights.Quantization.CoversInHalf(kind)), isBuffer);
        _parameters.Add(parameter);
        return _known[place] = _byName[name] = parameter;
    }

    /// <summary>In 8 bits a linear layer is <c>[d_out, d_in]</c> in every family, and the parts of a stored tensor are some of its
    /// rows.</summary>
    private Int8Matrix? Int8(string name, CheckpointPlace place, Shape shape, ParameterKind kind)
    {
        (int rows, int columns) = kind == ParameterKind.Linear ? (shape[1], shape[0]) : (shape[0], shape[1]);
        bool transpose = kind == ParameterKind.Linear && !place.Transposed;
        float outliers = kind == ParameterKind.Linear ? weights.Outliers : float.PositiveInfinity;
        Int8Matrix? whole = weights.LoadInt8(place.Tensor, [place.Part?.Total ?? rows, columns], transpose,
            weights.Quantization.Covers(name, kind), outliers);
        return place.Part is { } part ? whole?.Rows(part.Offset, rows, part.Groups) : whole;
    }

    private Tensor Floats(CheckpointPlace place, Shape shape, bool half)
    {
        int outputs = place.Part?.Total ?? shape[^1];
        Tensor value = weights.LoadAs(place.Tensor, place.Transposed ? [outputs, shape[0]] : shape.With(shape.Rank - 1, outputs), half);
        value = place.Part?.Of(value, place.OutputAxis(shape), shape[^1]) ?? value;
        if (place.Transposed)
        {
            value = value.Transpose();
        }
        return value;
    }

    /// <summary>Looks a canonical name up in the table, the number in it as <c>{i}</c>: as a whole, else as module and last part.</summary>
    private CheckpointPlace Place(string name)
    {
        string index = Number().Match(name).Value, key = Number().Replace(name, "{i}");
        int leaf = key.LastIndexOf('.');
        string stored = names.TryGetValue(key, out string? whole) ? whole : $"{names[key[..leaf]]}.{names[key[(leaf + 1)..]]}";
        if (index.Length > 0)
        {
            string layer = storedLayer?.Invoke(int.Parse(index, CultureInfo.InvariantCulture)) ?? index;
            stored = stored.Replace("{i}", layer, StringComparison.Ordinal);
        }
        Match match = Notation().Match(stored);
        return new(match.Groups["name"].Value, match.Groups["transposed"].Success);
    }

    [GeneratedRegex(@"(?<=\.)\d+(?=\.)")]
    private static partial Regex Number();

    [GeneratedRegex(@"^(?<name>[\w.]+)(?<transposed>\^T)?$")]
    private static partial Regex Notation();
}
