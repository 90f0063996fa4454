using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A score function over a model: how its output is cut into rows, and which number is taken of each row.</summary>
internal sealed class ModelScore : ScoreFunction
{
    private readonly ITransformer _model;
    private readonly StepOptions _step;
    private readonly Func<IReadOnlyList<Tensor>, Tensor> _features;
    private readonly Func<Tensor, StepOptions, StepRows> _read;
    private readonly Func<Func<Tensor, int, Tensor>>? _fromPrefix;
    private readonly Func<Tensor>? _everywhere;
    private Tensor? _featuresOfInput;
    private double[]? _probabilities;

    /// <param name="model">The model.</param>
    /// <param name="step">Which number is taken of a row.</param>
    /// <param name="sides">The inputs.</param>
    /// <param name="targets">What is explained.</param>
    /// <param name="features">From embeddings, one per side, to <c>[batch, target, feature]</c>.</param>
    /// <param name="read">From features to rows of logits.</param>
    /// <param name="fromPrefix">Makes a function from embeddings and the first position that may differ from the input's to
    /// features.</param>
    /// <param name="everywhere">Features of the input at every position, of models that read from left to right: <c>[pos, target,
    /// feature]</c>.</param>
    public ModelScore(
        ITransformer model, StepOptions step, InputSide[] sides, ScoreTarget[] targets,
        Func<IReadOnlyList<Tensor>, Tensor> features, Func<Tensor, StepOptions, StepRows> read, Func<Func<Tensor, int,
            Tensor>>? fromPrefix = null,
        Func<Tensor>? everywhere = null)
    {
        (_model, _step, _features, _read, Sides, Targets, _fromPrefix, _everywhere) =
            (model, step, features, read, sides, targets, fromPrefix, everywhere);
        if (targets.Length == 0)
        {
            throw new VitrineException("targets: nothing to explain; got an empty list; expected at least one label or token.");
        }
        step.Check(targets.Length);
    }

    public override IReadOnlyList<InputSide> Sides { get; }

    public override IReadOnlyList<ScoreTarget> Targets { get; }

    public override IReadOnlyList<InputToken>? TargetTokens => Decoded;

    /// <summary>What the decoder reads, where the source alone is explained.</summary>
    public IReadOnlyList<InputToken>? Decoded { get; init; }

    public override string StepName => _step.Function.Name;

    public override IReadOnlyList<double> Probabilities => _probabilities ??= ProbabilitiesOfInput();

    public override long BytesPerSeed => Floats(10, 0) * sizeof(float);

    protected internal override ITransformer Transformer => _model;

    public override Tensor Features(IReadOnlyList<Tensor> embeddings)
    {
        Tensor features = _step.Function.ReadsNoisyRows ? WithNoise(embeddings) : _features(embeddings);
        if (embeddings.Select((given, i) => ReferenceEquals(given, Sides[i].Batch)).All(same => same))
        {
            _featuresOfInput = features; // the probabilities of the targets can be read from them without another pass
        }
        return features;
    }

    public override Tensor Head(Tensor features)
    {
        if (Recorder.Current is not null && (!_step.Function.HasGradient
            || (_step.Function.ReadsContrastOnly && _step.ContrastLogits is not null)))
        {
            throw new VitrineException(_step.Function.HasGradient
                ? $"{StepName}: the contrast input alone decides it; got a method that asks for its slope at this input; expected a "
                    + $"step that reads both, such as contrast_prob_diff."
                : $"{StepName}: it has no gradient; got a method that asks for one; expected a perturbation method, such as "
                    + $"feature_ablation or kernel_shap.");
        }
        return _step.Function.Of(Rows(features));
    }

    public override Tensor Logits(IReadOnlyList<Tensor> embeddings) => Rows(Features(embeddings)).Logits;

