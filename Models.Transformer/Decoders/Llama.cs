// Llama: GPT-2's plan with rotary positions, RMSNorm, a gated MLP, and key heads shared by groups of query heads.
// Touvron et al. 2023; Grattafiori et al. 2024 (Llama 3). Its plan is that of most decoders since: Mistral, Qwen, Gemma and Phi-3 are
// settings of it. Read this file top to bottom: names, settings, blocks. Read next: Decoders/Decoder.cs, which runs them; Layers/Rotary.cs.
// Sizes: d_model 4096, 32 heads of 128, 32 layers, 32000 words in Llama 2 7B; 2048, 32 (8 for keys) of 64, 16, 128256 in Llama 3.2 1B.

namespace Vitrine.Transformers;

/// <summary>What Llama and its relatives are made of, read from the keys of config.json that they share.</summary>
internal sealed record Llama
{
    /// <summary>
    /// Canonical paths to checkpoint names: whole names, then modules, then what they hold. Linear layers are stored as [d_out, d_in].
    /// </summary>
    public static readonly Dictionary<string, string> Names = new()
    {
        ["embed.W_E"] = "model.embed_tokens.weight",
        ["blocks.{i}.ln1.w"] = "model.layers.{i}.input_layernorm.weight",
        ["blocks.{i}.attn"] = "model.layers.{i}.self_attn",
        ["blocks.{i}.attn.q_norm.w"] = "model.layers.{i}.self_attn.q_norm.weight",
        ["blocks.{i}.attn.k_norm.w"] = "model.layers.{i}.self_attn.k_norm.weight",
        ["blocks.{i}.ln2.w"] = "model.layers.{i}.post_attention_layernorm.weight",
        ["blocks.{i}.mlp"] = "model.layers.{i}.mlp",
        ["ln_final.w"] = "model.norm.weight",
        ["unembed.W_U"] = "lm_head.weight",
        ["head.W_score"] = "score.weight^T",
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

    private readonly int _dModel, _nHeads, _nKeyValueHeads, _dHead, _dMlp;

    /// <summary>Reads the sizes, and what Llama itself has.</summary>
    /// <param name="json">The configuration.</param>
    /// <param name="name">How the family's classes begin.</param>
    /// <param name="dHead">Width of a head where the configuration does not say; null: d_model / heads.</param>
    public Llama(ModelConfig json, string name, int? dHead = null)
    {
        (Json, Class) = (json, name);
        (_dModel, _nHeads) = (json.Int("hidden_size", 4096), json.Int("num_attention_heads", 32));
        if (dHead is null && !json.Has("head_dim"))
        {
            json.Divides("num_attention_heads", _nHeads, "hidden_size", _dModel);
        }
        _nKeyValueHeads = json.Int("num_key_value_heads", _nHeads);
        json.Divides("num_key_value_heads", _nKeyValueHeads, "num_attention_heads", _nHeads);
        _dHead = json.Int("head_dim", dHead ?? (_dModel / _nHeads));
        if (_dHead % 2 != 0)
        {
            throw json.Wrong("head_dim", "is odd", $"{_dHead}", "an even number: rotary positions turn pairs");
        }
        (_dMlp, Epsilon) = (json.Int("intermediate_size", 11008), (float)json.Number("rms_norm_eps", 1e-6));
    }

    /// <summary>The configuration.</summary>
    public ModelConfig Json { get; }

    /// <summary>How the family's classes begin.</summary>
    public string Class { get; }

    /// <summary>Canonical paths to checkpoint names.</summary>
    public IReadOnlyDictionary<string, string> Paths { get; init; } = Names;

    /// <summary>Width of a head.</summary>
    public int DHead => _dHead;

    /// <summary>ε of every norm.</summary>
    public float Epsilon { get; init; }

    /// <summary>Whether norms are stored less 1.</summary>
    public bool PlusOne { get; init; }

    /// <summary>Whether the output of each half of a block is normalised.</summary>
    public bool OutputNorms { get; init; }

    /// <summary>Where blocks normalise.</summary>
    public BlockOrder Order { get; init; }

    /// <summary>Makes a norm of the stream; null: an RMSNorm.</summary>
    public Func<ModulePath, Norm>? Norms { get; init; }

    /// <summary>Whether queries and keys are normalised.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Whether their norms are over all heads together.</summary>
    public bool JointNorm { get; init; }

    /// <summary>Whether queries, keys and values have biases.</summary>
    public bool Bias { get; init; }

    /// <summary>Whether the output of attention has one.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether the feed-forward layer has them.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Whether q, k, v and gate, up are stored in one tensor each.</summary>
    public bool Stacked { get; init; }

    /// <summary>The activation of the gate.</summary>
    public string Activation { get => field ?? Json.Text("hidden_act", "silu"); init; }

    /// <summary>Factor on scores, 0: 1/√d_head.</summary>
    public float Scale { get; init; }

    /// <summary>Cap of scores, 0: none.</summary>
    public float ScoreCap { get; init; }

    /// <summary>Cap of logits, 0: none.</summary>
    public float LogitCap { get; init; }

    /// <summary>Factor on word embeddings.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Factor on what each half of a block adds.</summary>
    public float ResidualFactor { get; init; } = 1;

    /// <summary>Factor on logits.</summary>
    public float LogitFactor { get; init; } = 1;

    /// <summary>Whether the unembedding is the embedding where the configuration does not say.</summary>
    public bool Tied { get; init; }

    /// <summary>The window of a layer, 0: none.</summary>
    public Func<int, int> Window { get; init; } = _ => 0;

    /// <summary>The rotation of a layer, null where it has none; no function: as the configuration says for all.</summary>
    public Func<int, RotaryOptions?>? Rotary { get; init; }

    /// <summary>Llama itself.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        bool bias = json.Flag("attention_bias", false);
        return new Llama(json, "Llama") { Bias = bias, OutputBias = bias, MlpBias = json.Flag("mlp_bias", false) }.Build(folder,
            generation);
    }

