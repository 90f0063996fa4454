// Llama: GPT-2's plan with rotary positions, RMSNorm, a gated MLP, and key heads shared by groups of query heads.
// Touvron et al. 2023. Read this file top to bottom: names, model, block. Read next: Layers/Rotary.cs.
// Sizes: d_model 4096, 32 heads of 128, 32 layers, 32000 words in Llama 2 7B.
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>Llama without a head: tokens to hidden states.</summary>
public class Llama : Transformer
{
    /// <summary>Canonical paths to checkpoint names: whole names, then modules, then what they hold. Linear layers are stored as [d_out, d_in].</summary>
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.W_E"] = "model.embed_tokens.weight",
        ["blocks.{i}.ln1.w"] = "model.layers.{i}.input_layernorm.weight",
        ["blocks.{i}.attn"] = "model.layers.{i}.self_attn",
        ["blocks.{i}.ln2.w"] = "model.layers.{i}.post_attention_layernorm.weight",
        ["blocks.{i}.mlp"] = "model.layers.{i}.mlp",
        ["ln_final.w"] = "model.norm.weight",
        ["unembed.W_U"] = "lm_head.weight",
        ["W_Q"] = "q_proj.weight^T",
        ["b_Q"] = "q_proj.bias",
        ["W_K"] = "k_proj.weight^T",
        ["b_K"] = "k_proj.bias",
        ["W_V"] = "v_proj.weight^T",
        ["b_V"] = "v_proj.bias",
        ["W_O"] = "o_proj.weight^T",
        ["b_O"] = "o_proj.bias",
        ["W_gate"] = "gate_proj.weight^T",
        ["b_gate"] = "gate_proj.bias",
        ["W_in"] = "up_proj.weight^T",
        ["b_in"] = "up_proj.bias",
        ["W_out"] = "down_proj.weight^T",
        ["b_out"] = "down_proj.bias",
    };

    private readonly Config _config;
    private readonly Embedding _words;
    private readonly HookPoint _hookWords;
    private readonly Block[] _blocks;
    private readonly Norm _final;

    private Llama(Config config, ModelInfo info, ModelBuilder builder) : base(info, builder)
    {
        _config = config;
        ModulePath root = builder.Root;
        _words = new(root / "embed", "W_E", info.VocabSize, info.DModel, "token id");
        _hookWords = root.Hook("hook_embed", "[batch, pos, d_model]");
        _blocks = [.. Enumerable.Range(0, info.NLayers).Select(i => new Block(root / "blocks" / i, config, info))];
        _final = Norm.Rms(root / "ln_final", info.DModel, config.Epsilon);
    }

    /// <summary>Builds the model with the head that the config names.</summary>
    internal static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        int dModel = json.Int("hidden_size", 4096), nHeads = json.Int("num_attention_heads", 32);
        Config config = Config.Of(json, dModel, nHeads);
        bool tied = json.Flag("tie_word_embeddings", false);
        var weights = new WeightLoader(folder, tied ? CheckpointStyle.Llama : CheckpointStyle.Llama with { Tied = [] });
        var builder = new ModelBuilder(weights, s_names);
        ModelInfo info = new()
        {
            ModelType = "llama",
            Architecture = json.Architecture("LlamaForCausalLM"),
            Task = ModelTask.None,
            DModel = dModel,
            NLayers = json.Int("num_hidden_layers", 32),
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 32000),
            MaxPositions = json.Int("max_position_embeddings", 2048),
            PadId = json.OptionalInt("pad_token_id"),
            BosId = json.OptionalInt("bos_token_id"),
            EosIds = json.Ints("eos_token_id"),
        };
        Llama model = info.Architecture switch
        {
            "LlamaForCausalLM" => new LlamaLm(config, info, builder, tied, generation),
            "LlamaModel" => new Llama(config, info, builder),
            _ => throw json.UnsupportedArchitecture("LlamaForCausalLM", "LlamaModel"),
        };
        model.Complete(weights);
        return model;
    }

    /// <inheritdoc/>
    public override Tensor Embed(Tensor ids) => _words.Run(ids);

    /// <inheritdoc/>
    public override Tensor Forward(ModelInput input) => Hidden(input);

    /// <summary>The last hidden state, after the final norm, <c>[batch, pos, d_model]</c>.</summary>
    /// <param name="input">Tokens or embeddings.</param>
    public Tensor Hidden(ModelInput input) => Run(input, null);

    private Tensor Run(ModelInput input, KvCache? cache)
    {
        Tensor resid = _hookWords.Run(EmbeddingsOf(input, cache?.Length ?? 0));                // [batch, pos, d_model]
        (Tensor at, Tensor? mask) = Masks.Place(input, resid, cache);                          // [batch or 1, pos]
        var rotary = new Rotary(input.Positions ?? at, _config.DHead, _config.Theta);
        foreach (Block block in _blocks)
        {
            resid = block.Run(resid, mask, cache, rotary);
        }
        return _final.Run(resid);
    }

    /// <summary>The settings of config.json that change the computation.</summary>
    private sealed record Config(int DMlp, int NKeyValueHeads, int DHead, string Activation, float Epsilon, double Theta, bool AttentionBias, bool MlpBias)
    {
        public static Config Of(ModelConfig json, int dModel, int nHeads)
        {
            json.Expect("partial_rotary_factor", "1", "1.0");
            foreach (string scaling in new[] { "rope_scaling", "rope_parameters" })
            {
                json.Inner(scaling)?.Expect("type", "\"default\"");
                json.Inner(scaling)?.Expect("rope_type", "\"default\"");
            }
            if (!json.Has("head_dim"))
            {
                json.Divides("num_attention_heads", nHeads, "hidden_size", dModel);
            }
            int nKeyValueHeads = json.Int("num_key_value_heads", nHeads);
            json.Divides("num_key_value_heads", nKeyValueHeads, "num_attention_heads", nHeads);
            int dHead = json.Int("head_dim", dModel / nHeads);
            if (dHead % 2 != 0)
            {
                throw json.Wrong("head_dim", "is odd", $"{dHead}", "an even number: rotary positions turn pairs");
            }
            return new(
                json.Int("intermediate_size", 11008), nKeyValueHeads, dHead,
                json.Text("hidden_act", "silu"), (float)json.Number("rms_norm_eps", 1e-6),
                json.Inner("rope_parameters")?.Number("rope_theta", 10000) ?? json.Number("rope_theta", 10000),
                json.Flag("attention_bias", false), json.Flag("mlp_bias", false));
        }
    }

    /// <summary>resid += attention(norm(resid)); resid += mlp(norm(resid)).</summary>
    private sealed class Block
    {
        private readonly Norm _ln1, _ln2;
        private readonly Attention _attention;
        private readonly FeedForward _mlp;
        private readonly HookPoint _residPre, _attnOut, _residMid, _mlpOut, _residPost;

        public Block(ModulePath path, Config config, ModelInfo info)
        {
            _residPre = path.Hook("hook_resid_pre", "[batch, pos, d_model]");
            _ln1 = Norm.Rms(path / "ln1", info.DModel, config.Epsilon);
            _attention = new(path / "attn", new()
            {
                DModel = info.DModel,
                NHeads = info.NHeads,
                NKeyValueHeads = config.NKeyValueHeads,
                DHead = config.DHead,
                Causal = true,
                Rotary = true,
                Bias = config.AttentionBias,
                OutputBias = config.AttentionBias,
            });
            _attnOut = path.Hook("hook_attn_out", "[batch, pos, d_model]");
            _residMid = path.Hook("hook_resid_mid", "[batch, pos, d_model]");
            _ln2 = Norm.Rms(path / "ln2", info.DModel, config.Epsilon);
            _mlp = new(path / "mlp", info.DModel, config.DMlp, config.Activation, gated: true, bias: config.MlpBias);
            _mlpOut = path.Hook("hook_mlp_out", "[batch, pos, d_model]");
            _residPost = path.Hook("hook_resid_post", "[batch, pos, d_model]");
        }

        public Tensor Run(Tensor resid, Tensor? mask, KvCache? cache, Rotary rotary)
        {
            resid = _residPre.Run(resid);                                                      // [batch, pos, d_model]
            resid = _residMid.Run(resid + _attnOut.Run(_attention.Run(_ln1.Run(resid), mask, cache, rotary)));
            return _residPost.Run(resid + _mlpOut.Run(_mlp.Run(_ln2.Run(resid))));
        }
    }

    /// <summary>Llama that predicts the next token.</summary>
    private sealed class LlamaLm : Llama, IGenerator
    {
        private readonly Unembedding _unembed;

        public LlamaLm(Config config, ModelInfo info, ModelBuilder builder, bool tied, GenerationOptions generation)
            : base(config, info with { Task = ModelTask.CausalLanguageModel }, builder)
        {
            Parameter? own = tied ? null : (builder.Root / "unembed").Table("W_U", info.VocabSize, info.DModel);
            _unembed = new(own ?? _words.Table, null, builder.Root.Hook("hook_logits", "[batch, pos, vocab]"));
            GenerationDefaults = generation;
        }

        public GenerationOptions GenerationDefaults { get; }

        public override Tensor Forward(ModelInput input) => Logits(Hidden(input));

        public Tensor Hidden(ModelInput input, KvCache cache) => Run(input, cache);

        public Tensor Logits(Tensor hidden) => _unembed.Run(hidden);

        public Tensor Logits(Tensor hidden, Tensor ids) => _unembed.Run(hidden, ids);
    }
}
