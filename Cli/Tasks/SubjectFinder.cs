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
        return Read(loaded, instead => input.Read(parsed, loaded, terminal, instead: instead), parsed.GetValue(options.Targets) ?? [], score);
    }

    /// <summary>Builds the subject of one row of data.</summary>
    /// <param name="loaded">The model.</param>
    /// <param name="row">What is read, and what the model is made to say.</param>
    /// <param name="score">Which number is explained, and what it is compared with.</param>
    /// <param name="writing">How the model writes, where it does.</param>
    /// <param name="terminal">Where progress is shown.</param>
    /// <param name="cancellation">Stops the writing.</param>
    /// <exception cref="CommandException">The row does not fit the model.</exception>
    public static Subject Of(LoadedModel loaded, SubjectRow row, StepChoice.Chosen score, GenerationOptions? writing, Terminal terminal, CancellationToken cancellation)
    {
        if (!IsWritten(loaded))
        {
            return Read(loaded, instead => InputOptions.Prepare(loaded, instead ?? row.Text, row.Context, row.Cut), row.Targets, score);
        }
        int[]? forced = row.Forced is { } text ? WrittenSubject.Tokens(loaded, text) : null;
        writing ??= Written.Generator(loaded).GenerationDefaults;
        int reserve = loaded.Model.Info.Task == ModelTask.SequenceToSequence ? 0 : forced?.Length - 1 ?? writing.MaxNewTokens;
        return WrittenSubject.Of(loaded, InputOptions.Prepare(loaded, row.Text, row.Context, row.Cut, reserve), forced, row.Targets, score, other => InputOptions.Prepare(loaded, other, row.Context, row.Cut, reserve), writing, terminal, cancellation);
    }

    private static bool IsWritten(LoadedModel loaded) => loaded.Model.Info.Task is ModelTask.CausalLanguageModel or ModelTask.SequenceToSequence;

    private static Subject Read(LoadedModel loaded, Func<string?, ExplainedText> read, string[] targets, StepChoice.Chosen score) => loaded.Model.Info.Task switch
    {
        ModelTask.SequenceClassification => Subjects.Labels(loaded, read(null), targets, score, read),
        ModelTask.QuestionAnswering => Subjects.Answer(loaded, read(null), targets, score),
        ModelTask.MaskedLanguageModel => Subjects.Masked(loaded, read(null), targets, score, read),
        ModelTask.TokenClassification => Subjects.TokenLabels(loaded, read(null), targets, score, read),
        _ => throw new CommandException(ExitCode.Usage, $"explain: nothing to explain; got {loaded.Model.Info.Architecture} ({loaded.Model.Info.Task}); expected a classifier, a reader or a language model."),
    };
}

/// <summary>One row of data as a model is asked about it.</summary>
/// <param name="Text">What is read.</param>
/// <param name="Context">The context of a question, the second sentence of a pair.</param>
/// <param name="Targets">What is explained, as <c>--target</c> takes it; empty: what the model says.</param>
/// <param name="Forced">What the model is made to write.</param>
/// <param name="Cut">Whether a text that is too long may be cut.</param>
internal sealed record SubjectRow(string Text, string? Context, string[] Targets, string? Forced, bool Cut)
{
    /// <summary>The columns text, context, target and forced of a row.</summary>
    /// <exception cref="CommandException">The row is broken, or holds no text.</exception>
    public static SubjectRow Of(DataRow row, bool cut) => row.Error is { } error
        ? throw new CommandException(ExitCode.Input, $"row: {error}")
        : string.IsNullOrWhiteSpace(row["text"])
        ? throw new CommandException(ExitCode.Input, $"row: no text; got the columns {string.Join(", ", row.Fields.Keys)}; expected one called text. Name it with --columns text=NAME.")
        : new(row["text"]!, row["context"], row.Fields.TryGetValue("target", out string[]? targets) ? targets : [], row["forced"], cut);
}