    public override ScoreFunction WithStep(Func<StepOptions, StepOptions> change)
    {
        StepOptions step = change(_step);
        bool isShared = !step.Function.ReadsNoisyRows && !_step.Function.ReadsNoisyRows;
        return new ModelScore(_model, step, [.. Sides], [.. Targets], _features, _read, _fromPrefix, _everywhere)
        {
            _featuresOfInput =
            isShared ? _featuresOfInput : null,
            Decoded = Decoded
        };
    }

    public override Tensor Distributions(IReadOnlyList<Tensor> embeddings) => Rows(Features(embeddings)).Probabilities;

    internal override Func<Tensor, int, Tensor>? FromPrefix()
    {
        if (_fromPrefix is null || _step.Function.ReadsNoisyRows || HookPoints.Any(point => point.IsWatched))
        {
            return null;
        }
        Func<Tensor, int, Tensor> features = _fromPrefix();
        return (embeddings, first) => Head(features(embeddings, first));
    }

    internal override Tensor? AfterEveryToken() => _step.Function.ReadsNoisyRows || _everywhere is null ? null : Head(_everywhere());

    public override Tensor Embed(int side, Tensor ids) => _model.Embed(ids);

    public override int? BaselineId(BaselineKind kind)
    {
        SpecialTokens? special = _model.Tokenizer?.Special;
        int? id = kind switch
        {
            BaselineKind.Pad => special?.Pad ?? _model.Info.PadId,
            BaselineKind.Unk => special?.Unk,
            BaselineKind.Mask => special?.Mask,
            BaselineKind.EndOfText => special?.Eos ?? (_model.Info.EosIds is [int first, ..] ? first : null),
            _ => null,
        };
        return id < _model.Info.VocabSize ? id : null; // a token added to the tokenizer alone has no row in the embeddings
    }

    // Per layer and position a recorded pass keeps normed inputs, q, k, v, z, two residuals and both sides of the four times
    // wider MLP: about 18 · d_model floats. A plain pass holds one layer's worth at a time.
    public override long BytesPerExample(bool recorded) => (_step.Function.ReadsNoisyRows ? _step.DropoutSamples + 1 : 1) *
        Floats(recorded ? 18L * (_model.Info.NLayers + _model.Info.NDecoderLayers) : 24, recorded ? 4 : 3) * sizeof(float);

    private long Floats(long widths, int rows) =>
        (widths * Sides.Sum(side => (long)side.Length) * _model.Info.DModel)
            + ((long)rows * Targets.Count * Math.Max(_model.Info.VocabSize * (IsLanguageModel ? 1 : 0), 1));

    private bool IsLanguageModel => _model is ILanguageModel;

    private double[] ProbabilitiesOfInput()
    {
        if (_model.Info.IsNumber)
        {
            return [.. Targets.Select(_ => double.NaN)];
        }
        using Recorder.Pause pause = Recorder.Suspend();
        Tensor features = _featuresOfInput ?? Features([.. Sides.Select(side => side.Batch)]);
        return Array.ConvertAll(Rows(features).Probability.ToArray(), p => (double)p);
    }

    /// <summary>Features side by side: those under dropout first, so that hooks see the plain pass last. <c>[batch, target, (samples + 1)
    /// · feature]</c></summary>
    private Tensor WithNoise(IReadOnlyList<Tensor> embeddings)
    {
        var noise = new DropoutNoise(_model, _step);
        Tensor[] noisy = [.. Enumerable.Range(0, _step.DropoutSamples).Select(sample => noise.During(sample, () => _features(embeddings)))];
        return TensorOps.Concat(-1, [.. noisy, _features(embeddings)]);
    }

    private StepRows Rows(Tensor features)
    {
        if (!_step.Function.ReadsNoisyRows)
        {
            return _read(features, _step);
        }
        int width = features.Shape[^1] / (_step.DropoutSamples + 1);
        StepRows[] rows = [.. Enumerable.Range(0, _step.DropoutSamples + 1)
            .Select(i => _read(features.Slice(-1, i * width, width), _step))];
        return rows[^1].With(rows[..^1]);
    }
}
