// BERT: a stack of blocks that look at the whole text at once, and normalise after adding. Devlin et al. 2018.
// Read this file top to bottom: names, model, settings; Bert/BertHeads.cs has what sits on top. Read next: Layers/Block.cs.
// Sizes: d_model 768, 12 heads of 64, 12 layers, 30522 words, 512 positions in bert-base.
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>BERT without a head: tokens to hidden states.</summary>
public class Bert : Transformer
{
    /// <summary>Canonical paths to checkpoint names. Its linear layers are stored as [d_out, d_in].</summary>
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.embed.W_E"] = "bert.embeddings.word_embeddings.weight",
        ["embed.pos_embed.W_pos"] = "bert.embeddings.position_embeddings.weight",
        ["embed.token_type_embed.W_token_type"] = "bert.embeddings.token_type_embeddings.weight",
        ["embed.ln.w"] = "bert.embeddings.LayerNorm.weight",
        ["embed.ln.b"] = "bert.embeddings.LayerNorm.bias",
        ["blocks.{i}.attn.W_Q"] = "bert.encoder.layer.{i}.attention.self.query.weight^T",
        ["blocks.{i}.attn.b_Q"] = "bert.encoder.layer.{i}.attention.self.query.bias",
        ["blocks.{i}.attn.W_K"] = "bert.encoder.layer.{i}.attention.self.key.weight^T",
        ["blocks.{i}.attn.b_K"] = "bert.encoder.layer.{i}.attention.self.key.bias",
        ["blocks.{i}.attn.W_V"] = "bert.encoder.layer.{i}.attention.self.value.weight^T",
        ["blocks.{i}.attn.b_V"] = "bert.encoder.layer.{i}.attention.self.value.bias",
        ["blocks.{i}.attn.W_O"] = "bert.encoder.layer.{i}.attention.output.dense.weight^T",
        ["blocks.{i}.attn.b_O"] = "bert.encoder.layer.{i}.attention.output.dense.bias",
        ["blocks.{i}.ln1.w"] = "bert.encoder.layer.{i}.attention.output.LayerNorm.weight",
        ["blocks.{i}.ln1.b"] = "bert.encoder.layer.{i}.attention.output.LayerNorm.bias",
        ["blocks.{i}.mlp.W_in"] = "bert.encoder.layer.{i}.intermediate.dense.weight^T",
        ["blocks.{i}.mlp.b_in"] = "bert.encoder.layer.{i}.intermediate.dense.bias",
        ["blocks.{i}.mlp.W_out"] = "bert.encoder.layer.{i}.output.dense.weight^T",
        ["blocks.{i}.mlp.b_out"] = "bert.encoder.layer.{i}.output.dense.bias",
        ["blocks.{i}.ln2.w"] = "bert.encoder.layer.{i}.output.LayerNorm.weight",
        ["blocks.{i}.ln2.b"] = "bert.encoder.layer.{i}.output.LayerNorm.bias",
        ["pooler.W"] = "bert.pooler.dense.weight^T",
        ["pooler.b"] = "bert.pooler.dense.bias",
        ["classifier.W"] = "classifier.weight^T",
        ["classifier.b"] = "classifier.bias",
        ["qa_outputs.W"] = "qa_outputs.weight^T",
        ["qa_outputs.b"] = "qa_outputs.bias",
        ["mlm_head.W"] = "cls.predictions.transform.dense.weight^T",
        ["mlm_head.b"] = "cls.predictions.transform.dense.bias",
        ["mlm_head.ln.w"] = "cls.predictions.transform.LayerNorm.weight",
        ["mlm_head.ln.b"] = "cls.predictions.transform.LayerNorm.bias",
        ["unembed.W_U"] = "cls.predictions.decoder.weight",
        ["unembed.b_U"] = "cls.predictions.bias",
    };

    private static readonly BertFamily s_family = new()
    {
        ModelType = "bert",
        Class = "Bert",
        Names = s_names,
        Style = CheckpointStyle.Bert,
    };

    private readonly Config _config;
    private readonly Embedding _words;
    private readonly Embedding? _positions, _types;
    private readonly HookPoint _hookWords, _fullEmbed;
    private readonly HookPoint? _hookPositions, _hookTypes;
    private readonly Norm _norm;
    private readonly Linear? _project;
    private readonly RelativeBias? _distances;
    private readonly Block[] _blocks;

    internal Bert(Config config, ModelInfo info, ModelBuilder builder) : base(info, builder)
    {
        _config = config;
        ModulePath embed = builder.Root / "embed";
        string axes = info.EmbeddingWidth == info.DModel ? "[batch, pos, d_model]" : "[batch, pos, d_embed]";
        _words = new(embed / "embed", "W_E", info.VocabSize, info.EmbeddingWidth, "token id");
        _hookWords = embed.Hook("hook_embed", axes);
        if (config.HasPositions)
        {
            _positions = new(embed / "pos_embed", "W_pos", config.Positions, info.EmbeddingWidth, "position");
            _hookPositions = embed.Hook("hook_pos_embed", axes);
        }
        if (config.Types > 0)
        {
            _types = new(embed / "token_type_embed", "W_token_type", config.Types, info.EmbeddingWidth, "segment");
            _hookTypes = embed.Hook("hook_token_type_embed", axes);
        }
        _norm = Norm.Layer(embed / "ln", info.EmbeddingWidth, config.Epsilon);
        _project = config.Projects ? Linear.Of(embed / "project", "", info.EmbeddingWidth, info.DModel) : null;
        _fullEmbed = builder.Root.Hook("hook_full_embed", "[batch, pos, d_model]");
        Disentangled? relative = config.Relative is { } options ? new(builder.Root / "rel_embed", options, info, config.Epsilon) : null;
        _distances = config.Distances is { } distances ? new(builder.Root / "rel_pos", distances, info.NHeads, decoder: false) : null;
        var block = new BlockOptions
        {
            Order = BlockOrder.PostNorm, // resid = norm(resid + attention(resid)); resid = norm(resid + mlp(resid))
            Norm = path => Norm.Layer(path, info.DModel, config.Epsilon),
            Rotary = config.Rotary,
            Attention = path => new(path, new()
            {
                DModel = info.DModel,
                NHeads = info.NHeads,
                Rotary = config.Rotary is not null,
                Relative = relative is null ? null : relative.Under,
                Scale = relative?.Scale ?? 0,
            }),
            Mlp = path => new(path, info.DModel, config.DMlp, config.Activation),
        };
        _blocks = [.. Enumerable.Range(0, info.NLayers).Select(i => new Block(builder.Root / "blocks" / i, block))];
    }

    /// <summary>Builds the model with the head that the config names.</summary>
    internal static Transformer Load(ModelConfig json, WeightsFolder folder) => s_family.Load(json, folder, new Config().Read(json));

    /// <summary>BERT's names with another prefix in front of its body and other heads on top: what most of its relatives store.</summary>
    internal static Dictionary<string, string> NamesUnder(string prefix, Dictionary<string, string> others)
    {
        var names = new Dictionary<string, string>();
        foreach ((string path, string name) in s_names)
        {
            names[path] = name.StartsWith("bert.", StringComparison.Ordinal) ? prefix + name["bert.".Length..] : name;
        }
        foreach ((string path, string name) in others)
        {
            names[path] = name;
        }
        return names;
    }

    /// <summary>W_E, which the masked language model also uses as unembedding.</summary>
    private protected Parameter Table => _words.Table;

    /// <inheritdoc/>
    public override Tensor Embed(Tensor ids) => _words.Run(ids);

    /// <inheritdoc/>
    public override Tensor Forward(ModelInput input) => Encode(input);

    /// <summary>The last hidden state, <c>[batch, pos, d_model]</c>.</summary>
    /// <param name="input">Tokens or embeddings.</param>
    public Tensor Encode(ModelInput input)
    {
        Tensor resid = _hookWords.Run(EmbeddingsOf(input));                                    // [batch, pos, d_embed]
        int pos = resid.Shape[1];
        if (_positions is not null && _hookPositions is not null)
        {
            resid += _hookPositions.Run(_positions.Run(input.Positions ?? PositionsOf(input, pos)));
        }
        if (_types is not null && _hookTypes is not null)
        {
            resid += _hookTypes.Run(_types.Run(input.Types ?? Tensor.From(new int[pos], [1, pos])));
        }
        resid = _norm.Run(resid);
        resid = _project?.Run(resid) ?? resid;                                                 // [batch, pos, d_model]
        if (_config.HidesPadding && input.Mask is { } mask)
        {
            resid *= Tensor.From([.. Masks.Integers(mask).Select(token => (float)token)], mask.Shape.Append(1));
        }
        resid = _fullEmbed.Run(resid);
        var at = new Placement(input, resid) { MasksPairs = _config.HidesPadding, Bias = _distances?.Over(0) };
        foreach (Block block in _blocks)
        {
            resid = block.Run(resid, at);
        }
        return resid;
    }

    /// <summary>RoBERTa reads positions off the ids, padding wherever it stands; embeddings are counted as they lie.</summary>
    private Tensor PositionsOf(ModelInput input, int pos) => _config.CountsPastPadding && input is { Embeddings: null, Ids: { } ids }
        ? Masks.PositionsPastPadding(ids, _config.PadId)
        : Masks.Positions(input.Mask, 0, pos, _config.FirstPosition);

    /// <summary>The settings that change the computation; the defaults are BERT's own.</summary>
    internal sealed record Config
    {
        public int DModel { get; init; } = 768;

        /// <summary>Width of the embeddings where the family has a setting for it; 0: d_model.</summary>
        public int EmbeddingWidth { get; init; }

        public int NLayers { get; init; } = 12;

        public int NHeads { get; init; } = 12;

        public int DMlp { get; init; } = 3072;

        public int Vocab { get; init; } = 30522;

        /// <summary>Rows of the table of positions.</summary>
        public int Positions { get; init; } = 512;

        /// <summary>Whether there is such a table.</summary>
        public bool HasPositions { get; init; } = true;

        /// <summary>Segments; 0: there is no table of them.</summary>
        public int Types { get; init; } = 2;

        public int PadId { get; init; }

        /// <summary>RoBERTa: the first token stands at position pad + 1, and padding at position pad.</summary>
        public bool CountsPastPadding { get; init; }

        /// <summary>Whether a linear layer follows the norm of the embeddings.</summary>
        public bool Projects { get; init; }

        /// <summary>Whether embeddings of padding are zero and its queries masked (DeBERTa).</summary>
        public bool HidesPadding { get; init; }

        /// <summary>DeBERTa's attention by distance; null: there is none.</summary>
        public DisentangledOptions? Relative { get; init; }

        /// <summary>T5's biases by distance, the same in every block (MPNet); null: there are none.</summary>
        public RelativeBiasOptions? Distances { get; init; }

        /// <summary>How queries and keys are rotated by position (RoFormer); null: they are not.</summary>
        public RotaryOptions? Rotary { get; init; }

        public string Activation { get; init; } = "gelu";

        /// <summary>Between the two layers of a classifier of texts.</summary>
        public string PoolerActivation { get; init; } = "tanh";

        /// <summary>In the head of a masked language model; null: that of the blocks.</summary>
        public string? WordsActivation { get; init; }

        public float Epsilon { get; init; } = 1e-12f;

        /// <summary>The row of the table that belongs to a text's first token.</summary>
        public int FirstPosition => CountsPastPadding ? PadId + 1 : 0;

        /// <summary>The same with what config.json says under BERT's keys, as most relatives have them.</summary>
        public Config Read(ModelConfig json)
        {
            json.Expect("position_embedding_type", "\"absolute\"");
            json.Expect("is_decoder", "false");
            json.Expect("add_cross_attention", "false");
            json.Expect("pruned_heads", "{}");
            return this with
            {
                DModel = json.Int("hidden_size", DModel),
                EmbeddingWidth = EmbeddingWidth == 0 ? 0 : json.Int("embedding_size", EmbeddingWidth),
                NLayers = json.Int("num_hidden_layers", NLayers),
                NHeads = json.Int("num_attention_heads", NHeads),
                DMlp = json.Int("intermediate_size", DMlp),
                Vocab = json.Int("vocab_size", Vocab),
                Positions = json.Int("max_position_embeddings", Positions),
                Types = json.Int("type_vocab_size", Types, least: 0),
                PadId = json.OptionalInt("pad_token_id") ?? PadId,
                Activation = json.Text("hidden_act", Activation),
                Epsilon = (float)json.Number("layer_norm_eps", Epsilon),
            };
        }
    }
}
