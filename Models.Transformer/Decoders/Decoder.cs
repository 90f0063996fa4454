// A decoder: words become vectors, blocks read from and add to one residual stream, left to right. All decoder-only families run this
// forward
// pass; a family's own file says what its blocks are made of. Read next: Layers/Block.cs, Layers/Attention.cs; then a family,
// Decoders/Gpt2.cs.
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>A decoder-only transformer without a head: tokens to hidden states.</summary>
public class Decoder : Transformer
{
    private readonly DecoderOptions _options;
    private readonly Embedding _words;
    private readonly Embedding? _positions;
    private readonly Tensor? _fixedPositions; // [position, d_model]
    private readonly Linear? _projectIn, _projectOut;
    private readonly HookPoint _hookWords;
    private readonly HookPoint? _hookPositions;
    private readonly Norm? _embedNorm, _final;
    private readonly Block[] _blocks;

    private Decoder(DecoderOptions options, ModelInfo info, ModelBuilder builder) : base(info, builder)
    {
        _options = options;
        ModulePath root = builder.Root;
        bool projects = info.EmbeddingWidth != info.DModel;
        _words = new(root / "embed", "W_E", info.VocabSize, info.EmbeddingWidth, "token id");
        int rows = info.MaxPositions + (options.Positions?.Offset ?? 0);
        _fixedPositions = options.Positions?.Fixed?.Invoke(rows, info.DModel);
        _positions = options.Positions is { Fixed: null } ? new(root / "pos_embed", "W_pos", rows, info.DModel, "position") : null;
        _hookWords = root.Hook("hook_embed", "[batch, pos, d_model]");
        _projectIn = projects ? Linear.Of(root / "embed", "in", info.EmbeddingWidth, info.DModel, bias: false) : null;
        _hookPositions = options.Positions is null ? null : root.Hook("hook_pos_embed", "[batch, pos, d_model]");
        _embedNorm = options.EmbeddingNorm?.Invoke(root / "embed" / "ln");
        _blocks = [.. Enumerable.Range(0, info.NLayers).Select(i => new Block(root / "blocks" / i, options.Block(i)))];
        _final = options.FinalNorm?.Invoke(root / "ln_final");
        _projectOut = projects ? Linear.Of(root / "unembed", "out", info.DModel, info.EmbeddingWidth, bias: false) : null;
    }

