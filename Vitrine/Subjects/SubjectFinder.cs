using Vitrine.Transformers;

namespace Vitrine;

/// <summary>Finds what is explained from the model's task and a request.</summary>
internal static class SubjectFinder
{
    /// <summary>Reads the text and builds the subject.</summary>
    /// <exception cref="RequestException">The text or the target does not fit the model.</exception>
    public static Subject Find(LoadedModel loaded, ExplainRequest request, ScoreChoice score, IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        if (score.HasWhole && !loaded.Writes)
        {
            throw new RequestException(Fault.Request,
                $"sequence: nothing is written; got {loaded.Model.Info.Architecture}; expected a model that writes, such as GPT-2, "
                    + $"Llama or Marian.");
        }
        if (score.Sides is not null && loaded.Model.Info.Task != ModelTask.SequenceToSequence)
        {
            throw new RequestException(Fault.Request,
                $"side: there is only one; got --side for {loaded.Model.Info.Architecture}; expected an encoder–decoder such as Marian.");
        }
        if (request.Labels.Count > 0)
        {
            return Subjects.ZeroShotLabels(loaded, InputReader.ReadHypotheses(loaded, request), request, score);
        }
        return loaded.Model.Info.Task switch
        {
            ModelTask.MultipleChoice => Subjects.Options(loaded, InputReader.ReadChoices(loaded, request), request.Targets, score),
            ModelTask.CausalLanguageModel or ModelTask.SequenceToSequence =>
                WrittenSubject.Find(loaded, request, score, progress, cancellation),
            ModelTask.QuestionAnswering => AnswerSubject.Of(loaded, AnswerWindows.Read(loaded, InputReader.ReadWindows(loaded, request)),
                request, score),
            ModelTask.SequenceClassification => Subjects.Labels(loaded, Read(null), request.Targets, score, Read),
            ModelTask.MaskedLanguageModel => Subjects.Masked(loaded, Read(null), request.Targets, score, Read),
            ModelTask.TokenClassification => Subjects.TokenLabels(loaded, Read(null), request.Targets, score, Read),
            _ => throw new RequestException(
                Fault.Request, $"explain: nothing to explain; got {loaded.Model.Info.Architecture} ({loaded.Model.Info.Task}); expected "
                    + $"a classifier, a reader or a language model."),
        };

        Attributions.ExplainedText Read(string? instead) => InputReader.Read(loaded, request, instead: instead);
    }
}
