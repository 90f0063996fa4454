using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// The score of a text that a template made, as a function of its slots: a slot holds its value (1) or another text (0), and the model
/// reads whatever comes out, however long it is.
/// </summary>
/// <remarks>
/// Captum's TextTemplateInput with its baselines. Nothing lies between a value and its replacement, so methods that take features away
/// explain it, and methods that need gradients or a look inside say that they cannot.
/// </remarks>
public sealed class SlotScore : ScoreFunction
{
    private readonly TextTemplate _template;
    private readonly string[] _values, _absent;
    private readonly ScoreFunction _whole;
    private readonly Func<string, ScoreFunction> _of;

    /// <summary>The slots of a text.</summary>
    /// <param name="template">What made it.</param>
    /// <param name="absent">What a slot holds while its value is absent; one that is not named holds nothing.</param>
    /// <param name="whole">The score of the text itself.</param>
    /// <param name="of">The same score of another text.</param>
    /// <exception cref="VitrineException">The text does not fit the template, or there is no such slot.</exception>
    public SlotScore(TextTemplate template, IReadOnlyDictionary<string, string> absent, ScoreFunction whole, Func<string, ScoreFunction> of)
    {
        (_template, _whole, _of) = (template, whole, of);
        if (absent.Keys.FirstOrDefault(name => !template.Names.Contains(name)) is { } unknown)
        {
            throw new VitrineException($"template: no such slot; got '{unknown}'; expected one of {string.Join(", ", template.Names)}.");
        }
        InputSide side = whole.Sides[0];
        string text = side.Texts is [var first, ..] ? first : throw new VitrineException("template: no text; got token ids alone; "
            + "expected the text that the template made.");
        IReadOnlyList<TextTemplate.Place> places = template.Find(text)
            ?? throw new VitrineException($"template: the text does not fit it; got '{text}'; "
                + $"expected '{template}' with something in every slot.");
        TextTemplate.Place[] firsts = [.. template.Names.Select((_, slot) => places.First(place => place.Slot == slot))];
        _values = [.. firsts.Select(place => text[place.Start..place.End])];
        _absent = [.. template.Names.Select(name => absent.GetValueOrDefault(name, ""))];
        Sides = [new()
        {
            Name = side.Name,
            Texts = [text],
            Tokens = [.. firsts.Select((place, slot) => new InputToken(1, _values[slot], place.Start, place.End, Word: slot))],
            Embeddings = Tensor.Full([_values.Length, 1], 1, Device.Cpu),
        }];
        Targets = [.. whole.Targets.Select(target => target with { Position = null, Reach = [_values.Length] })];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<InputSide> Sides { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<ScoreTarget> Targets { get; }

    /// <inheritdoc/>
    public override string StepName => _whole.StepName;

    /// <inheritdoc/>
    public override string? Model => _whole.Model;

    /// <inheritdoc/>
    public override IReadOnlyList<double> Probabilities => _whole.Probabilities;

    /// <inheritdoc/>
    public override long BytesPerSeed => _whole.BytesPerSeed;

    /// <inheritdoc/>
    internal override string UnitName => "slot";

    /// <inheritdoc/>
    public override long BytesPerExample(bool recorded) => _whole.BytesPerExample(recorded);

    /// <summary>1 for a slot's value, 0 for what stands for it.</summary>
    public override Tensor Embed(int side, Tensor ids) =>
        Tensor.From([.. ids.ToIntArray().Select(id => id == 0 ? 0f : 1f)], [.. ids.Shape.Axes, 1], Device.Cpu);

    /// <inheritdoc/>
    public override Tensor Features(IReadOnlyList<Tensor> embeddings)
    {
        float[] rows = embeddings[0].ToArray();
        if (Recorder.Current is not null || rows.Any(x => x is not (0 or 1)))
        {
            throw new VitrineException(
                "template: a slot holds its value or another text and nothing between; got a method that needs gradients or mixtures; "
                + "expected one that takes features away: feature_ablation, occlusion, shapley_values, shapley_value_sampling, "
                + "kernel_shap, "
                + "partition_shap, lime.");
        }
        float[] scores = [.. rows.Chunk(_values.Length).SelectMany(Scores)];
        return Tensor.From(scores, [rows.Length / _values.Length, Targets.Count, 1]);
    }

    private float[] Scores(float[] holds)
    {
        if (!holds.Contains(0))
        {
            return _whole.Score(Sweep.Input(_whole)).ToArray();
        }
        string text = _template.Fill([.. holds.Select((held, slot) => held == 1 ? _values[slot] : _absent[slot])]);
        ScoreFunction f = _of(text);
        return f.Targets.Count == Targets.Count ? f.Score(Sweep.Input(f)).ToArray() : throw new VitrineException(
            $"template: other targets once a slot changes; got {f.Targets.Count} for '{text}'; "
            + $"expected {Targets.Count}, as for the text itself.");
    }
}
