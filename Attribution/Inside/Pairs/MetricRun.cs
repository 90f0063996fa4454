using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// One input and one metric, run again and again under different hooks. Of a language model only what the metric reads is computed: the
/// position of the answer after the last attention, the needed columns of the unembedding, and no position before the first that changes.
/// </summary>
internal sealed class MetricRun
{
    private readonly ITransformer _model;
    private readonly ModelInput _input;
    private readonly InsideMetric _metric;
    private readonly string? _lastMid;
    private KvCache? _prefix;
    private int _start;

    public MetricRun(ITransformer model, ModelInput input, InsideMetric metric)
    {
        (_model, _input, _metric) = (model, input, metric);
        IsLanguageModel = model is ILanguageModel;
        ModelInput read = input.Target ?? input;
        Positions = (read.Embeddings ?? read.Ids ?? throw new VitrineException("metric: no input; expected token ids or embeddings."))
            .Shape[1];
        int at = metric.Position < 0 ? Positions + metric.Position : metric.Position;
        if (at < 0 || at >= Positions)
        {
            throw new VitrineException(
                $"metric {metric.Name}: no such position; got {metric.Position} in a text of {Positions} tokens; expected {-Positions} "
                    + $"to {Positions - 1}.");
        }
        At = at;
        metric.Checked(IsLanguageModel ? model.Info.VocabSize : Labels(model.Info), IsLanguageModel ? "token" : "label");
        string[] mids = [.. model.HookPoints.Select(p => p.Name)
            .Where(n => n.EndsWith(".hook_resid_mid", StringComparison.Ordinal)
            || n.EndsWith(".hook_resid_mid_cross", StringComparison.Ordinal))];
        _lastMid = IsLanguageModel && mids.Length > 0 ? mids[^1] : null;
    }

    /// <summary>Whether positions can be cut: hidden states first, then words.</summary>
    public bool IsLanguageModel { get; }

    /// <summary>Positions of the text whose output is read.</summary>
    public int Positions { get; }

    /// <summary>The position that is read, from 0.</summary>
    public int At { get; }

    /// <summary>The first position that is computed again; earlier ones come from a cache.</summary>
    public int Start => _start;

    /// <summary>
    /// Keeps what left-to-right models compute of the positions before <paramref name="start"/>; others compute everything.
    /// </summary>
    public MetricRun From(int start)
    {
        if (_model is not IGenerator generator || _input.Target is not null || _input.Ids is null || _input.Mask is not null || start <= 0
            || !IsCausal(_model))
        {
            return this;
        }
        start = Math.Min(start, At);
        if (start > 0)
        {
            _prefix = new KvCache();
            using Recorder.Pause pause = Recorder.Suspend();
            _ = generator.Hidden(new ModelInput { Ids = _input.Ids.Slice(1, 0, start) }, _prefix);
            _start = start;
        }
        return this;
    }

    /// <summary>The metric of every row that the open scopes make of the input, <c>[batch]</c>.</summary>
    /// <param name="whole">Whether every position goes through the last block, because something after its attention is looked at.</param>
    public Tensor Value(bool whole = true)
    {
        if (_model is not ILanguageModel language)
        {
            Tensor output = _model.Forward(_input);
            return _metric.OfLogits(output.Shape.Rank == 2 ? output : output.Select(1, At));
        }
        bool cuts = !whole && _lastMid is not null;
        using HookScope? cut = cuts ? _model.Branch(_lastMid!, (_, x) => x.Slice(1, At - _start, 1)) : null;
        Tensor hidden = _prefix is null
            ? language.Hidden(_input)
            : ((IGenerator)language).Hidden(new ModelInput { Ids = _input.Ids!.Slice(1, _start, Positions - _start) },
                _prefix.Prefix(_start));
        return _metric.OfHidden(language, cuts ? hidden : hidden.Slice(1, At - _start, 1));
    }

    /// <summary>Whether a hook point runs before the positions are cut.</summary>
    public bool IsBeforeCut(string hook)
    {
        foreach (HookPoint point in _model.HookPoints)
        {
            if (point.Name == hook)
            {
                return true;
            }
            if (point.Name == _lastMid)
            {
                return false;
            }
        }
        return false;
    }

    private static int Labels(ModelInfo info) => info.Task switch
    {
        ModelTask.QuestionAnswering => 2,
        ModelTask.MultipleChoice => int.MaxValue,
        _ => Math.Max(1, info.Labels.Count),
    };

    private static bool IsCausal(ITransformer model) => model.Info.Task == ModelTask.CausalLanguageModel;
}
