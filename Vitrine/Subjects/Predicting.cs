using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>What a model says of a text, by its task.</summary>
internal static class Predicting
{
    /// <summary>Asks the model.</summary>
    /// <exception cref="RequestException">The model says nothing of a text by itself, or the text does not fit it.</exception>
    public static PredictResult Of(LoadedModel loaded, PredictRequest request)
    {
        var result = new PredictResult { Model = loaded.Name, Task = loaded.Model.Info.Task };
        if (request.Labels.Count > 0)
        {
            return result with { Choices = Choices.ZeroShotLabels(loaded, InputReader.ReadHypotheses(loaded, request), request) };
        }
        switch (result.Task)
        {
            case ModelTask.MultipleChoice:
                return result with { Choices = Choices.Options(loaded, InputReader.ReadChoices(loaded, request), request.Choices) };
            case ModelTask.QuestionAnswering:
                IReadOnlyList<ReadWindow> windows = AnswerWindows.Read(loaded, InputReader.ReadWindows(loaded, request));
                var nothing = NullAnswer.Of(windows);
                return result with
                {
                    Answers = Choices.Answers(loaded, AnswerWindows.Best(windows).Text, request.Top),
                    NoAnswer = new(nothing.Score, nothing.Span, nothing.Wins(request.NullThreshold),
                        Choices.Nothing(loaded, nothing.Window)),
                };
        }
        ExplainedText text = InputReader.Read(loaded, request);
        return result.Task switch
        {
            ModelTask.SequenceClassification => result with { Choices = Choices.Labels(loaded, text) },
            ModelTask.TokenClassification => result with
            {
                Tokens = [.. Choices.TokenLabels(loaded, text).Select((ranking, i) =>
                    new TokenLabel(text.Tokens[i].Piece, text.Tokens[i].Start, text.Tokens[i].End, ranking[0].Label, ranking[0]
                        .Probability))],
            },
            ModelTask.MaskedLanguageModel => result with { Masks = Choices.Words(loaded, text, Choices.Masks(loaded, text), request.Top) },
            ModelTask.CausalLanguageModel => result with { Choices = Choices.Words(loaded, text, [text.Tokens.Count - 1], request.Top)[0] },
            _ => throw new RequestException(
                Fault.Request, $"predict: nothing to predict; got {loaded.Model.Info.Architecture}. Translate with Translate ('vitrine "
                    + $"translate'); look inside with 'vitrine inspect'."),
        };
    }
}
