using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>Queries and keys of every head of one text, as scores multiply them: rotated where the model rotates.</summary>
public sealed class HeadVectors
{
    private readonly float[][] _queries, _keys;
    private readonly int _heads, _keyHeads;

    private HeadVectors(float[][] queries, float[][] keys, int heads, int keyHeads, int dHead) =>
        (_queries, _keys, _heads, _keyHeads, DHead) = (queries, keys, heads, keyHeads, dHead);

    /// <summary>Numbers per vector.</summary>
    public int DHead { get; }

    /// <summary>Runs a text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">One text.</param>
    /// <param name="stack">Null: the last of the model's stacks.</param>
    /// <param name="cross">Whether the heads between decoder and encoder are meant.</param>
    public static HeadVectors Of(ITransformer model, ModelInput input, string? stack = null, bool cross = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        string name = stack ?? new PatchRequest().StackOf(model), part = cross ? "cross_attn" : "attn";
        int layers = PatchPlace.Get(cross ? "cross_pattern" : "pattern").LayersOf(model, name);
        string[] blocks = [.. Enumerable.Range(0, layers).Select(l => FormattableString.Invariant($"{name}.{l}.{part}."))];
        HashSet<string> known = [.. model.HookPoints.Select(p => p.Name)];
        // Some families rotate in some blocks alone.
        string Hook(string block, string letter) =>
            known.Contains($"{block}hook_rot_{letter}") ? $"{block}hook_rot_{letter}" : $"{block}hook_{letter}";
        Dictionary<string, Tensor> found = PatchSweep.Capture(model, input,
            [.. blocks.SelectMany(b => new[] { Hook(b, "q"), Hook(b, "k") })]);
        Tensor q = found[Hook(blocks[0], "q")], k = found[Hook(blocks[0], "k")];
        return new([.. blocks.Select(b => found[Hook(b, "q")].ToArray())], [.. blocks.Select(b => found[Hook(b, "k")].ToArray())],
            q.Shape[2], k.Shape[2], q.Shape[3]);
    }

    /// <summary>The query of one head at one position.</summary>
    public ReadOnlySpan<float> Query(int layer, int head, int position) =>
        _queries[layer].AsSpan(((position * _heads) + head) * DHead, DHead);

    /// <summary>The key of one head at one position; a key head may serve several query heads.</summary>
    public ReadOnlySpan<float> Key(int layer, int head, int position) =>
        _keys[layer].AsSpan(((position * _keyHeads) + (head / (_heads / _keyHeads))) * DHead, DHead);
}
