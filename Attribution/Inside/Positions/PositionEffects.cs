using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// What moving, mixing and taking away positions does to a model's predictions and to their explanation, whatever kind of positions it has:
/// added to the embeddings (learned, waves), turned (rotary), or by distance (T5, ALiBi, DeBERTa).
/// </summary>
internal sealed class PositionEffects
{
    private readonly ITransformer _model;
    private readonly ModelInput _input;
    private readonly string _stack, _embed;
    private readonly string? _added;
    private readonly bool _turned;
    private readonly int _length, _at;
    private readonly List<string> _warnings;

    /// <summary>Of a text; of an encoder–decoder its encoder's positions are changed.</summary>
    public PositionEffects(ITransformer model, ModelInput input, List<string> warnings)
    {
        (_model, _input, _warnings) = (model, input, warnings);
        _stack = PatchPlace.Stacks(model)[0];
        _length = PromptPair.Ids(input).Shape[1];
        int masked = model.Info.Task == ModelTask.MaskedLanguageModel && model.Tokenizer?.Special.Mask is { } mask
            ? Array.IndexOf(Ids, mask) : -1;
        _at = masked >= 0 ? masked : _length - 1;
        string[] names = [.. model.HookPoints.Select(p => p.Name).Where(n => !n.StartsWith("decoder.", StringComparison.Ordinal))];
        _embed = names.First(n => n.EndsWith("hook_embed", StringComparison.Ordinal));
        _added = names.FirstOrDefault(n => n.EndsWith("hook_pos_embed", StringComparison.Ordinal));
        _turned = names.Contains($"{_stack}.0.attn.hook_rot_q");
    }

    /// <summary>Which kinds of positions the model has.</summary>
    public string Kind => string.Join(", ", (string[])[.. _added is null ? Array.Empty<string>() : ["added to the embeddings"],
        .. _turned ? ["rotary"] : Array.Empty<string>(), .. IsRelative ? ["by distance"] : Array.Empty<string>()]);

    private int[] Ids => PromptPair.Ids(_input).ToIntArray();

    private bool IsRelative => field = field || (!_turned && (_added is null || RelativeBiases.Of(_model, _input, _stack) is not null));

    /// <summary>
    /// Tables <c>effect</c> <c>[change, position]</c>, <c>explanation</c> <c>[change]</c>, <c>attributions</c> <c>[change, position]</c>.
    /// </summary>
    /// <param name="shift">By how much positions are moved.</param>
    /// <param name="seed">Of the mixed order.</param>
    public IReadOnlyList<InsideTable> Run(int shift, int seed)
    {
        int[] order = [.. Enumerable.Range(0, _length)];
        new Random(seed).Shuffle(order);
        (string Name, Func<Changed?> Make)[] changes =
        [
            (FormattableString.Invariant($"shifted by {shift}"), () => Shifted(shift)), ("mixed", () => Mixed(order)), ("removed", Removed),
        ];
        (Tensor own, double[] scores, InsideMetric metric) = Look(new(_input));
        List<string> names = [];
        List<double> divergence = [], agreement = [], attributions = [.. scores];
        foreach ((string name, Func<Changed?> make) in changes)
        {
            if (make() is not { } changed)
            {
                continue;
            }
            (Tensor theirs, double[] moved, _) = Look(changed, metric);
            names.Add(name);
            divergence.AddRange(own.KlDiv(theirs).ToArray().Select(v => (double)v));
            agreement.Add(PairStatistics.Pearson(scores, moved));
            attributions.AddRange(moved);
        }
        InsideAxis change = new("change", names);
        string[] labels = Labels();
        int count = divergence.Count / Math.Max(1, names.Count);
        return
        [
            InsideTable.Of("effect", "KL(model ‖ model with changed positions), nats", [.. divergence], change,
                _model.Info.Task == ModelTask.QuestionAnswering ? new("position", ["start", "end"])
                    : count == labels.Length ? new("position", labels) : InsideAxis.Numbered("position", count)),
            InsideTable.Of("explanation", "correlation of the tokens' input × gradient scores with those before; " + metric.Meaning,
                [.. agreement], change),
            InsideTable.Of("attributions", "input × gradient of a token; " + metric.Meaning, [.. attributions],
                new InsideAxis("change", ["as it is", .. names]), new InsideAxis("position", labels)),
        ];
    }

