// An encoder reads the source, a decoder writes the target and looks back at it. Vaswani et al. 2017. All families of two stacks run this
// forward pass; a family's own file says what its stacks are made of. Read next: Layers/Block.cs; then a family, EncoderDecoder/Marian.cs.
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>An encoder–decoder: source and target tokens to a score for each next word of the target, or to labels.</summary>
public class EncoderDecoder : Transformer
{
    private readonly EncoderDecoderOptions _options;
    private readonly Embedding _sourceWords, _targetWords;
    private readonly Stack _encoder, _decoder;

    private EncoderDecoder(EncoderDecoderOptions options, ModelInfo info, ModelBuilder builder) : base(info, builder)
    {
        _options = options;
        ModulePath root = builder.Root;
        _sourceWords = new(root / (options.TargetVocab == 0 ? "embed" : "encoder_embed"), "W_E", info.VocabSize, info.DModel, "token id");
        _targetWords = options.TargetVocab == 0
            ? _sourceWords
            : new(root / "decoder_embed", "W_E", options.TargetVocab, info.DModel, "target token id");
        _encoder = new(root, "encoder", options, info, info.NLayers);
        _decoder = new(root, "decoder", options, info, info.NDecoderLayers);
    }

    /// <summary>Builds a family's model with the head that the config names; an old name, or none, means the language model.</summary>
    /// <param name="json">The configuration.</param>
    /// <param name="folder">The weights.</param>
    /// <param name="generation">The checkpoint's own settings for generation.</param>
    /// <param name="options">What the family is made of.</param>
    internal static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation, EncoderDecoderOptions options)
    {
        var weights = new WeightLoader(folder, options.Style);
        var builder = new ModelBuilder(weights, options.Names);
        string named = json.Architecture("");
        string architecture = named.Length == 0 || options.OldNames.Contains(named) ? options.LanguageModel : named;
        ModelInfo info = new()
        {
            ModelType = json.Text("model_type", ""),
            Architecture = architecture,
            Task = ModelTask.None,
            DModel = options.DModel,
            NLayers = options.Layers(false),
            NDecoderLayers = options.Layers(true),
            NHeads = options.NHeads,
            VocabSize = json.Int("vocab_size", options.Vocab),
            MaxPositions = options.MaxPositions,
            PadId = json.OptionalInt("pad_token_id") ?? options.PadId,
            BosId = json.OptionalInt("bos_token_id"),
            EosIds = json.Ints("eos_token_id"),
            DecoderStartId = json.OptionalInt("decoder_start_token_id") ?? options.StartId,
        };
        foreach ((string key, int? id) in new[] { ("pad_token_id", info.PadId), ("decoder_start_token_id", info.DecoderStartId) })
        {
            if (id >= info.VocabSize)
            {
                throw json.Wrong(key, "is outside the vocabulary", $"{id} of {info.VocabSize} words", $"at most {info.VocabSize - 1}");
            }
        }
        EncoderDecoder model = architecture switch
        {
            var name when name == options.LanguageModel => new WithLanguageModel(options, info, builder, generation),
            var name when name == options.Classifier && options.HasClassifier =>
                new WithClassifier(options, json.Classifier(info), builder),
            var name when name == options.Answers && options.HasClassifier => new WithAnswers(options, info, builder),
            _ => throw json.UnsupportedArchitecture(
                [options.LanguageModel, .. options.HasClassifier ? [options.Classifier, options.Answers] : Array.Empty<string>()]),
        };
        model.Complete(weights);
        return model;
    }

    /// <summary>Word embeddings of source ids, times √d_model where the config says so.</summary>
    /// <inheritdoc/>
    public override Tensor Embed(Tensor ids) => Scaled(_sourceWords.Run(ids));

    /// <summary>Word embeddings of target ids: the same as <see cref="Embed"/> unless the checkpoint has two vocabularies.</summary>
    /// <param name="ids">int32 <c>[…]</c></param>
    public Tensor EmbedTarget(Tensor ids) => Scaled(_targetWords.Run(ids));

    /// <inheritdoc/>
    public override Tensor Forward(ModelInput input) => Run(input, null);

    /// <summary>The source's hidden states, <c>[batch, pos, d_model]</c>, for <see cref="ModelInput.Encoded"/>.</summary>
    /// <param name="source">Source tokens or embeddings.</param>
    public Tensor Encode(ModelInput source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return _encoder.Run(source, EmbeddingsOf(source), null, null, null);
    }

    /// <summary>The decoder's last hidden states, after the final norm where there is one. <c>[batch, target pos, d_model]</c></summary>
    private Tensor Run(ModelInput input, KvCache? cache)
    {
        ModelInput target = input.Target
            ?? throw new ShapeException($"{Info.ModelType}: no target; expected a target that begins with the decoder's start token.");
        // A cache that has met the source knows its keys, values and mask.
        (Tensor? source, Tensor? mask) = cache is { HasSource: true }
            ? (null, cache.SourceMask)
            : (input.Encoded ?? Encode(input), input.Mask);
        cache?.SourceMask = mask;
        Tensor words = EmbeddingsOf(
            target is { Embeddings: null, Ids: { } ids } ? target with { Embeddings = EmbedTarget(ids) } : target, cache?.Length ?? 0);
        return _decoder.Run(target, words, source, Masks.Additive(mask), cache);
    }

    private Tensor Scaled(Tensor words) => _options.EmbeddingScale == 1 ? words : words.Scale(_options.EmbeddingScale);

    /// <summary>BART's classifiers read one text twice: as source, and as target after the start token.</summary>
    private ModelInput Twice(ModelInput input)
    {
        if (input.Target is not null)
        {
            return input;
        }
        int start = Info.DecoderStartId ?? (Info.EosIds.Count > 0 ? Info.EosIds[0] : 0);
        Tensor words = EmbeddingsOf(input);                                                    // [batch, pos, d_model]
        (int batch, int pos) = (words.Shape[0], words.Shape[1]);
        Tensor first = EmbedTarget(Tensor.From([start], [1, 1])).Expand([batch, 1, Info.DModel]);
        Tensor shifted = pos == 1 ? first : TensorOps.Concat(1, first, words.Slice(1, 0, pos - 1));
        return input with { Embeddings = words, Target = new() { Embeddings = shifted } };
    }

    /// <summary>Predicts the next word of the target.</summary>
    private sealed class WithLanguageModel : EncoderDecoder, IGenerator
    {
        private readonly Unembedding _unembed;

        public WithLanguageModel(EncoderDecoderOptions options, ModelInfo info, ModelBuilder builder, GenerationOptions generation)
            : base(options, info with { Task = ModelTask.SequenceToSequence }, builder)
        {
            ModulePath unembed = builder.Root / "unembed";
            int vocab = options.TargetVocab == 0 ? info.VocabSize : options.TargetVocab;
            Parameter? own = options.Tied ? null : unembed.Table("W_U", vocab, info.DModel);
            Parameter? bias = options.HeadBias && unembed.HasBias("b_U") ? unembed.Buffer("b_U", [1, vocab]) : null;
            _unembed = new(own ?? _targetWords.Table, bias, builder.Root.Hook("hook_logits", "[batch, pos, vocab]"));
            GenerationDefaults = generation;
        }

        public GenerationOptions GenerationDefaults { get; }

        public override Tensor Forward(ModelInput input) => Logits(Hidden(input));

        public Tensor Hidden(ModelInput input) => Run(input, null);

        public Tensor Hidden(ModelInput input, KvCache cache) => Run(input, cache);

        public Tensor Logits(Tensor hidden) => _unembed.Run(Shrunk(hidden));

        public Tensor Logits(Tensor hidden, Tensor ids) => _unembed.Run(Shrunk(hidden), ids);

        private Tensor Shrunk(Tensor hidden) => _options.HiddenScale == 1 ? hidden : hidden.Scale(_options.HiddenScale); // T5 v1.0
    }

    /// <summary>Labels a text by the decoder's state at its last end-of-text token: W'·tanh(W·h + b) + b'.</summary>
    private sealed class WithClassifier : EncoderDecoder
    {
        private readonly Linear _dense, _out;
        private readonly HookPoint _pooled, _logits;

        public WithClassifier(EncoderDecoderOptions options, ModelInfo info, ModelBuilder builder)
            : base(options, info with { Task = ModelTask.SequenceClassification }, builder)
        {
            ModulePath pooler = builder.Root / "pooler";
            _dense = Linear.Of(pooler, "", info.DModel, info.DModel);
            _pooled = pooler.Hook("hook_pooler_out", "[batch, d_model]");
            _out = Linear.Of(builder.Root / "classifier", "", info.DModel, info.Labels.Count);
            _logits = builder.Root.Hook("hook_logits", "[batch, label]");
        }

        public override Tensor Forward(ModelInput input)
        {
            Tensor hidden = Run(Twice(input), null);                                           // [batch, pos, d_model]
            Tensor last = RowsAt(hidden, Ends(input, hidden.Shape[0], hidden.Shape[1]));
            return _logits.Run(_out.Run(_pooled.Run(_dense.Run(last).Tanh())));
        }

        private int[] Ends(ModelInput input, int batch, int pos)
        {
            if (input.Ids is not { } ids)
            {
                return LastTokens(input, batch, pos);
            }
            int[] all = ids.ToIntArray();
            return [.. Enumerable.Range(0, batch).Select(row =>
            {
                int end = all.AsSpan(ids.Shape[0] == 1 ? 0 : row * pos, pos).LastIndexOfAny([.. Info.EosIds]);
                string ends = string.Join(" or ", Info.EosIds);
                return end >= 0 ? end : throw new ShapeException(
                    $"{Info.ModelType}: no end of text to read the label at; got a row without {ends}; expected one.");
            })];
        }
    }

    /// <summary>A score for every token as start and as end of an answer.</summary>
    private sealed class WithAnswers : EncoderDecoder
    {
        private readonly Linear _head;
        private readonly HookPoint _logits;

        public WithAnswers(EncoderDecoderOptions options, ModelInfo info, ModelBuilder builder)
            : base(options, info with { Task = ModelTask.QuestionAnswering }, builder)
        {
            _head = Linear.Of(builder.Root / "qa_outputs", "", info.DModel, 2);
            _logits = builder.Root.Hook("hook_logits", "[batch, pos, start_or_end]");
        }

        public override Tensor Forward(ModelInput input) => _logits.Run(_head.Run(Run(Twice(input), null)));
    }
}
