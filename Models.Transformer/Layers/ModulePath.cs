using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// A place in a model's tree of modules, such as <c>blocks.0.attn</c>: loads the weights and makes the hook points that lie there.
/// </summary>
/// <remarks>
/// Canonical paths are TransformerLens'. Each model file has a short table from them to checkpoint names, where <c>{i}</c> is the
/// number in the path, and <c>^T</c> at the end says “stored as [d_out, d_in]”. Several parameters may name one stored tensor: which part
/// of it each has is said where sizes are known (<see cref="StoredPart"/>).
/// </remarks>
internal sealed class ModulePath
{
    private readonly ModelBuilder _builder;
    private readonly string _path;

    internal ModulePath(ModelBuilder builder, string path) => (_builder, _path) = (builder, path);

    /// <summary>The sub-module of that name.</summary>
    public static ModulePath operator /(ModulePath path, string name) => new(path._builder, path.Join(name));

    /// <summary>The sub-module of that number.</summary>
    public static ModulePath operator /(ModulePath path, int index) => path / index.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Whether the checkpoint has a bias of that name: some trainers leave them out. The model's notices say when it has not.
    /// </summary>
    public bool HasBias(string name) => _builder.HasBias(Join(name));

    /// <summary>The matrix of a linear layer, <c>[d_in, d_out]</c>; see <see cref="Weight"/>.</summary>
    public Parameter Linear(string name, int dIn, int dOut, StoredPart? part = null) =>
        _builder.Weight(Join(name), [dIn, dOut], ParameterKind.Linear, part);

    /// <summary>A table of vectors, <c>[count, d]</c>; see <see cref="Weight"/>.</summary>
    public Parameter Table(string name, int count, int d) => _builder.Weight(Join(name), [count, d], ParameterKind.Table);

    /// <summary>
    /// The weight of that name, of the given shape. If the checkpoint lacks it, loading fails in the end, with all missing names.
    /// </summary>
    public Parameter Weight(string name, Shape shape, StoredPart? part = null) => _builder.Weight(Join(name), shape, part: part);

    /// <summary>A weight that training leaves alone.</summary>
    public Parameter Buffer(string name, Shape shape) => _builder.Weight(Join(name), shape, isBuffer: true);

    /// <summary>A new hook point of that name.</summary>
    public HookPoint Hook(string name, string axes) => _builder.Hook(Join(name), axes);

    /// <summary>The canonical path.</summary>
    public override string ToString() => _path;

    private string Join(string name) => _path.Length == 0 ? name : $"{_path}.{name}";
}
