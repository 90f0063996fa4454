// Marian: an encoder reads the source, a decoder writes the target and looks back at it. Junczys-Dowmunt et al. 2018,
// after Vaswani et al. 2017; the weights of OPUS-MT. Read this file top to bottom: names, model, blocks.
// Read next: Layers/Attention.cs. Sizes: d_model 512, 8 heads of 64, 6 + 6 layers, about 60000 words in most language pairs.
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>Marian: source and target tokens to a score for each next word of the target.</summary>
public sealed class Marian : Transformer, IGenerator
{
    /// <summary>Canonical paths to checkpoint names: whole names, then modules, then what they hold. Linear layers are stored as [d_out, d_in].</summary>
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.W_E"] = "model.shared.weight",
        ["encoder_embed.W_E"] = "model.encoder.embed_tokens.weight",
        ["decoder_embed.W_E"] = "model.decoder.embed_tokens.weight",
        ["unembed.W_U"] = "lm_head.weight",
        ["unembed.b_U"] = "final_logits_bias",
        ["encoder.{i}.attn"] = "model.encoder.layers.{i}.self_attn",
        ["encoder.{i}.ln1"] = "model.encoder.layers.{i}.self_attn_layer_norm",
        ["encoder.{i}.mlp"] = "model.encoder.layers.{i}",
        ["encoder.{i}.ln2"] = "model.encoder.layers.{i}.final_layer_norm",
        ["decoder.{i}.attn"] = "model.decoder.layers.{i}.self_attn",
        ["decoder.{i}.ln1"] = "model.decoder.layers.{i}.self_attn_layer_norm",
        ["decoder.{i}.cross_attn"] = "model.decoder.layers.{i}.encoder_attn",
        ["decoder.{i}.ln2"] = "model.decoder.layers.{i}.encoder_attn_layer_norm",
        ["decoder.{i}.mlp"] = "model.decoder.layers.{i}",
        ["decoder.{i}.ln3"] = "model.decoder.layers.{i}.final_layer_norm",
        ["W_Q"] = "q_proj.weight^T",
        ["b_Q"] = "q_proj.bias",
        ["W_K"] = "k_proj.weight^T",
        ["b_K"] = "k_proj.bias",
        ["W_V"] = "v_proj.weight^T",
        ["b_V"] = "v_proj.bias",
        ["W_O"] = "out_proj.weight^T",
        ["b_O"] = "out_proj.bias",
        ["W_in"] = "fc1.weight^T",
        ["b_in"] = "fc1.bias",
        ["W_out"] = "fc2.weight^T",
        ["b_out"] = "fc2.bias",
        ["w"] = "weight",
        ["b"] = "bias",
    };

    private readonly Embedding _sourceWords, _targetWords;
    private readonly float _scale;
    private readonly Tensor _sinusoids; // [positions, d_model]
    private readonly HookPoint _hookSourceWords, _hookSourcePositions, _hookTargetWords, _hookTargetPositions;
    private readonly Block[] _encoder, _decoder;
    private readonly Unembedding _unembed;

    private Marian(ModelConfig json, ModelInfo info, ModelBuilder builder, bool shared, GenerationOptions generation) : base(info, builder)
    {
        ModulePath root = builder.Root;
        int targetVocab = shared ? info.VocabSize : json.Int("decoder_vocab_size");
        _sourceWords = new(root / (shared ? "embed" : "encoder_embed"), "W_E", info.VocabSize, info.DModel, "token id");
        _targetWords = shared ? _sourceWords : new(root / "decoder_embed", "W_E", targetVocab, info.DModel, "target token id");
        _scale = json.Flag("scale_embedding", false) ? MathF.Sqrt(info.DModel) : 1;
        _sinusoids = Sinusoids(info.MaxPositions, info.DModel);
        Func<int, Block> encoder = Block.Maker(root / "encoder", json, "encoder"), decoder = Block.Maker(root / "decoder", json, "decoder");
        (_hookSourceWords, _hookSourcePositions) = (root.Hook("encoder.hook_embed", "[batch, pos, d_model]"), root.Hook("encoder.hook_pos_embed", "[1, pos, d_model]"));
        _encoder = [.. Enumerable.Range(0, info.NLayers).Select(encoder)];
        (_hookTargetWords, _hookTargetPositions) = (root.Hook("decoder.hook_embed", "[batch, pos, d_model]"), root.Hook("decoder.hook_pos_embed", "[1, pos, d_model]"));
        _decoder = [.. Enumerable.Range(0, info.NDecoderLayers).Select(decoder)];
        ModulePath unembed = root / "unembed";
        Parameter? own = json.Flag("tie_word_embeddings", true) ? null : unembed.Table("W_U", targetVocab, info.DModel);
        Parameter? bias = unembed.HasBias("b_U") ? unembed.Buffer("b_U", [1, targetVocab]) : null;
        _unembed = new(own ?? _targetWords.Table, bias, root.Hook("hook_logits", "[batch, pos, vocab]"));
        GenerationDefaults = generation;
    }

    /// <summary>Builds the model.</summary>
    internal static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        // Settings of Marian's relatives in the same config format; OPUS-MT has them all off.
        json.Expect("normalize_before", "false");
        json.Expect("normalize_embedding", "false");
        json.Expect("add_final_layer_norm", "false");
        json.Expect("add_bias_logits", "false");
        json.Expect("static_position_embeddings", "true");
        string architecture = json.Architecture("MarianMTModel");
        if (architecture != "MarianMTModel")
        {
            throw json.UnsupportedArchitecture("MarianMTModel");
        }
        bool shared = json.Flag("share_encoder_decoder_embeddings", true), tied = json.Flag("tie_word_embeddings", true);
        string[] words = [.. shared ? ["model.shared.weight", "model.encoder.embed_tokens.weight"] : Array.Empty<string>(), "model.decoder.embed_tokens.weight", .. tied ? ["lm_head.weight"] : Array.Empty<string>()];
        var weights = new WeightLoader(folder, CheckpointStyle.Marian with { Tied = [words] });
        Marian model = new(json, new()
        {
            ModelType = "marian",
            Architecture = architecture,
            Task = ModelTask.SequenceToSequence,
            DModel = json.Int("d_model", 1024),
            NLayers = json.Int("encoder_layers", 12),
            NDecoderLayers = json.Int("decoder_layers", 12),
            NHeads = json.Int("encoder_attention_heads", 16),
            VocabSize = json.Int("vocab_size", 58101),
            MaxPositions = json.Int("max_position_embeddings", 1024),
            PadId = json.OptionalInt("pad_token_id"),
            EosIds = json.Ints("eos_token_id"),
            DecoderStartId = json.OptionalInt("decoder_start_token_id"),
        }, new ModelBuilder(weights, s_names), shared, generation);
        model.Complete(weights);
        return model;
    }

    /// <inheritdoc/>
    public GenerationOptions GenerationDefaults { get; }

    /// <summary>Word embeddings of source ids, times √d_model where the config says so.</summary>
    /// <inheritdoc/>
    public override Tensor Embed(Tensor ids) => _sourceWords.Run(ids).Scale(_scale);

    /// <summary>Word embeddings of target ids: the same as <see cref="Embed"/> unless the checkpoint has two vocabularies.</summary>
    /// <param name="ids">int32 <c>[…]</c></param>
    public Tensor EmbedTarget(Tensor ids) => _targetWords.Run(ids).Scale(_scale);

    /// <inheritdoc/>
    public override Tensor Forward(ModelInput input) => Logits(Hidden(input));

    /// <inheritdoc/>
    public Tensor Hidden(ModelInput input) => Run(input, null);

    /// <inheritdoc/>
    public Tensor Hidden(ModelInput input, KvCache cache) => Run(input, cache);

    /// <inheritdoc/>
    public Tensor Logits(Tensor hidden) => _unembed.Run(hidden);

    /// <inheritdoc/>
    public Tensor Logits(Tensor hidden, Tensor ids) => _unembed.Run(hidden, ids);

    /// <summary>The source's hidden states, <c>[batch, pos, d_model]</c>, for <see cref="ModelInput.Encoded"/>.</summary>
    /// <param name="source">Source tokens or embeddings.</param>
    public Tensor Encode(ModelInput source)
    {
        Tensor words = EmbeddingsOf(source);
        Tensor at = source.Positions ?? Masks.Positions(source.Mask, 0, words.Shape[1]);
        Tensor resid = _hookSourceWords.Run(words) + _hookSourcePositions.Run(_sinusoids.Gather(at)); // [batch, pos, d_model]
        Tensor? mask = Masks.Additive(source.Mask);                                                   // [batch, 1, 1, key]
        foreach (Block block in _encoder)
        {
            resid = block.Run(resid, mask, null, null, null);
        }
        return resid;
    }

    private Tensor Run(ModelInput input, KvCache? cache)
    {
        ModelInput target = input.Target ?? throw new ShapeException("marian: no target; expected a target that begins with the decoder's start token.");
        // A cache that has met the source knows its keys, values and mask.
        (Tensor? source, Tensor? sourceMask) = cache is { HasSource: true } ? (null, cache.SourceMask) : (input.Encoded ?? Encode(input), input.Mask);
        cache?.SourceMask = sourceMask;
        if (target is { Embeddings: null, Ids: { } ids })
        {
            target = target with { Embeddings = EmbedTarget(ids) };
        }
        Tensor words = EmbeddingsOf(target, cache?.Length ?? 0);                                      // [batch, pos, d_model]
        (Tensor at, Tensor? mask) = Masks.Place(target, words, cache);
        sourceMask = Masks.Additive(sourceMask);
        Tensor resid = _hookTargetWords.Run(words) + _hookTargetPositions.Run(_sinusoids.Gather(target.Positions ?? at));
        foreach (Block block in _decoder)
        {
            resid = block.Run(resid, mask, source, sourceMask, cache);
        }
        return resid;
    }

    /// <summary>Positions as waves, <c>[positions, d_model]</c>: the first half of the columns sines, the second cosines (not in turns as in the paper).</summary>
    internal static Tensor Sinusoids(int positions, int dModel)
    {
        float[] table = new float[positions * dModel];
        int sines = (dModel + 1) / 2;
        for (int position = 0; position < positions; position++)
        {
            for (int column = 0; column < dModel; column++)
            {
                int wave = column < sines ? column : column - sines;
                double angle = position / Math.Pow(10000, 2.0 * wave / dModel);
                table[(position * dModel) + column] = (float)(column < sines ? Math.Sin(angle) : Math.Cos(angle));
            }
        }
        return Tensor.From(table, [positions, dModel]).AsWeight(); // a constant: no tape follows it
    }

    /// <summary>resid = norm(resid + attention(resid)); in the decoder the same with the source; resid = norm(resid + mlp(resid)).</summary>
    private sealed class Block
    {
        private const float Epsilon = 1e-5f; // torch's default; the config has none
        private readonly Norm _ln1, _lnLast;
        private readonly Norm? _lnCross;
        private readonly Attention _attention;
        private readonly Attention? _cross;
        private readonly FeedForward _mlp;
        private readonly HookPoint _residPre, _attnOut, _residMid, _mlpOut, _residPost, _normalized;
        private readonly HookPoint? _crossOut, _residMidCross;

        private Block(ModulePath path, bool decoder, int dModel, int nHeads, int dMlp, string activation)
        {
            var options = new AttentionOptions { DModel = dModel, NHeads = nHeads };
            _residPre = path.Hook("hook_resid_pre", "[batch, pos, d_model]");
            _attention = new(path / "attn", options with { Causal = decoder });
            _attnOut = path.Hook("hook_attn_out", "[batch, pos, d_model]");
            _residMid = path.Hook("hook_resid_mid", "[batch, pos, d_model]");
            _ln1 = Norm.Layer(path / "ln1", dModel, Epsilon);
            if (decoder)
            {
                _cross = new(path / "cross_attn", options);
                _crossOut = path.Hook("hook_cross_attn_out", "[batch, pos, d_model]");
                _residMidCross = path.Hook("hook_resid_mid_cross", "[batch, pos, d_model]");
                _lnCross = Norm.Layer(path / "ln2", dModel, Epsilon);
            }
            _mlp = new(path / "mlp", dModel, dMlp, activation);
            _mlpOut = path.Hook("hook_mlp_out", "[batch, pos, d_model]");
            _residPost = path.Hook("hook_resid_post", "[batch, pos, d_model]");
            _lnLast = Norm.Layer(path / (decoder ? "ln3" : "ln2"), dModel, Epsilon);
            _normalized = path.Hook("hook_normalized_resid_post", "[batch, pos, d_model]");
        }

        /// <summary>Makes the blocks of one side, whose settings begin with its name.</summary>
        public static Func<int, Block> Maker(ModulePath path, ModelConfig json, string side)
        {
            int dModel = json.Int("d_model", 1024), nHeads = json.Int($"{side}_attention_heads", 16), dMlp = json.Int($"{side}_ffn_dim", 4096);
            json.Divides($"{side}_attention_heads", nHeads, "d_model", dModel);
            string activation = json.Text("activation_function", "gelu");
            return layer => new(path / layer, side == "decoder", dModel, nHeads, dMlp, activation);
        }

        public Tensor Run(Tensor resid, Tensor? mask, Tensor? source, Tensor? sourceMask, KvCache? cache)
        {
            resid = _residPre.Run(resid);                                                             // [batch, pos, d_model]
            resid = _ln1.Run(_residMid.Run(resid + _attnOut.Run(_attention.Run(resid, mask, cache))));
            if (_cross is not null && _crossOut is not null && _residMidCross is not null && _lnCross is not null)
            {
                resid = _lnCross.Run(_residMidCross.Run(resid + _crossOut.Run(_cross.Run(resid, source, sourceMask, cache))));
            }
            resid = _residPost.Run(resid + _mlpOut.Run(_mlp.Run(resid)));
            return _normalized.Run(_lnLast.Run(resid));
        }
    }
}
