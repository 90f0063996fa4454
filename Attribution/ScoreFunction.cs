using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// What an attribution method sees instead of a model: a function from embeddings, or token ids, to one score per target.
/// </summary>
/// <remarks>
/// One function carries all targets, so that a generation of T tokens is one teacher-forced forward, and its gradients one
/// backward sweep with T seeds. Examples of a batch do not influence each other.
/// </remarks>
public abstract class ScoreFunction
{
    /// <summary>The inputs: <c>source</c>, and <c>target</c> for encoder–decoders.</summary>
    public abstract IReadOnlyList<InputSide> Sides { get; }

    /// <summary>What is explained. <c>[target]</c></summary>
    public abstract IReadOnlyList<ScoreTarget> Targets { get; }

    /// <summary>Which number is taken of a target: <c>logit</c>, <c>probability</c>, <c>log_probability</c>…</summary>
    public abstract string StepName { get; }

    /// <summary>What a decoder reads, its start token first, where only the source is a side; null elsewhere.</summary>
    public virtual IReadOnlyList<InputToken>? TargetTokens => null;

    /// <summary>The model of it, in words, for the result; null where there is none.</summary>
    public virtual string? Model => Transformer?.Info.Architecture;

    /// <summary>The activations inside that methods may read, change and differentiate; none where there is no model.</summary>
    public IReadOnlyList<HookPoint> HookPoints => Transformer?.HookPoints ?? [];

    /// <summary>The model whose hook points these are; null where there is none.</summary>
    protected internal virtual ITransformer? Transformer => null;

    /// <summary>
    /// What each target's score is read from: row t is all that score t depends on. A language model's last hidden state at
    /// the position that predicts token t; the score itself where there is nothing in between.
    /// </summary>
    /// <remarks>
    /// Because rows do not mix in <see cref="Head"/>, one backward through the head serves all targets, and the sweep
    /// through the model starts from rows of d_model numbers instead of from a vocabulary.
    /// </remarks>
    /// <param name="embeddings">One per side: <c>[batch, pos, d_model]</c>, with as many positions as the side has tokens.</param>
    /// <returns><c>[batch, target, feature]</c></returns>
    public abstract Tensor Features(IReadOnlyList<Tensor> embeddings);

    /// <summary>From features to scores, row by row.</summary>
    /// <param name="features"><c>[batch, target, feature]</c></param>
    /// <returns><c>[batch, target]</c></returns>
    public virtual Tensor Head(Tensor features) => features.Reshape([features.Shape[0], features.Shape[1]]);

    /// <summary>The scores of a batch of embeddings; differentiable when a tape is open.</summary>
    /// <param name="embeddings">One per side: <c>[batch, pos, d_model]</c>, with as many positions as the side has tokens.</param>
    /// <returns><c>[batch, target]</c></returns>
    public Tensor Score(IReadOnlyList<Tensor> embeddings) => Head(Features(embeddings));

    /// <summary>The scores of a batch of token ids, for methods that replace tokens.</summary>
    /// <param name="ids">One per side: <c>[batch, pos]</c>, int32.</param>
    /// <returns><c>[batch, target]</c></returns>
    public virtual Tensor ScoreIds(IReadOnlyList<Tensor> ids) => Score([.. ids.Select((side, i) => Embed(i, side))]);

    /// <summary>How many classes are more likely than each target: 0 for the most likely.</summary>
    /// <param name="embeddings">One per side: <c>[batch, pos, d_model]</c>.</param>
    /// <returns><c>[batch, target]</c></returns>
    /// <exception cref="VitrineException">this function has no classes.</exception>
    public Tensor Ranks(IReadOnlyList<Tensor> embeddings)
    {
        Tensor logits = Logits(embeddings);
        int targets = logits.Shape[1], classes = logits.Shape[2];
        float[] values = logits.ToArray(), ranks = new float[logits.Shape[0] * targets];
        for (int row = 0; row < ranks.Length; row++)
        {
            ReadOnlySpan<float> all = values.AsSpan(row * classes, classes);
            float own = all[Targets[row % targets].Id ?? throw NoModel()];
            foreach (float logit in all)
            {
                ranks[row] += logit > own ? 1 : 0;
            }
        }
        return Tensor.From(ranks, [logits.Shape[0], targets]);
    }

