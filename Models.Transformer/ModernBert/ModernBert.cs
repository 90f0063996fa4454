// ModernBERT: an encoder with what decoders have had since BERT: rotary positions, norms before each half, a gated MLP; most layers see
// neighbours only. Warner et al. 2024. Read this file top to bottom: names, model, blocks; ModernBertHeads.cs has what sits on top.
// Sizes: d_model 768, 12 heads of 64, 22 layers, d_mlp 1152, 50368 words, 8192 positions in ModernBERT-base.
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>ModernBERT without a head: tokens to hidden states.</summary>
public partial class ModernBert : Transformer
{
    private const string Full = "full_attention", Sliding = "sliding_attention";

    /// <summary>
    /// Canonical paths to checkpoint names: whole names, then modules, then what they hold. Linear layers are stored as [d_out, d_in].
    /// </summary>
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.W_E"] = "model.embeddings.tok_embeddings.weight",
        ["embed.ln"] = "model.embeddings.norm",
        ["blocks.{i}.ln1"] = "model.layers.{i}.attn_norm",
        ["blocks.{i}.attn"] = "model.layers.{i}.attn",
        ["blocks.{i}.ln2"] = "model.layers.{i}.mlp_norm",
        ["blocks.{i}.mlp"] = "model.layers.{i}.mlp",
        ["ln_final"] = "model.final_norm",
        ["head"] = "head.dense",
        ["head.ln"] = "head.norm",
        ["classifier"] = "classifier",
        ["unembed.W_U"] = "decoder.weight",
        ["unembed.b_U"] = "decoder.bias",
        ["W"] = "weight^T",
        ["W_Q"] = "Wqkv.weight^T",
        ["b_Q"] = "Wqkv.bias",
        ["W_K"] = "Wqkv.weight^T",
        ["b_K"] = "Wqkv.bias",
        ["W_V"] = "Wqkv.weight^T",
        ["b_V"] = "Wqkv.bias",
        ["W_O"] = "Wo.weight^T",
        ["b_O"] = "Wo.bias",
        ["W_gate"] = "Wi.weight^T",
        ["b_gate"] = "Wi.bias",
        ["W_in"] = "Wi.weight^T",
        ["b_in"] = "Wi.bias",
        ["W_out"] = "Wo.weight^T",
        ["b_out"] = "Wo.bias",
        ["w"] = "weight",
        ["b"] = "bias",
    };

    private readonly Embedding _words;
    private readonly HookPoint _hookWords;
    private readonly Norm _embedNorm, _final;
    private readonly Block[] _blocks;

    private ModernBert(ModelConfig json, ModelInfo info, ModelBuilder builder) : base(info, builder)
    {
        ModulePath root = builder.Root;
        Func<ModulePath, Norm> norm = NormOf(json, info);
        _words = new(root / "embed", "W_E", info.VocabSize, info.DModel, "token id");
        _hookWords = root.Hook("hook_embed", "[batch, pos, d_model]");
        _embedNorm = norm(root / "embed" / "ln");
        _blocks = [.. Enumerable.Range(0, info.NLayers).Select(i => new Block(root / "blocks" / i, BlockOf(json, info, norm, i)))];
        _final = norm(root / "ln_final");
    }

    /// <summary>Builds the model with the head that the config names; where it names none, with the one whose weights are there.</summary>
    internal static Transformer Load(ModelConfig json, WeightsFolder folder)
    {
        bool tied = json.Flag("tie_word_embeddings", true);
        var weights = new WeightLoader(folder, new("model.") { Tied = tied ? [[s_names["embed.W_E"], s_names["unembed.W_U"]]] : [] });
        var builder = new ModelBuilder(weights, s_names);
        string found = builder.Has("unembed.b_U") ? "ModernBertForMaskedLM"
            : builder.Has("classifier.W") ? "ModernBertForSequenceClassification" : "ModernBertModel";
        string architecture = json.Architecture(found);
        ModelInfo info = new()
        {
            ModelType = "modernbert",
            Architecture = architecture,
            Task = ModelTask.None,
            DModel = json.Int("hidden_size", 768),
            NLayers = json.Int("num_hidden_layers", 22),
            NHeads = json.Int("num_attention_heads", 12),
            VocabSize = json.Int("vocab_size", 50368),
            MaxPositions = json.Int("max_position_embeddings", 8192),
            PadId = json.OptionalInt("pad_token_id"),
            BosId = json.OptionalInt("bos_token_id"),
            EosIds = json.Ints("eos_token_id"),
            PoolsFirst = true,
        };
        json.Divides("num_attention_heads", info.NHeads, "hidden_size", info.DModel);
        if (info.PadId >= info.VocabSize)
        {
            string got = $"{info.PadId} of {info.VocabSize} words";
            throw json.Wrong("pad_token_id", "is outside the vocabulary", got, $"at most {info.VocabSize - 1}");
        }
        ModelInfo labelled = info with { Labels = json.Labels() };
        ModernBert model = architecture switch
        {
            "ModernBertForMaskedLM" => new WithWords(json, info, builder, tied),
            "ModernBertForSequenceClassification" =>
                new WithLabels(json, json.Classifier(labelled), builder),
            "ModernBertForTokenClassification" => new WithTokens(json, labelled with { Task = ModelTask.TokenClassification }, builder),
            "ModernBertForQuestionAnswering" => new WithTokens(json, info with { Task = ModelTask.QuestionAnswering }, builder),
            "ModernBertModel" => new ModernBert(json, info, builder),
            _ => throw json.UnsupportedArchitecture("ModernBertForMaskedLM", "ModernBertForSequenceClassification",
                "ModernBertForTokenClassification", "ModernBertForQuestionAnswering", "ModernBertModel"),
        };
        model.Complete(weights);
        return model;
    }

    /// <inheritdoc/>
    public override Tensor Embed(Tensor ids) => _words.Run(ids);

    /// <inheritdoc/>
    public override Tensor Forward(ModelInput input) => Encode(input);

    /// <summary>The last hidden state, after the final norm, <c>[batch, pos, d_model]</c>.</summary>
    /// <param name="input">Tokens or embeddings.</param>
    public Tensor Encode(ModelInput input)
    {
        Tensor resid = _embedNorm.Run(_hookWords.Run(EmbeddingsOf(input)));                    // [batch, pos, d_model]
        var at = new Placement(input, resid);
        foreach (Block block in _blocks)
        {
            resid = block.Run(resid, at);
        }
        return _final.Run(resid);
    }

    private static Func<ModulePath, Norm> NormOf(ModelConfig json, ModelInfo info)
    {
        (float epsilon, bool bias) = ((float)json.Number("norm_eps", 1e-5), json.Flag("norm_bias", false));
        return path => Norm.Layer(path, info.DModel, epsilon, bias);
    }

    /// <summary>Every third layer sees all; the others half a window to either side, by angles that turn faster.</summary>
    private static BlockOptions BlockOf(ModelConfig json, ModelInfo info, Func<ModulePath, Norm> norm, int layer)
    {
        IReadOnlyList<string> types = json.Texts("layer_types");
        if (types.Count > 0 && types.Count != info.NLayers)
        {
            string got = $"{types.Count} for {info.NLayers} layers";
            throw json.Wrong("layer_types", "has another length than there are layers", got, "one for each layer");
        }
        string type = types.Count > 0 ? types[layer] : layer % json.Int("global_attn_every_n_layers", 3) == 0 ? Full : Sliding;
        if (type is not (Full or Sliding))
        {
            throw json.Wrong("layer_types", "names a kind of layer that is not supported", $"'{type}'", $"{Full} or {Sliding}");
        }
        bool full = type == Full, bias = json.Flag("attention_bias", false);
        double theta = full ? json.Number("global_rope_theta", 160000) : json.Number("local_rope_theta", 10000);
        int dMlp = json.Int("intermediate_size", 1152);
        (string activation, bool mlpBias) = (json.Text("hidden_activation", "gelu"), json.Flag("mlp_bias", false));
        var attention = new AttentionOptions
        {
            DModel = info.DModel,
            NHeads = info.NHeads,
            Rotary = true,
            Bias = bias,
            OutputBias = bias,
            Projections = Projections.Stacked,
        };
        return new()
        {
            Norm = norm,
            SkipsFirstNorm = layer == 0, // the norm of the embeddings stands there
            Attention = path => new(path, attention),
            Mlp = path => new(path, info.DModel, dMlp, activation, gated: true, bias: mlpBias, stacked: true),
            Rotary = RotaryOptions.Read(json, info.DModel / info.NHeads, theta, type),
            Window = full ? 0 : (json.Int("local_attention", 128) / 2) + 1,
        };
    }
}
