using Vitrine.Tensors;

namespace Vitrine.Transformers;

public partial class ModernBert
{
    /// <summary>What every head does first: norm(act(W·h)).</summary>
    private sealed class Transform(ModelConfig json, ModelInfo info, ModulePath path)
    {
        private readonly Linear _dense = Linear.Of(path, "", info.DModel, info.DModel, json.Flag("classifier_bias", false));
        private readonly Func<Tensor, Tensor> _activation = Activation.Named(json.Text("classifier_activation", "gelu"));
        private readonly Norm _norm = NormOf(json, info)(path / "ln");

        public Tensor Run(Tensor x) => _norm.Run(_activation(_dense.Run(x)));
    }

    /// <summary>A score for every word at every token.</summary>
    private sealed class WithWords : ModernBert, ILanguageModel
    {
        private readonly Transform _transform;
        private readonly Unembedding _unembed;

        public WithWords(ModelConfig json, ModelInfo info, ModelBuilder builder, bool tied)
            : base(json, info with { Task = ModelTask.MaskedLanguageModel }, builder)
        {
            ModulePath unembed = builder.Root / "unembed";
            _transform = new(json, info, builder.Root / "head");
            Parameter? own = tied ? null : unembed.Table("W_U", info.VocabSize, info.DModel);
            Parameter? bias = json.Flag("decoder_bias", true) ? unembed.Weight("b_U", [info.VocabSize]) : null;
            _unembed = new(own ?? _words.Table, bias, builder.Root.Hook("hook_logits", "[batch, pos, vocab]"));
        }

        public override Tensor Forward(ModelInput input) => Logits(Hidden(input));

        public Tensor Hidden(ModelInput input) => _transform.Run(Encode(input));

        public Tensor Logits(Tensor hidden) => _unembed.Run(hidden);

        public Tensor Logits(Tensor hidden, Tensor ids) => _unembed.Run(hidden, ids);
    }

    /// <summary>A score per label, of the first token's vector or of the mean over all that are no padding.</summary>
    private sealed class WithLabels : ModernBert
    {
        private readonly bool _mean;
        private readonly Transform _transform;
        private readonly Linear _classifier;
        private readonly HookPoint _pooled, _logits;

        public WithLabels(ModelConfig json, ModelInfo info, ModelBuilder builder) : base(json, info, builder)
        {
            string pooling = json.Text("classifier_pooling", "cls");
            _mean = pooling is "cls" or "mean"
                ? pooling == "mean"
                : throw json.Wrong("classifier_pooling", "is not understood", $"'{pooling}'", "cls or mean");
            _transform = new(json, info, builder.Root / "head");
            _pooled = (builder.Root / "head").Hook("hook_pooler_out", "[batch, d_model]");
            _classifier = Linear.Of(builder.Root / "classifier", "", info.DModel, info.Labels.Count);
            _logits = builder.Root.Hook("hook_logits", "[batch, label]");
        }

        public override Tensor Forward(ModelInput input)
        {
            Tensor hidden = Encode(input);
            return _logits.Run(_classifier.Run(_pooled.Run(_transform.Run(_mean ? Mean(hidden, input.Mask) : hidden.Select(1, 0)))));
        }

        private static Tensor Mean(Tensor hidden, Tensor? mask)
        {
            if (mask is null)
            {
                return hidden.Mean([1]);
            }
            int[] tokens = Masks.Integers(mask);
            int pos = mask.Shape[1];
            float[] shares = [.. tokens.Select((token, i) => (float)token / Math.Max(1, tokens.AsSpan(i / pos * pos, pos).Count(1)))];
            return (hidden * Tensor.From(shares, mask.Shape.Append(1))).Sum([1]);
        }
    }

    /// <summary>A score per label at every token, or as start and as end of an answer.</summary>
    private sealed class WithTokens : ModernBert
    {
        private readonly Transform _transform;
        private readonly Linear _classifier;
        private readonly HookPoint _logits;

        public WithTokens(ModelConfig json, ModelInfo info, ModelBuilder builder) : base(json, info, builder)
        {
            bool answers = info.Task == ModelTask.QuestionAnswering;
            _transform = new(json, info, builder.Root / "head");
            _classifier = Linear.Of(builder.Root / "classifier", "", info.DModel, answers ? 2 : info.Labels.Count);
            _logits = builder.Root.Hook("hook_logits", answers ? "[batch, pos, start_or_end]" : "[batch, pos, label]");
        }

        public override Tensor Forward(ModelInput input) => _logits.Run(_classifier.Run(_transform.Run(Encode(input))));
    }
}