    /// <summary>The logits of all classes that each target stands among.</summary>
    /// <param name="embeddings">One per side: <c>[batch, pos, d_model]</c>.</param>
    /// <returns><c>[batch, target, class]</c></returns>
    /// <exception cref="VitrineException">this function has no classes.</exception>
    public virtual Tensor Logits(IReadOnlyList<Tensor> embeddings) => throw NoModel();

    /// <summary>The same inputs and targets with another number taken of each.</summary>
    /// <param name="change">From the options of this function to those of the other.</param>
    /// <exception cref="VitrineException">this function has no classes, or the step does not fit the targets.</exception>
    public virtual ScoreFunction WithStep(Func<StepOptions, StepOptions> change) => throw NoModel();

    /// <summary>The probabilities of all classes at each target.</summary>
    /// <param name="embeddings">One per side: <c>[batch, pos, d_model]</c>.</param>
    /// <returns><c>[batch, target, class]</c></returns>
    /// <exception cref="VitrineException">this function has no classes.</exception>
    public virtual Tensor Distributions(IReadOnlyList<Tensor> embeddings) => throw NoModel();

    /// <summary>
    /// A scorer of embeddings <c>[batch, pos, d_model]</c> that equal the input's own before a position, for functions that can reuse what
    /// they computed of it; null for others. It is bound to the hooks of the moment.
    /// </summary>
    internal virtual Func<Tensor, int, Tensor>? FromPrefix() => null;

    /// <summary>
    /// The targets' scores as if each were read at every position in turn, <c>[pos, target]</c>: what a model that reads from left to right
    /// says after each token. Null for functions that cannot be read there.
    /// </summary>
    internal virtual Tensor? AfterEveryToken() => null;

    /// <summary>What one number of a token's embedding is.</summary>
    internal virtual string UnitName => "d_model";

    /// <summary>The embeddings of token ids, as <see cref="InputSide.Embeddings"/> holds them.</summary>
    /// <param name="side">Index into <see cref="Sides"/>.</param>
    /// <param name="ids"><c>[…]</c>, int32.</param>
    /// <returns><c>[…, d_model]</c></returns>
    public abstract Tensor Embed(int side, Tensor ids);

    /// <summary>The id that stands for a role in this model's vocabulary; null where it has none.</summary>
    public virtual int? BaselineId(BaselineKind kind) => null;

    /// <summary>
    /// The model's probability of each target at the unperturbed input, 0–1; NaN where a target has none. <c>[target]</c>
    /// </summary>
    public abstract IReadOnlyList<double> Probabilities { get; }

    /// <summary>About how many bytes one example costs: methods cut their batches so that a budget holds.</summary>
    /// <param name="recorded">With what a tape keeps for the backward pass, or a plain forward.</param>
    public abstract long BytesPerExample(bool recorded);

    /// <summary>About how many bytes one more seed costs in a backward sweep over one example.</summary>
    public abstract long BytesPerSeed { get; }

    /// <summary>Captures activations of the scoring passes until the result is disposed.</summary>
    /// <param name="patterns">Hook names or patterns, e.g. <c>*.hook_pattern</c>.</param>
    /// <exception cref="VitrineException">this function has no model, or a pattern matches nothing.</exception>
    public ActivationCache Cache(params string[] patterns) => (Transformer ?? throw NoModel()).Cache(patterns);

    /// <summary>Replaces activations of the scoring passes until the result is disposed.</summary>
    /// <param name="pattern">A hook name or pattern.</param>
    /// <param name="edit">From the point and its activation to the replacement, of the same shape.</param>
    /// <exception cref="VitrineException">this function has no model, or the pattern matches nothing.</exception>
    public HookScope Intervene(string pattern, Func<HookPoint, Tensor, Tensor> edit) =>
        (Transformer ?? throw NoModel()).Intervene(pattern, edit);

    private static VitrineException NoModel() =>
        new("score function: it has no model; got a plain function; expected one made by Targets. Methods that look inside need a model.");
}