    /// <summary>The model.</summary>
    public Transformer Build(WeightsFolder folder, GenerationOptions generation)
    {
        RotaryOptions? everywhere = Rotary is null ? RotaryOptions.Read(Json, _dHead) : null;
        bool tied = Json.Flag("tie_word_embeddings", Tied);
        return Decoder.Load(Json, folder, generation, new()
        {
            Class = Class,
            Names = Paths,
            Style = CheckpointStyle.Llama,
            DModel = _dModel,
            NLayers = Json.Int("num_hidden_layers", 32),
            NHeads = _nHeads,
            VocabSize = Json.Int("vocab_size", 32000),
            MaxPositions = Json.Int("max_position_embeddings", 2048),
            EmbeddingScale = EmbeddingScale,
            Block = layer => Block(layer, everywhere ?? Rotary?.Invoke(layer)),
            FinalNorm = Norm,
            Tied = tied,
            HiddenScale = LogitFactor,
            LogitCap = LogitCap,
        });
    }

    private BlockOptions Block(int layer, RotaryOptions? rotary) => new()
    {
        Order = Order,
        SharedNorm = Order == BlockOrder.Parallel,
        Norm = Norm,
        OutputNorms = OutputNorms,
        Rotary = rotary,
        Window = Window(layer),
        Attention = path => new(path, new()
        {
            DModel = _dModel,
            NHeads = _nHeads,
            NKeyValueHeads = _nKeyValueHeads,
            DHead = _dHead,
            Causal = true,
            Rotary = rotary is not null,
            QueryKeyNorm = QueryKeyNorm ? (p, heads) => JointNorm
                ? Transformers.Norm.Rms(p, heads * _dHead, Epsilon, PlusOne, width: "head · d_head")
                : Transformers.Norm.Rms(p, _dHead, Epsilon, PlusOne, "batch, pos, head", "d_head") : null,
            JointNorm = JointNorm,
            OutputFactor = ResidualFactor,
            Projections = Stacked ? Projections.Stacked : Projections.Apart,
            Bias = Bias,
            OutputBias = OutputBias,
            Scale = Scale,
            ScoreCap = ScoreCap,
        }),
        Mlp = path => new(path, _dModel, _dMlp, Activation, gated: true, bias: MlpBias, stacked: Stacked, factor: ResidualFactor),
    };

    private Norm Norm(ModulePath path) => Norms?.Invoke(path) ?? Transformers.Norm.Rms(path, _dModel, Epsilon, PlusOne);
}