    /// <summary>
    /// Builds a family's model with the head that the config names or, where it names none, the one whose weights are there.
    /// </summary>
    /// <param name="json">The configuration.</param>
    /// <param name="folder">The weights.</param>
    /// <param name="generation">The checkpoint's own settings for generation.</param>
    /// <param name="options">What the family is made of.</param>
    internal static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation, DecoderOptions options)
    {
        CheckpointStyle style = options.Tied ? options.Style : options.Style.Untied(options.Names["embed.W_E"]);
        var weights = new WeightLoader(folder, style);
        var builder = new ModelBuilder(weights, options.Names);
        string usual = builder.Has("head.W_score") ? options.Classifier
            : options.Tied || builder.Has("unembed.W_U") ? options.LanguageModel : options.Bare;
        string architecture = json.Architecture(usual);
        if (architecture == options.Bare && (options.BareIsLanguageModel || (!options.Tied && builder.Has("unembed.W_U"))))
        {
            architecture = options.LanguageModel; // an old name of it
        }
        ModelInfo info = new()
        {
            ModelType = json.Text("model_type", ""),
            Architecture = architecture,
            Task = ModelTask.None,
            DModel = options.DModel,
            EmbeddingWidth = options.EmbeddingWidth,
            NLayers = options.NLayers,
            NHeads = options.NHeads,
            VocabSize = options.VocabSize,
            MaxPositions = options.MaxPositions,
            PadId = json.OptionalInt("pad_token_id"),
            BosId = json.OptionalInt("bos_token_id"),
            EosIds = json.Ints("eos_token_id"),
        };
        Decoder model = info.Architecture switch
        {
            var name when name == options.LanguageModel => new WithLanguageModel(options, info, builder, generation),
            var name when name == options.Classifier => new WithClassifier(options, json.Classifier(info), builder),
            var name when name == options.Bare => new Decoder(options, info, builder),
            _ => throw json.UnsupportedArchitecture(options.LanguageModel, options.Classifier, options.Bare),
        };
        model.Complete(weights);
        return model;
    }

    /// <inheritdoc/>
    public override Tensor Embed(Tensor ids)
    {
        Tensor words = _words.Run(ids);
        return _options.EmbeddingScale == 1 ? words : words.Scale(_options.EmbeddingScale);
    }

    /// <inheritdoc/>
    public override Tensor Forward(ModelInput input) => Hidden(input);

    /// <summary>The last hidden state, after the final norm.</summary>
    /// <param name="input">Tokens or embeddings.</param>
    /// <returns><c>[batch, pos, d_model]</c></returns>
    public Tensor Hidden(ModelInput input) => Run(input, null);

    private Tensor Run(ModelInput input, KvCache? cache)
    {
        Tensor words = _hookWords.Run(EmbeddingsOf(input, cache?.Length ?? 0));                // [batch, pos, d_embed]
        Tensor resid = _projectIn?.Run(words) ?? words;                                        // [batch, pos, d_model]
        var at = new Placement(input, resid, cache, _options.Slopes);
        if (_hookPositions is not null && _options.Positions is { } table)
        {
            Tensor rows = table.Shifted(table.Counted && input.Positions is null ? at.Counted : at.Positions);
            resid += _hookPositions.Run(_fixedPositions?.Gather(rows) ?? _positions?.Run(rows) ?? resid);
        }
        resid = _embedNorm?.Run(resid) ?? resid;
        foreach (Block block in _blocks)
        {
            resid = block.Run(resid, at);
        }
        resid = _final?.Run(resid) ?? resid;
        return _projectOut?.Run(resid) ?? resid;
    }

    /// <summary>Predicts the next token: logits = hidden · W_Uᵀ, where W_U is the embedding matrix itself unless untied.</summary>
    private sealed class WithLanguageModel : Decoder, IGenerator
    {
        private readonly Unembedding _unembed;

        public WithLanguageModel(DecoderOptions options, ModelInfo info, ModelBuilder builder, GenerationOptions generation)
            : base(options, info with { Task = ModelTask.CausalLanguageModel }, builder)
        {
            ModulePath unembed = builder.Root / "unembed";
            Parameter? own = options.Tied ? null : unembed.Table("W_U", info.VocabSize, info.EmbeddingWidth);
            Parameter? bias = options.HeadBias ? unembed.Weight("b_U", [info.VocabSize]) : null;
            _unembed = new(own ?? _words.Table, bias, builder.Root.Hook("hook_logits", "[batch, pos, vocab]"), options.LogitCap);
            GenerationDefaults = generation;
        }

        public GenerationOptions GenerationDefaults { get; }

        public override Tensor Forward(ModelInput input) => Logits(Hidden(input));

        public Tensor Hidden(ModelInput input, KvCache cache) => Run(input, cache);

        public Tensor Logits(Tensor hidden) => _unembed.Run(Scaled(hidden));

        public Tensor Logits(Tensor hidden, Tensor ids) => _unembed.Run(Scaled(hidden), ids);

        private Tensor Scaled(Tensor hidden) => _options.HiddenScale == 1 ? hidden : hidden.Scale(_options.HiddenScale);
    }

    /// <summary>Labels a text by the hidden state of its last token, which alone has seen all of it.</summary>
    private sealed class WithClassifier : Decoder
    {
        private readonly Linear _score;
        private readonly HookPoint _logits;

        public WithClassifier(DecoderOptions options, ModelInfo info, ModelBuilder builder)
            : base(options, info with { Task = ModelTask.SequenceClassification }, builder)
        {
            _score = Linear.Of(builder.Root / "head", "score", info.EmbeddingWidth, info.Labels.Count, bias: false);
            _logits = builder.Root.Hook("hook_logits", "[batch, label]");
        }

        public override Tensor Forward(ModelInput input)
        {
            Tensor hidden = Hidden(input);
            int[] last = LastTokens(input, hidden.Shape[0], hidden.Shape[1]);
            return _logits.Run(_score.Run(RowsAt(hidden, last)));
        }
    }
}
