using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>The matrices of every head, as they are in the checkpoint or folded as TransformerLens does by default.</summary>
/// <remarks>
/// Folded: a norm's weight multiplies what reads through it (LayerNorm: and every column is centred over d_model), what writes to the
/// stream is
/// centred over d_model, the unembedding over the vocabulary too. Folding changes no prediction, but for a constant shift of all logits.
/// Row vectors: q = x·W_Q.
/// </remarks>
internal sealed class HeadWeights
{
    private readonly ITransformer _model;
    private readonly string _stack;
    private readonly bool _folded, _layerNorm;
    private readonly Dictionary<string, Dense> _known = [];

    public HeadWeights(ITransformer model, bool folded)
    {
        (_model, _folded) = (model, folded);
        _stack = new PatchRequest().StackOf(model);
        Layers = PatchPlace.Get("z").LayersOf(model, _stack);
        Heads = model.Info.NHeads;
        _layerNorm = InsideWeights.IsLayerNorm(model, $"{_stack}.0.ln1");
        if (folded && model.HookPoints.Any(p => p.Name == $"{_stack}.0.hook_normalized_resid_post"))
        {
            throw new VitrineException(
                $"weights: norms cannot be folded where they come after each layer; got {model.Info.ModelType}; expected raw weights.");
        }
    }

    public int Layers { get; }

    public int Heads { get; }

    public Dense Query(int layer, int head) => Reading(layer, head, "W_Q");

    public Dense Key(int layer, int head) => Reading(layer, head, "W_K");

    public Dense Value(int layer, int head) => Reading(layer, head, "W_V");

    /// <summary><c>[d_head, d_model]</c></summary>
    public Dense Output(int layer, int head)
    {
        Dense all = Known(string.Create(CultureInfo.InvariantCulture, $"{_stack}.{layer}.attn.W_O"), writes: true);
        int dHead = all.Rows / Heads;
        return new Dense(dHead, all.Columns, all.Values.AsSpan(head * dHead * all.Columns, dHead * all.Columns).ToArray());
    }

    /// <summary>Whether the stream begins with a table of token embeddings and ends with words.</summary>
    public bool HasTokens => _model is ILanguageModel && InsideWeights.Find(_model, "embed.W_E")?.Shape[1] == _model.Info.DModel;

    /// <summary>Token embeddings, <c>[vocab, d_model]</c>.</summary>
    public Tensor Embedding => Float(Known("embed.W_E", writes: true));

    /// <summary>Position embeddings, <c>[positions, d_model]</c>; null where there are none.</summary>
    public Dense? Positions => InsideWeights.Find(_model, "pos_embed.W_pos") is null ? null : Known("pos_embed.W_pos", writes: true);

    /// <summary>The unembedding, <c>[vocab, d_model]</c>: a row per word.</summary>
    public Tensor Unembedding
    {
        get
        {
            Tensor u = InsideWeights.Find(_model, "unembed.W_U") ?? InsideWeights.Get(_model, "embed.W_E");
            if (!_folded)
            {
                return u;
            }
            Tensor w = InsideWeights.Get(_model, "ln_final.w");
            u *= w;
            u = _layerNorm ? u - u.Mean([1], keepAxes: true) : u;
            return u - u.Mean([0], keepAxes: true);
        }
    }

    private Dense Reading(int layer, int head, string name)
    {
        string block = string.Create(CultureInfo.InvariantCulture, $"{_stack}.{layer}.");
        string key = block + name;
        if (!_known.TryGetValue(key, out Dense? all))
        {
            Tensor w = InsideWeights.Get(_model, block + "attn." + name);
            if (_folded)
            {
                w *= InsideWeights.Get(_model, block + "ln1.w").Reshape([w.Shape[0], 1]);
                w = _layerNorm ? w - w.Mean([0], keepAxes: true) : w;
            }
            all = _known[key] = Dense.Of(w);
        }
        int dHead = InsideWeights.Get(_model, block + "attn.W_Q").Shape[1] / Heads, heads = all.Columns / dHead;
        return all.Slice(head / (Heads / heads) * dHead, dHead);
    }

    private Dense Known(string name, bool writes)
    {
        if (!_known.TryGetValue(name, out Dense? all))
        {
            Tensor w = InsideWeights.Get(_model, name);
            all = _known[name] = Dense.Of(_folded && _layerNorm && writes ? w - w.Mean([1], keepAxes: true) : w);
        }
        return all;
    }

    private static Tensor Float(Dense d) => Tensor.From(Array.ConvertAll(d.Values, v => (float)v), [d.Rows, d.Columns]);
}
