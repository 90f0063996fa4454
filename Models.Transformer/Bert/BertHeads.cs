using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// One vector per text, act(W·h + b) of the first token <c>[CLS]</c>, and a linear layer on it: a score per label, or, in multiple
/// choice, one score per choice. The activation is tanh in BERT.
/// </summary>
internal sealed class BertClassifier : Bert
{
    private readonly Linear _pooler, _classifier;
    private readonly Func<Tensor, Tensor> _activation;
    private readonly HookPoint _pooled, _logits;

    public BertClassifier(Config config, ModelInfo info, ModelBuilder builder) : base(config, info, builder)
    {
        bool choice = info.Task == ModelTask.MultipleChoice;
        _pooler = Linear.Of(builder.Root / "pooler", "", info.DModel, info.DModel);
        _activation = Activation.Named(config.PoolerActivation);
        _pooled = (builder.Root / "pooler").Hook("hook_pooler_out", "[batch, d_model]");
        _classifier = Linear.Of(builder.Root / "classifier", "", info.DModel, choice ? 1 : info.Labels.Count);
        _logits = builder.Root.Hook("hook_logits", choice ? "[batch, choice]" : "[batch, label]");
    }

    public override Tensor Forward(ModelInput input)
    {
        bool choice = Info.Task == ModelTask.MultipleChoice;
        int choices = 1;
        if (choice)
        {
            (input, choices) = Flat(input);
        }
        Tensor first = Encode(input).Select(1, 0);                                             // [batch, d_model]
        Tensor logits = _classifier.Run(_pooled.Run(_activation(_pooler.Run(first))));               // [batch, label]
        return _logits.Run(choice ? logits.Reshape([logits.Shape[0] / choices, choices]) : logits);
    }

    /// <summary>
    /// The choices of all examples one below the other: <c>[batch, choice, pos, …]</c> → <c>[batch · choice, pos, …]</c>.
    /// </summary>
    private (ModelInput Input, int Choices) Flat(ModelInput input)
    {
        Tensor? given = input.Embeddings ?? input.Ids;
        if (given is null || given.Shape.Rank != (input.Embeddings is null ? 3 : 4))
        {
            string got = given?.Shape.ToString() ?? "nothing";
            throw new ShapeException($"{Info.ModelType}: wants one text per choice; got {got}; expected [batch, choice, pos].");
        }
        return (input with
        {
            Ids = Merge(input.Ids),
            Embeddings = Merge(input.Embeddings),
            Mask = Merge(input.Mask),
            Types = Merge(input.Types),
            Positions = Merge(input.Positions),
        }, given.Shape[1]);

        static Tensor? Merge(Tensor? x) => x is null || x.Shape.Rank < 3 ? x : x.Reshape(x.Shape[1..].With(0, x.Shape[0] * x.Shape[1]));
    }
}

/// <summary>A linear layer on every token: a score per label, or, in question answering, as start and as end of the answer.</summary>
internal sealed class BertTokenHead : Bert
{
    private readonly Linear _head;
    private readonly HookPoint _logits;

    public BertTokenHead(Config config, ModelInfo info, ModelBuilder builder) : base(config, info, builder)
    {
        bool answers = info.Task == ModelTask.QuestionAnswering;
        _head = Linear.Of(builder.Root / (answers ? "qa_outputs" : "classifier"), "", info.DModel, answers ? 2 : info.Labels.Count);
        _logits = builder.Root.Hook("hook_logits", answers ? "[batch, pos, start_or_end]" : "[batch, pos, label]");
    }

    public override Tensor Forward(ModelInput input) => _logits.Run(_head.Run(Encode(input)));
}

/// <summary>A score for every word at every token, norm(act(W·h + b))·W_Eᵀ + b_U: what could be in place of <c>[MASK]</c>.</summary>
internal sealed class BertMaskedLm : Bert, ILanguageModel
{
    private readonly Linear _transform;
    private readonly Func<Tensor, Tensor> _activation;
    private readonly Norm _norm;
    private readonly Unembedding _unembed;

    public BertMaskedLm(Config config, ModelInfo info, ModelBuilder builder, bool tied)
        : base(config, info, builder)
    {
        ModulePath head = builder.Root / "mlm_head", unembed = builder.Root / "unembed";
        _transform = Linear.Of(head, "", info.DModel, info.EmbeddingWidth);
        _activation = Activation.Named(config.WordsActivation ?? config.Activation);
        _norm = Norm.Layer(head / "ln", info.EmbeddingWidth, config.Epsilon);
        Parameter? own = tied ? null : unembed.Table("W_U", info.VocabSize, info.EmbeddingWidth);
        Parameter bias = unembed.Weight("b_U", [info.VocabSize]);
        _unembed = new(own ?? Table, bias, builder.Root.Hook("hook_logits", "[batch, pos, vocab]"));
    }

    public override Tensor Forward(ModelInput input) => Logits(Hidden(input));

    public Tensor Hidden(ModelInput input) => _norm.Run(_activation(_transform.Run(Encode(input))));

    public Tensor Logits(Tensor hidden) => _unembed.Run(hidden);

    public Tensor Logits(Tensor hidden, Tensor ids) => _unembed.Run(hidden, ids);
}
