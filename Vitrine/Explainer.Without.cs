using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

public sealed partial class Explainer
{
    /// <summary>What the model says while some tokens of a text are absent: replaced by the request's baseline, as methods that remove
    /// tokens do it. Next to what a method claimed, it shows how far the claim holds.</summary>
    /// <param name="request">The text, what of it is explained, what absent means.</param>
    /// <param name="positions">The tokens, numbered over all inputs: those of the first, then those of the second; where the request merges
    /// pieces into words (<see cref="ExplainRequest.Words"/>), the numbers of words.</param>
    /// <param name="cancellation">Stops before the work.</param>
    /// <exception cref="VitrineException">The request does not fit the model, or a position is none.</exception>
    public WithoutResult Without(ExplainRequest request, IReadOnlyList<int> positions, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(positions);
        request.Check();
        using Turn.Scope turn = Enter();
        ScoreFunction f = SubjectFinder.Find(_loaded, request, ScoreChoice.Of(request), null, cancellation).Function;
        (int Side, int Position)[][] units = [.. f.Sides.SelectMany((side, s) => Units(side, s, request.Words is not null))];
        if (positions.Any(at => at < 0 || at >= units.Length))
        {
            throw new RequestException(Fault.Request, $"without: no such token; got {string.Join(", ", positions)}; expected 0 "
                + $"to {units.Length - 1}.");
        }
        ILookup<int, int> absent = positions.SelectMany(at => units[at]).ToLookup(unit => unit.Side, unit => unit.Position);
        var baseline = ResolvedBaseline.Of(f, Attributing.Request(request, null, cancellation));
        Tensor[] full = Sweep.Input(f), without = [.. f.Sides.Select((side, s) => Replaced(
            side, baseline.Embeddings[s], absent[s]))];
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

    // The tokens of a side, or its words.
    private static IEnumerable<(int, int)[]> Units(InputSide side, int index, bool areWords) =>
        areWords ? WordBoundary.Words(side.Tokens, side.Texts, side.GivenLength, index)
                .Select(word => Enumerable.Range(word.Start, word.Length).Select(at => (index, at)).ToArray())
            : Enumerable.Range(0, side.Length).Select(at => new[] { (index, at) });

    // One side as a batch of one, with the baseline's embeddings at some positions.
    private static Tensor Replaced(InputSide side, Tensor baseline, IEnumerable<int> positions)
    {
        float[] made = [.. side.Embeddings.ToArray()], absent = baseline.ToArray();
        int width = made.Length / side.Length;
        foreach (int at in positions)
        {
            absent.AsSpan(at * width, width).CopyTo(made.AsSpan(at * width));
        }
        return Tensor.From(made, side.Embeddings.Shape.Prepend(1), side.Embeddings.Device);
    }

    // What the model says: the five likeliest classes of the first target, the best answers of a reader, the label of every explained
    // token; nothing where it says numbers.
    private IReadOnlyList<Choice> Said(ScoreFunction f, Tensor[] embeddings)
    {
        if (Model.Info.IsNumber || f.Targets.Count == 0)
        {
            return [];
        }
        switch (Task)
        {
            case ModelTask.QuestionAnswering when f is AnswerScore answer:
                var text = new ExplainedText { Tokens = f.Sides[0].Tokens, Texts = f.Sides[0].Texts };
                return [.. SpanRule.Ranked(text, answer.Positions(embeddings).ToArray(), 5)
                    .Select(span => new Choice(span.Start, Choices.TextBetween(text, span.Start, span.End), span.Probability))];
            case ModelTask.TokenClassification when f is ModelScore:
                return [.. f.Distributions(embeddings).ToArray().Chunk(Model.Info.Labels.Count).Select((row, t) =>
                {
                    int best = Array.IndexOf(row, row.Max());
                    string token = f.Targets[t].Position is { } at ? f.Sides[0].Tokens[at].Piece : "";
                    return new Choice(best, $"{token} {Model.Info.Labels[best]}".Trim(), row[best]);
                })];
            case ModelTask.SequenceClassification when f is ModelScore && Model.Info.IsMultiLabel: // no and yes of every label
                return [.. f.Distributions(embeddings).ToArray().Chunk(2)
                    .Select((row, t) => new Choice(f.Targets[t].Id ?? t, f.Targets[t].Label, row[1]))];
            case ModelTask.SequenceClassification or ModelTask.CausalLanguageModel or ModelTask.SequenceToSequence
                or ModelTask.MaskedLanguageModel when f is ModelScore:
                Tensor all = f.Distributions(embeddings);
                float[] first = all.ToArray()[..all.Shape[2]];
                return [.. Enumerable.Range(0, first.Length).OrderByDescending(id => first[id]).Take(5).Select(id => new Choice(
                    id, id < Model.Info.Labels.Count ? Model.Info.Labels[id] : Spelling.Of(id, _loaded.Written).Trim(), first[id]))];
            default:
                return [];
        }
    }
}
