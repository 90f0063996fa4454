using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// A place in the tree of a model's modules: <c>path / "h" / 0 / "attn"</c> is <c>h.0.attn</c>. A module gets its path in
/// its constructor and loads its weights by their last names.
/// </summary>
public sealed class WeightPath
{
    private readonly WeightLoader _loader;

    internal WeightPath(WeightLoader loader, string name)
    {
        _loader = loader;
        Name = name;
    }

    /// <summary>Full name, parts joined by dots; empty at the root.</summary>
    public string Name { get; }

    /// <summary>The path of a part.</summary>
    /// <param name="path">Where the part is.</param>
    /// <param name="part">Its name, which may itself have dots.</param>
    public static WeightPath operator /(WeightPath path, string part) => new(path._loader, path.Join(part));

    /// <summary>The path of a numbered part, e.g. a layer.</summary>
    /// <param name="path">Where the part is.</param>
    /// <param name="index">Its number, from 0.</param>
    public static WeightPath operator /(WeightPath path, int index) => path / index.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether the checkpoint holds this weight: for weights that are optional, e.g. a bias.</summary>
    /// <param name="leaf">Last part of the name, e.g. <c>bias</c>.</param>
    public bool Has(string leaf) => _loader.Has(Join(leaf));

    /// <summary>A weight of this module, e.g. <c>path.Load("weight", [768, 2304])</c>; see <see cref="WeightLoader.Load"/>.</summary>
    /// <param name="leaf">Last part of the name, e.g. <c>weight</c>.</param>
    /// <param name="shape">The shape the configuration demands.</param>
    public Tensor Load(string leaf, Shape shape) => _loader.Load(Join(leaf), shape);

    /// <summary>The full name.</summary>
    public override string ToString() => Name;

    private string Join(string part) => Name.Length == 0 ? part : $"{Name}.{part}";
}
