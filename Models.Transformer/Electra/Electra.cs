// ELECTRA: BERT's plan, trained to tell which words a small generator has replaced; narrow embeddings in the small ones.
// Clark et al. 2020. Read this file for names, settings and the discriminator's head, Bert/Bert.cs for the computation.
// Sizes: small d_model 256, d_embed 128, 4 heads of 64, 12 layers; base d_model 768, 12 heads of 64, 12 layers; 30522 words, 512 positions.
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>ELECTRA: generator, discriminator, and any head on top of the latter.</summary>
internal static class Electra
{
    private static readonly BertFamily s_family = new()
    {
        ModelType = "electra",
        Class = "Electra",
        Names = Bert.NamesUnder("electra.", new()
        {
            ["embed.project.W"] = "electra.embeddings_project.weight^T",
            ["embed.project.b"] = "electra.embeddings_project.bias",
            ["mlm_head.W"] = "generator_predictions.dense.weight^T",
            ["mlm_head.b"] = "generator_predictions.dense.bias",
            ["mlm_head.ln.w"] = "generator_predictions.LayerNorm.weight",
            ["mlm_head.ln.b"] = "generator_predictions.LayerNorm.bias",
            ["unembed.W_U"] = "generator_lm_head.weight",
            ["unembed.b_U"] = "generator_lm_head.bias",
            ["discriminator.W"] = "discriminator_predictions.dense.weight^T",
            ["discriminator.b"] = "discriminator_predictions.dense.bias",
            ["discriminator.W_out"] = "discriminator_predictions.dense_prediction.weight^T",
            ["discriminator.b_out"] = "discriminator_predictions.dense_prediction.bias",
        }),
        TextNames = new Dictionary<string, string>
        {
            ["pooler.W"] = "classifier.dense.weight^T",
            ["pooler.b"] = "classifier.dense.bias",
            ["classifier.W"] = "classifier.out_proj.weight^T",
            ["classifier.b"] = "classifier.out_proj.bias",
        },
        ChoiceNames = new Dictionary<string, string>
        {
            ["pooler.W"] = "sequence_summary.summary.weight^T",
            ["pooler.b"] = "sequence_summary.summary.bias",
        },
        Style = new("electra.")
        {
            Ignorable = new Dictionary<string, string> { [".position_ids"] = "the numbers 0, 1, 2, …" },
            Tied = [["electra.embeddings.word_embeddings.weight", "generator_lm_head.weight"]],
        },
        Discriminator = (config, info, builder) => new Replaced(config, info, builder),
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder)
    {
        Bert.Config config = new Bert.Config { DModel = 256, EmbeddingWidth = 128, NHeads = 4, DMlp = 1024 }.Read(json);
        return s_family.Load(json, folder, config with
        {
            Projects = config.EmbeddingWidth != config.DModel,
            PoolerActivation = "gelu", // these two whatever the blocks have
            WordsActivation = "gelu",
        });
    }

    /// <summary>
    /// One logit per token, w·act(W·h + b) + b': above 0 where the word was replaced. A label that is true with probability σ(logit).
    /// </summary>
    private sealed class Replaced : Bert
    {
        private readonly Linear _dense, _out;
        private readonly Func<Tensor, Tensor> _activation;
        private readonly HookPoint _logits;

        public Replaced(Config config, ModelInfo info, ModelBuilder builder)
            : base(config, info with { Task = ModelTask.TokenClassification, Labels = ["REPLACED"], IsMultiLabel = true }, builder)
        {
            ModulePath head = builder.Root / "discriminator";
            _dense = Linear.Of(head, "", info.DModel, info.DModel);
            _activation = Activation.Named(config.Activation);
            _out = Linear.Of(head, "out", info.DModel, 1);
            _logits = builder.Root.Hook("hook_logits", "[batch, pos, label]");
        }

        public override Tensor Forward(ModelInput input) => _logits.Run(_out.Run(_activation(_dense.Run(Encode(input)))));
    }
}
