using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Who writes to and who reads from the residual stream of a decoder: heads and feed-forward layers, and every edge between an output and a
/// later
/// input. The nodes and names are EAP-IG's (Hanna, Pezzelle and Belinkov 2024).
/// </summary>
/// <remarks>
/// Sources: <c>input</c> (the token embeddings), <c>aL.hH</c> (a head, without b_O), <c>mL</c>. Targets: <c>aL.hH&lt;q&gt;</c>,
/// <c>&lt;k&gt;</c>, <c>&lt;v&gt;</c>, <c>mL</c>, and
/// <c>logits</c> (before the final norm). Heads of a block are parallel; its feed-forward layer reads them unless block is parallel too.
/// GPT-2 small: 157 × 445 nodes, 32,491 edges.
/// </remarks>
public sealed class EdgeGraph
{
    private const string Letters = "qkv";

    /// <summary>The graph of some sizes.</summary>
    /// <param name="layers">Blocks.</param>
    /// <param name="heads">Query heads per block.</param>
    /// <param name="dModel">Width of the residual stream.</param>
    /// <param name="parallel">Whether attention and feed-forward layer of a block read the same stream (GPT-J, GPT-NeoX).</param>
    public EdgeGraph(int layers, int heads, int dModel, bool parallel = false)
    {
        (Layers, Heads, DModel, IsParallel) = (layers, heads, dModel, parallel);
        Sources = ["input", .. Enumerable.Range(0, layers)
            .SelectMany(l => Enumerable.Range(0, heads).Select(h => Text($"a{l}.h{h}")).Append(Text($"m{l}")))];
        Targets = [.. Enumerable.Range(0, layers)
            .SelectMany(l => Letters.SelectMany(c => Enumerable.Range(0, heads).Select(h => Text($"a{l}.h{h}<{c}>")))
            .Append(Text($"m{l}"))), "logits"];
    }

    /// <summary>Blocks.</summary>
    public int Layers { get; }

    /// <summary>Query heads per block.</summary>
    public int Heads { get; }

    /// <summary>Width of the residual stream.</summary>
    public int DModel { get; }

    /// <summary>Whether a block's feed-forward layer reads what its attention reads.</summary>
    public bool IsParallel { get; }

    /// <summary>The hook of what <c>input</c> writes to the stream.</summary>
    internal string Input { get; init; } = "hook_embed";

    /// <summary>Whether a key head serves several query heads.</summary>
    internal bool IsGrouped { get; init; }

    /// <summary>What writes, in order.</summary>
    public IReadOnlyList<string> Sources { get; }

    /// <summary>What reads, in order.</summary>
    public IReadOnlyList<string> Targets { get; }

    /// <summary>How many edges there are.</summary>
    public int EdgeCount => Enumerable.Range(0, Targets.Count).Sum(Before);

    /// <summary>The graph of a model.</summary>
    /// <exception cref="VitrineException">The model is no decoder whose blocks add to one stream before a final norm.</exception>
    public static EdgeGraph Of(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        HashSet<string> names = [.. model.HookPoints.Select(p => p.Name)];
        bool after = names.Contains("blocks.0.hook_normalized_resid_post") || names.Contains("blocks.0.ln1_post.hook_normalized");
        if (model.Info.Task != ModelTask.CausalLanguageModel || after || !names.Contains("blocks.0.attn.hook_z")
            || !names.Contains("blocks.0.ln1.hook_normalized") || !names.Contains("hook_embed"))
        {
            throw new VitrineException(
                $"circuit: the model's parts do not add up in one stream; got {model.Info.ModelType} ({model.Info.Task}); "
                + "expected a decoder that normalises before each layer, such as gpt2 or llama. Use patch for others.");
        }
        return new(PatchPlace.Get("z").LayersOf(model, "blocks"), model.Info.NHeads, model.Info.DModel,
            !names.Contains("blocks.0.hook_resid_mid"))
        {
            Input = InputOf(model),
            IsGrouped = InsideWeights.Get(model, "blocks.0.attn.W_K").Shape[1] != InsideWeights.Get(model, "blocks.0.attn.W_Q").Shape[1],
        };
    }

    /// <summary>
    /// What the token embeddings write to the stream: themselves, or, where a norm or a projection stands between (BLOOM), the stream
    /// before the first block.
    /// </summary>
    internal static string InputOf(ITransformer model) => model.Info.EmbeddingWidth != model.Info.DModel
        || model.HookPoints.Any(p => p.Name == "embed.ln.hook_normalized") ? "blocks.0.hook_resid_pre" : "hook_embed";

    /// <summary>
    /// The first position that must be computed again. A cache of grouped keys does not fit runs in which every query head has its own.
    /// </summary>
    internal int StartOf(PromptPair pair) => IsGrouped ? 0 : pair.FirstDifference;

    /// <summary>How many sources come before a target: those have an edge to it.</summary>
    /// <param name="target">Index into <see cref="Targets"/>.</param>
    public int Before(int target)
    {
        (int layer, char kind, _) = Place(target);
        return kind switch
        {
            'l' => Sources.Count,
            'm' => 1 + (layer * (Heads + 1)) + (IsParallel ? 0 : Heads),
            _ => 1 + (layer * (Heads + 1)),
        };
    }

    /// <summary>Whether there is an edge.</summary>
    public bool HasEdge(int source, int target) => source < Before(target);

    /// <summary>Block, kind (<c>q k v m l</c>) and head of a target.</summary>
    public (int Layer, char Kind, int Head) Place(int target)
    {
        int perBlock = (3 * Heads) + 1, layer = target / perBlock, at = target % perBlock;
        return layer == Layers ? (Layers, 'l', 0) : at == 3 * Heads ? (layer, 'm', 0) : (layer, Letters[at / Heads], at % Heads);
    }

    /// <summary>Index of a target.</summary>
    public int TargetOf(int layer, char kind, int head) => kind == 'l' ? Targets.Count - 1 : (layer * ((3 * Heads) + 1))
        + (kind == 'm' ? 3 * Heads : (Letters.IndexOf(kind, StringComparison.Ordinal) * Heads) + head);

    /// <summary>Index of a source: a head, or the feed-forward layer with head −1.</summary>
    public int SourceOf(int layer, int head) => 1 + (layer * (Heads + 1)) + (head < 0 ? Heads : head);

    /// <summary>The source that a target belongs to: the node they are two sides of; −1 for the logits.</summary>
    public int NodeOf(int target) => Place(target) switch
    {
        (_, 'l', _) => -1,
        (int layer, 'm', _) => SourceOf(layer, -1),
        (int layer, _, int head) => SourceOf(layer, head),
    };

    /// <summary>An edge's name: <c>a0.h1-&gt;a3.h2&lt;q&gt;</c>.</summary>
    public string NameOf(int source, int target) => $"{Sources[source]}->{Targets[target]}";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
