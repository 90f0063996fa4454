using System.CommandLine;
using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary>Finds what is explained from the model's task and the command line.</summary>
internal static class SubjectFinder
{
    /// <summary>Reads the text and builds the subject.</summary>
    /// <exception cref="CommandException">The text or the target does not fit the model.</exception>
    public static Subject Find(ParseResult parsed, LoadedModel loaded, InputOptions input, SubjectOptions options, StepChoice.Chosen score, Terminal terminal, CancellationToken cancellation)
    {
        if (score.HasWhole && !IsWritten(loaded))
        {
            throw new CommandException(ExitCode.Usage, $"sequence: nothing is written; got {loaded.Model.Info.Architecture}; expected a model that writes, such as GPT-2, Llama or Marian.");
        }
        if (score.Sides is not null && loaded.Model.Info.Task != ModelTask.SequenceToSequence)
        {
            throw new CommandException(ExitCode.Usage, $"side: there is only one; got --side for {loaded.Model.Info.Architecture}; expected an encoder–decoder such as Marian.");
        }
        if (loaded.Model.Info.Task == ModelTask.MultipleChoice)
        {
            return Subjects.Options(loaded, input.ReadChoices(parsed, loaded, terminal), parsed.GetValue(options.Targets) ?? [], score);
        }
        if (IsWritten(loaded))
        {
            return WrittenSubject.Find(parsed, loaded, input, options, score, terminal, cancellation);
        }
        if (loaded.Model.Info.Task == ModelTask.QuestionAnswering)
        {
            IReadOnlyList<ReadWindow> windows = AnswerWindows.Read(loaded, input.ReadWindows(parsed, loaded, terminal));
            return Subjects.Answer(loaded, AnswerWindows.Best(windows).Text, parsed.GetValue(options.Targets) ?? [], score, NullAnswer.Of(windows), parsed.GetValue(input.NullThreshold));
        }
        return Read(loaded, instead => input.Read(parsed, loaded, terminal, instead: instead), parsed.GetValue(options.Targets) ?? [], score);
    }

    private static bool IsWritten(LoadedModel loaded) => loaded.Model.Info.Task is ModelTask.CausalLanguageModel or ModelTask.SequenceToSequence;

    private static Subject Read(LoadedModel loaded, Func<string?, ExplainedText> read, string[] targets, StepChoice.Chosen score) => loaded.Model.Info.Task switch
    {
        ModelTask.SequenceClassification => Subjects.Labels(loaded, read(null), targets, score, read),
        ModelTask.MaskedLanguageModel => Subjects.Masked(loaded, read(null), targets, score, read),
        ModelTask.TokenClassification => Subjects.TokenLabels(loaded, read(null), targets, score, read),
        _ => throw new CommandException(ExitCode.Usage, $"explain: nothing to explain; got {loaded.Model.Info.Architecture} ({loaded.Model.Info.Task}); expected a classifier, a reader or a language model."),
    };
}