    // Log-probabilities [n, classes], the explanation of the own answer at the end [position].
    private (Tensor, double[], InsideMetric) Look(Changed changed, InsideMetric? metric = null)
    {
        using IDisposable? scope = changed.Scope;
        Tensor logits = _model.Forward(changed.Input);
        int[]? order = changed.Order;
        if (order is not null && logits.Shape.Rank == 3 && changed.Input.Target is null)
        {
            logits = Reordered(logits, order, inverse: true);
        }
        if (metric is null)
        {
            int read = changed.Input.Target is null ? _at : logits.Shape[1] - 1;
            float[] answer = (logits.Shape.Rank == 3 ? logits.Select(1, read) : logits).ToArray();
            metric = InsideMetric.LogProbability(Array.IndexOf(answer, answer.Max())).Spelled(_model);
        }
        int at = changed.Input.Target is not null ? -1 : order is null ? _at : Array.IndexOf(order, _at);
        NodeGradients node = NodeGradients.Of(_model, changed.Input, changed.Input, metric with { Position = at }, [_embed], 0);
        (_, Tensor gradient, Tensor x) = node[_embed];
        double[] scores = [.. (gradient * x).Sum([-1]).ToArray().Select(v => (double)v)];
        if (order is not null)
        {
            double[] back = new double[scores.Length];
            for (int i = 0; i < back.Length; i++)
            {
                back[order[i]] = scores[i];
            }
            scores = back;
        }
        logits = _model.Info.Task == ModelTask.QuestionAnswering ? logits.Permute(0, 2, 1) : logits;
        return (logits.Reshape([logits.Shape.Elements / logits.Shape[^1], logits.Shape[^1]]).LogSoftmax(), scores, metric);
    }

    private string[] Labels() => [.. Ids.Select((id, i) => _model.Tokenizer is { } tokenizer
        ? FormattableString.Invariant($"{i} {PromptPair.Spelt(tokenizer, id)}") : FormattableString.Invariant($"{i}"))];

    private Changed? Shifted(int shift)
    {
        if (_length + shift > _model.Info.MaxPositions)
        {
            _warnings.Add($"shifted by {shift.ToString(CultureInfo.InvariantCulture)}: the model has "
                + $"{_model.Info.MaxPositions.ToString(CultureInfo.InvariantCulture)} positions only; left out.");
            return null;
        }
        IDisposable? scope = null;
        if (_added is not null)
        {
            // What the model adds to the same text after other tokens.
            Tensor longer = Tensor.From([.. Enumerable.Repeat(Ids[0], shift), .. Ids], [1, shift + _length]);
            Tensor added = PatchSweep.Capture(_model, _input with { Ids = longer, Types = null }, [_added])[_added]
                .Slice(1, shift, _length);
            scope = _model.Intervene(_added, x => added.Expand(x.Shape));
        }
        return new(At([.. Enumerable.Range(shift, _length)])) { Scope = scope };
    }

    private Changed? Mixed(int[] order)
    {
        if (!IsRelative)
        {
            return new(At(order)) { Scope = _added is null ? null : _model.Intervene(_added, x => Reordered(x, order, inverse: false)) };
        }
        if (_model.Info.Task == ModelTask.CausalLanguageModel)
        {
            _warnings.Add("mixed: the model counts distance backwards only; left out.");
            return null;
        }
        // By distance, and seen from both sides: as if the tokens stood in another order. Token order[p] stands at position p.
        return new(_input with
        {
            Ids = Reordered(Ids, order),
            Types = _input.Types is { } types ? Reordered(types.ToIntArray(), order) : null,
        })
        { Order = order };
    }

    private Changed Removed()
    {
        var scopes = new Scopes();
        if (_added is not null)
        {
            scopes.Add(_model.Intervene(_added, x => x.Scale(0)));
        }
        if (IsRelative)
        {
            scopes.Add(RelativeBiases.Without(_model, _input, _stack));
        }
        return new(At(new int[_length])) { Scope = scopes };
    }

    // Positions of the input are those that rotate; what is added is changed at its hook, wherever the family begins to count.
    private ModelInput At(int[] positions) => _turned ? _input with { Positions = Tensor.From(positions, [1, positions.Length]) } : _input;

    private static Tensor Reordered(Tensor x, int[] order, bool inverse)
    {
        int[] from = inverse ? [.. Enumerable.Range(0, order.Length).Select(i => Array.IndexOf(order, i))] : order;
        return TensorOps.Concat(1, [.. from.Select(i => x.Slice(1, i, 1))]);
    }

    private static Tensor Reordered(int[] x, int[] order) => Tensor.From([.. order.Select(i => x[i])], [1, order.Length]);

    private sealed record Changed(ModelInput Input)
    {
        public IDisposable? Scope { get; init; }

        public int[]? Order { get; init; }
    }
}
