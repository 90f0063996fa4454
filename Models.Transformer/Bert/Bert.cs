// BERT: a stack of blocks that look at the whole text at once, and normalise after adding. Devlin et al. 2018.
// Read this file top to bottom: names, model, block; Bert/BertHeads.cs has what sits on top. Read next: Layers/Attention.cs.
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

    private readonly Embedding _words, _positions, _types;
    private readonly HookPoint _hookWords, _hookPositions, _hookTypes, _fullEmbed;
    private readonly Norm _norm;
    private readonly Block[] _blocks;

    private protected Bert(Config config, ModelInfo info, ModelBuilder builder) : base(info, builder)
    {
        ModulePath embed = builder.Root / "embed";
        _words = new(embed / "embed", "W_E", info.VocabSize, info.DModel, "token id");
        _positions = new(embed / "pos_embed", "W_pos", info.MaxPositions, info.DModel, "position");
        _types = new(embed / "token_type_embed", "W_token_type", config.Types, info.DModel, "segment");
        _hookWords = embed.Hook("hook_embed", "[batch, pos, d_model]");
        _hookPositions = embed.Hook("hook_pos_embed", "[batch, pos, d_model]");
        _hookTypes = embed.Hook("hook_token_type_embed", "[batch, pos, d_model]");
        _norm = Norm.Layer(embed / "ln", info.DModel, config.Epsilon);
        _fullEmbed = builder.Root.Hook("hook_full_embed", "[batch, pos, d_model]");
        _blocks = [.. Enumerable.Range(0, info.NLayers).Select(i => new Block(builder.Root / "blocks" / i, config, info))];
    }

    /// <summary>Builds the model with the head that the config names.</summary>
    internal static Transformer Load(ModelConfig json, WeightsFolder folder)
    {
        Config config = Config.Of(json);
        bool tied = json.Flag("tie_word_embeddings", true);
        CheckpointStyle style = CheckpointStyle.Bert;
        var weights = new WeightLoader(folder, tied ? style : style with { Tied = [style.Tied[1]] }); // the bias keeps its two names
        var builder = new ModelBuilder(weights, s_names);
        string architecture = json.Architecture(builder.Has("mlm_head.W") ? "BertForMaskedLM" : "BertModel");
        ModelInfo info = new()
        {
            ModelType = "bert",
            Architecture = architecture,
            Task = ModelTask.None,
            DModel = json.Int("hidden_size", 768),
            NLayers = json.Int("num_hidden_layers", 12),
            NHeads = json.Int("num_attention_heads", 12),
            VocabSize = json.Int("vocab_size", 30522),
            MaxPositions = json.Int("max_position_embeddings", 512),
            PadId = json.OptionalInt("pad_token_id") ?? 0,
        };
        json.Divides("num_attention_heads", info.NHeads, "hidden_size", info.DModel);
        Bert model = architecture switch
        {
            "BertForMaskedLM" or "BertForPreTraining" => new BertMaskedLm(config, info, builder, tied),
            "BertForSequenceClassification" => new BertClassifier(config, info with { Task = ModelTask.SequenceClassification, Labels = json.Labels(), IsMultiLabel = json.IsMultiLabel }, builder),
            "BertForMultipleChoice" => new BertClassifier(config, info with { Task = ModelTask.MultipleChoice }, builder),
            "BertForTokenClassification" => new BertTokenHead(config, info with { Task = ModelTask.TokenClassification, Labels = json.Labels() }, builder),
            "BertForQuestionAnswering" => new BertTokenHead(config, info with { Task = ModelTask.QuestionAnswering }, builder),
            "BertModel" => new Bert(config, info, builder),
            _ => throw json.UnsupportedArchitecture("BertForMaskedLM", "BertForPreTraining", "BertForSequenceClassification",
                "BertForMultipleChoice", "BertForTokenClassification", "BertForQuestionAnswering", "BertModel"),
        };
        model.Complete(weights);
        return model;
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
        Tensor words = EmbeddingsOf(input);                                                    // [batch, pos, d_model]
        int pos = words.Shape[1];
        Tensor resid = _hookWords.Run(words)
            + _hookPositions.Run(_positions.Run(input.Positions ?? Masks.Positions(input.Mask, 0, pos)))
            + _hookTypes.Run(_types.Run(input.Types ?? Tensor.From(new int[pos], [1, pos])));
        resid = _fullEmbed.Run(_norm.Run(resid));
        Tensor? mask = Masks.Additive(input.Mask);                                             // [batch, 1, 1, key]
        foreach (Block block in _blocks)
        {
            resid = block.Run(resid, mask);
        }
        return resid;
    }

    /// <summary>The settings of config.json that change the computation.</summary>
    internal sealed record Config(int DMlp, int Types, string Activation, float Epsilon)
    {
        public static Config Of(ModelConfig json)
        {
            json.Expect("position_embedding_type", "\"absolute\"");
            json.Expect("is_decoder", "false");
            json.Expect("add_cross_attention", "false");
            json.Expect("pruned_heads", "{}");
            return new(
                json.Int("intermediate_size", 3072), json.Int("type_vocab_size", 2),
                json.Text("hidden_act", "gelu"), (float)json.Number("layer_norm_eps", 1e-12));
        }
    }

    /// <summary>resid = norm(resid + attention(resid)); resid = norm(resid + mlp(resid)).</summary>
    private sealed class Block
    {
        private readonly Norm _ln1, _ln2;
        private readonly Attention _attention;
        private readonly FeedForward _mlp;
        private readonly HookPoint _residPre, _attnOut, _residMid, _mlpOut, _residPost, _normalized;

        public Block(ModulePath path, Config config, ModelInfo info)
        {
            _residPre = path.Hook("hook_resid_pre", "[batch, pos, d_model]");
            _attention = new(path / "attn", new() { DModel = info.DModel, NHeads = info.NHeads });
            _attnOut = path.Hook("hook_attn_out", "[batch, pos, d_model]");
            _residMid = path.Hook("hook_resid_mid", "[batch, pos, d_model]");
            _ln1 = Norm.Layer(path / "ln1", info.DModel, config.Epsilon);
            _mlp = new(path / "mlp", info.DModel, config.DMlp, config.Activation);
            _mlpOut = path.Hook("hook_mlp_out", "[batch, pos, d_model]");
            _residPost = path.Hook("hook_resid_post", "[batch, pos, d_model]");
            _ln2 = Norm.Layer(path / "ln2", info.DModel, config.Epsilon);
            _normalized = path.Hook("hook_normalized_resid_post", "[batch, pos, d_model]");
        }

        public Tensor Run(Tensor resid, Tensor? mask)
        {
            resid = _residPre.Run(resid);                                                      // [batch, pos, d_model]
            resid = _ln1.Run(_residMid.Run(resid + _attnOut.Run(_attention.Run(resid, mask))));
            resid = _residPost.Run(resid + _mlpOut.Run(_mlp.Run(resid)));
            return _normalized.Run(_ln2.Run(resid));
        }
    }
}
