using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

public sealed partial class Explainer
{
    /// <summary>What the model says while some tokens of a text are absent: replaced by the request's baseline, as methods that remove
    /// tokens do it. Next to what a method claimed, it shows how far the claim holds.</summary>
    /// <param name="request">The text, what of it is explained, what absent means.</param>
    /// <param name="positions">The tokens, numbered over all inputs: those of the first, then those of the second.</param>
    /// <param name="cancellation">Stops before the work.</param>
    /// <exception cref="VitrineException">The request does not fit the model, or a position is none.</exception>
    public WithoutResult Without(ExplainRequest request, IReadOnlyList<int> positions, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(positions);
        request.Check();
        using Turn.Scope turn = Enter();
        ScoreFunction f = SubjectFinder.Find(_loaded, request, ScoreChoice.Of(request), null, cancellation).Function;
        int tokens = f.Sides.Sum(side => side.Length);
        if (positions.Any(at => at < 0 || at >= tokens))
        {
            throw new RequestException(Fault.Request, $"without: no such token; got {string.Join(", ", positions)}; expected 0 "
                + $"to {tokens - 1}.");
        }
        var baseline = ResolvedBaseline.Of(f, Attributing.Request(request, null, cancellation));
        Tensor[] full = Sweep.Input(f), without = [.. f.Sides.Select((side, s) => Replaced(
            side, baseline.Embeddings[s], [.. positions.Select(at => at - f.Sides.Take(s).Sum(before => before.Length))]))];
        return new()
        {
            Before = [.. f.Score(full).ToArray().Select(score => (double)score)],
            After = [.. f.Score(without).ToArray().Select(score => (double)score)],
            Targets = [.. f.Targets.Select(target => target.Label)],
            Baseline = baseline.Name,
            Said = Said(f, full),
            SaysNow = Said(f, without),
        };
    }

    // One side as a batch of one, with the baseline's embeddings at some positions.
    private static Tensor Replaced(InputSide side, Tensor baseline, int[] positions)
    {
        float[] made = [.. side.Embeddings.ToArray()], absent = baseline.ToArray();
        int width = made.Length / side.Length;
        foreach (int at in positions.Where(at => at >= 0 && at < side.Length))
        {
            absent.AsSpan(at * width, width).CopyTo(made.AsSpan(at * width));
        }
        return Tensor.From(made, side.Embeddings.Shape.Prepend(1), side.Embeddings.Device);
    }

    // The five likeliest classes of the first target; none where the model says spans, numbers, or a contrast is explained.
    private IReadOnlyList<Choice> Said(ScoreFunction f, Tensor[] embeddings)
    {
        if (Task is not (ModelTask.SequenceClassification or ModelTask.CausalLanguageModel or ModelTask.SequenceToSequence
            or ModelTask.MaskedLanguageModel) || Model.Info.Labels.Count == 1)
        {
            return [];
        }
        Tensor all = f.Distributions(embeddings);
        float[] first = all.ToArray()[..all.Shape[2]];
        return [.. Enumerable.Range(0, first.Length).OrderByDescending(id => first[id]).Take(5).Select(id => new Choice(
            id, id < Model.Info.Labels.Count ? Model.Info.Labels[id] : Spelling.Of(id, _loaded.Written).Trim(), first[id]))];
    }
}
