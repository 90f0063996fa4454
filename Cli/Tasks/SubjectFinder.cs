using System.CommandLine;
using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary>Finds what is explained from the model's task and the command line.</summary>
internal static class SubjectFinder
{
    /// <summary>Reads the text and builds the subject.</summary>
    /// <exception cref="CommandException">The text or the target does not fit the model.</exception>
    public static Subject Find(ParseResult parsed, LoadedModel loaded, InputOptions input, SubjectOptions options, Terminal terminal, CancellationToken cancellation)
    {
        string[] targets = parsed.GetValue(options.Targets) ?? [];
        string? step = parsed.GetValue(options.Step);
        ExplainedText read() => input.Read(parsed, loaded, terminal);
        return loaded.Model.Info.Task switch
        {
            ModelTask.SequenceClassification => Subjects.Labels(loaded, read(), targets, step),
            ModelTask.QuestionAnswering => Subjects.Answer(loaded, read(), targets, step),
            ModelTask.MaskedLanguageModel => Subjects.Masked(loaded, read(), targets, step),
            ModelTask.TokenClassification => Subjects.TokenLabels(loaded, read(), targets, step),
            ModelTask.CausalLanguageModel or ModelTask.SequenceToSequence => WrittenSubject.Find(parsed, loaded, input, options, terminal, cancellation),
            _ => throw new CommandException(ExitCode.Usage, $"explain: nothing to explain; got {loaded.Model.Info.Architecture} ({loaded.Model.Info.Task}); expected a classifier, a reader or a language model."),
        };
    }
}
