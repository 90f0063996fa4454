// GPT-2: a stack of blocks that read from and add to one residual stream, left to right. Radford et al. 2019.
// Read this file top to bottom: names, config, block, model, heads. Read next: Layers/Attention.cs.
// Sizes: d_model 768, 12 heads of 64, 12 layers, 50257 words, 1024 positions in the smallest published one.
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>GPT-2 without a head: tokens to hidden states.</summary>
public class Gpt2 : Transformer
{
    /// <summary>Canonical paths to checkpoint names. Its Conv1D stores [d_in, d_out], and Q, K and V side by side in c_attn.</summary>
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.W_E"] = "transformer.wte.weight",
        ["pos_embed.W_pos"] = "transformer.wpe.weight",
        ["blocks.{i}.ln1.w"] = "transformer.h.{i}.ln_1.weight",
        ["blocks.{i}.ln1.b"] = "transformer.h.{i}.ln_1.bias",
        ["blocks.{i}.attn.W_Q"] = "transformer.h.{i}.attn.c_attn.weight[0/3]",
        ["blocks.{i}.attn.W_K"] = "transformer.h.{i}.attn.c_attn.weight[1/3]",
        ["blocks.{i}.attn.W_V"] = "transformer.h.{i}.attn.c_attn.weight[2/3]",
        ["blocks.{i}.attn.b_Q"] = "transformer.h.{i}.attn.c_attn.bias[0/3]",
        ["blocks.{i}.attn.b_K"] = "transformer.h.{i}.attn.c_attn.bias[1/3]",
        ["blocks.{i}.attn.b_V"] = "transformer.h.{i}.attn.c_attn.bias[2/3]",
        ["blocks.{i}.attn.W_O"] = "transformer.h.{i}.attn.c_proj.weight",
        ["blocks.{i}.attn.b_O"] = "transformer.h.{i}.attn.c_proj.bias",
        ["blocks.{i}.ln2.w"] = "transformer.h.{i}.ln_2.weight",
        ["blocks.{i}.ln2.b"] = "transformer.h.{i}.ln_2.bias",
        ["blocks.{i}.mlp.W_in"] = "transformer.h.{i}.mlp.c_fc.weight",
        ["blocks.{i}.mlp.b_in"] = "transformer.h.{i}.mlp.c_fc.bias",
        ["blocks.{i}.mlp.W_out"] = "transformer.h.{i}.mlp.c_proj.weight",
        ["blocks.{i}.mlp.b_out"] = "transformer.h.{i}.mlp.c_proj.bias",
        ["ln_final.w"] = "transformer.ln_f.weight",
        ["ln_final.b"] = "transformer.ln_f.bias",
        ["unembed.W_U"] = "lm_head.weight",
        ["head.W_score"] = "score.weight^T",
    };

    private readonly Embedding _words, _positions;
    private readonly HookPoint _hookWords, _hookPositions;
    private readonly Block[] _blocks;
    private readonly Norm _final;

    private Gpt2(Config config, ModelInfo info, ModelBuilder builder) : base(info, builder)
    {
        ModulePath root = builder.Root;
        _words = new(root / "embed", "W_E", info.VocabSize, info.DModel, "token id");
        _positions = new(root / "pos_embed", "W_pos", info.MaxPositions, info.DModel, "position");
        _hookWords = root.Hook("hook_embed", "[batch, pos, d_model]");
        _hookPositions = root.Hook("hook_pos_embed", "[batch, pos, d_model]");
        _blocks = [.. Enumerable.Range(0, info.NLayers).Select(i => new Block(root / "blocks" / i, config, i))];
        _final = Norm.Layer(root / "ln_final", info.DModel, config.Epsilon);
    }

    /// <summary>Builds the model with the head that the config names.</summary>
    internal static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        Config config = Config.Of(json);
        string architecture = json.Architecture("GPT2LMHeadModel");
        bool tied = json.Flag("tie_word_embeddings", true);
        var weights = new WeightLoader(folder, tied ? CheckpointStyle.Gpt2 : CheckpointStyle.Gpt2 with { Tied = [] });
        var builder = new ModelBuilder(weights, s_names);
        ModelInfo info = new()
        {
            ModelType = "gpt2",
            Architecture = architecture,
            Task = ModelTask.None,
            DModel = config.DModel,
            NLayers = config.NLayers,
            NHeads = config.NHeads,
            VocabSize = json.Int("vocab_size", 50257),
            MaxPositions = json.Int("n_positions", 1024),
            PadId = json.OptionalInt("pad_token_id"),
            BosId = json.OptionalInt("bos_token_id"),
            EosIds = json.Ints("eos_token_id"),
        };
        Gpt2 model = architecture switch
        {
            "GPT2LMHeadModel" => new Gpt2Lm(config, info, builder, tied, generation),
            "GPT2ForSequenceClassification" => new Gpt2Classifier(config, info with { Labels = json.Labels(), IsMultiLabel = json.IsMultiLabel }, builder),
            "GPT2Model" => new Gpt2(config, info, builder),
            _ => throw json.UnsupportedArchitecture("GPT2LMHeadModel", "GPT2ForSequenceClassification", "GPT2Model"),
        };
        model.Complete(weights);
        return model;
    }

    /// <inheritdoc/>
    public override Tensor Embed(Tensor ids) => _words.Run(ids);

    /// <inheritdoc/>
    public override Tensor Forward(ModelInput input) => Hidden(input);

    /// <summary>The last hidden state, after the final norm.</summary>
    /// <param name="input">Tokens or embeddings.</param>
    /// <returns><c>[batch, pos, d_model]</c></returns>
    public Tensor Hidden(ModelInput input) => Run(input, null);

    private Tensor Run(ModelInput input, KvCache? cache)
    {
        Tensor words = _hookWords.Run(EmbeddingsOf(input, cache?.Length ?? 0));                // [batch, pos, d_model]
        (Tensor at, Tensor? mask) = Masks.Place(input, words, cache);                          // [batch or 1, pos]
        Tensor resid = words + _hookPositions.Run(_positions.Run(input.Positions ?? at));
        foreach (Block block in _blocks)
        {
            resid = block.Run(resid, mask, cache);
        }
        return _final.Run(resid);
    }

    /// <summary>The settings of config.json that change the computation.</summary>
    private sealed record Config(int DModel, int NHeads, int NLayers, int DMlp, string Activation, float Epsilon, bool ScaleScores, bool ScaleByLayer)
    {
        public static Config Of(ModelConfig json)
        {
            json.Expect("add_cross_attention", "false");
            json.Expect("pruned_heads", "{}");
            int dModel = json.Int("n_embd", 768), nHeads = json.Int("n_head", 12);
            json.Divides("n_head", nHeads, "n_embd", dModel);
            return new(
                dModel, nHeads, json.Int("n_layer", 12), json.Int("n_inner", 4 * dModel),
                json.Text("activation_function", "gelu_new"), (float)json.Number("layer_norm_epsilon", 1e-5),
                json.Flag("scale_attn_weights", true), json.Flag("scale_attn_by_inverse_layer_idx", false));
        }
    }

    /// <summary>resid += attention(norm(resid)); resid += mlp(norm(resid)).</summary>
    private sealed class Block
    {
        private readonly Norm _ln1, _ln2;
        private readonly Attention _attention;
        private readonly FeedForward _mlp;
        private readonly HookPoint _residPre, _attnOut, _residMid, _mlpOut, _residPost;

        public Block(ModulePath path, Config config, int layer)
        {
            _residPre = path.Hook("hook_resid_pre", "[batch, pos, d_model]");
            _ln1 = Norm.Layer(path / "ln1", config.DModel, config.Epsilon);
            float scale = config.ScaleScores ? 1 / MathF.Sqrt(config.DModel / config.NHeads) : 1;
            _attention = new(path / "attn", new()
            {
                DModel = config.DModel,
                NHeads = config.NHeads,
                Causal = true,
                Bias = (path / "attn").HasBias("b_Q"), // nanoGPT can train without
                Scale = config.ScaleByLayer ? scale / (layer + 1) : scale,
            });
            _attnOut = path.Hook("hook_attn_out", "[batch, pos, d_model]");
            _residMid = path.Hook("hook_resid_mid", "[batch, pos, d_model]");
            _ln2 = Norm.Layer(path / "ln2", config.DModel, config.Epsilon);
            _mlp = new(path / "mlp", config.DModel, config.DMlp, config.Activation);
            _mlpOut = path.Hook("hook_mlp_out", "[batch, pos, d_model]");
            _residPost = path.Hook("hook_resid_post", "[batch, pos, d_model]");
        }

        public Tensor Run(Tensor resid, Tensor? mask, KvCache? cache)
        {
            resid = _residPre.Run(resid);                                                      // [batch, pos, d_model]
            resid = _residMid.Run(resid + _attnOut.Run(_attention.Run(_ln1.Run(resid), mask, cache)));
            return _residPost.Run(resid + _mlpOut.Run(_mlp.Run(_ln2.Run(resid))));
        }
    }

    /// <summary>GPT-2 that predicts the next token: the embedding matrix, transposed, is also the unembedding (unless untied).</summary>
    private sealed class Gpt2Lm : Gpt2, IGenerator
    {
        private readonly Unembedding _unembed;

        public Gpt2Lm(Config config, ModelInfo info, ModelBuilder builder, bool tied, GenerationOptions generation)
            : base(config, info with { Task = ModelTask.CausalLanguageModel }, builder)
        {
            Parameter? head = tied ? null : (builder.Root / "unembed").Table("W_U", info.VocabSize, info.DModel);
            _unembed = new(head ?? _words.Table, null, builder.Root.Hook("hook_logits", "[batch, pos, vocab]"));
            GenerationDefaults = generation;
        }

        public GenerationOptions GenerationDefaults { get; }

        public override Tensor Forward(ModelInput input) => Logits(Hidden(input));

        public Tensor Hidden(ModelInput input, KvCache cache) => Run(input, cache);

        public Tensor Logits(Tensor hidden) => _unembed.Run(hidden);

        public Tensor Logits(Tensor hidden, Tensor ids) => _unembed.Run(hidden, ids);
    }

    /// <summary>GPT-2 that labels a text by the hidden state of its last token, which alone has seen all of it.</summary>
    private sealed class Gpt2Classifier : Gpt2
    {
        private readonly Linear _score;
        private readonly HookPoint _logits;

        public Gpt2Classifier(Config config, ModelInfo info, ModelBuilder builder)
            : base(config, info with { Task = ModelTask.SequenceClassification }, builder)
        {
            _score = Linear.Of(builder.Root / "head", "score", info.DModel, info.Labels.Count, bias: false);
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
