using System.CommandLine;
using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary><c>vitrine predict</c>: what a model says of a text, with probabilities.</summary>
internal static class PredictCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var input = new InputOptions();
        var data = new DataRun();
        var top = new Option<int>("--top") { Description = "How many answers or words to list.", HelpName = "n", DefaultValueFactory = _ => 5 };
        return new Verb("predict", "Says what a model makes of a text: labels, answers, masked words or the next token.", """
            vitrine predict "a gorgeous, witty, seductive movie"
            vitrine predict --model path/to/bert-qa "Who wrote it?" --context "It was written by Ada Lovelace."
            vitrine predict --model path/to/bert-squad2 "Who sang it?" --context "It was written by Ada Lovelace." --null-threshold 0
            vitrine predict --model path/to/bert-mlm "The capital of France is [MASK]."
            vitrine predict --input reviews.jsonl --output labels.jsonl --shard 1/4
            """)
            .With(input.Symbols).With(top).With(data.Symbols).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                int count = Positive(parsed.GetValue(top), "top");
                LoadedModel loaded = source.Load(parsed, terminal);
                if (data.IsAsked(parsed, input))
                {
                    data.Run(parsed, source, loaded.Folder, terminal, (row, at) => loaded.Model.Info.Task == ModelTask.MultipleChoice
                        ? RowJson.Of("options", Options(row, loaded, input, at))
                        : loaded.Model.Info.Task == ModelTask.QuestionAnswering
                        ? RowJson.Of(loaded, AnswerWindows.Read(loaded, input.ReadWindows(row, loaded, at)), row.GetValue(input.NullThreshold), count)
                        : RowJson.Of(loaded, input.Read(row, loaded, at), count), cancellation);
                    return;
                }
                if (loaded.Model.Info.Task == ModelTask.MultipleChoice)
                {
                    WriteChoices(terminal.Output, "option", Options(parsed, loaded, input, terminal));
                    return;
                }
                if (loaded.Model.Info.Task == ModelTask.QuestionAnswering)
                {
                    WriteAnswers(loaded, AnswerWindows.Read(loaded, input.ReadWindows(parsed, loaded, terminal)), parsed.GetValue(input.NullThreshold), count, terminal.Output);
                    return;
                }
                ExplainedText text = input.Read(parsed, loaded, terminal);
                Write(loaded, text, count, terminal.Output);
            });
    }

    // The spans of the best window; no answer before them where it wins, else behind.
    private static void WriteAnswers(LoadedModel loaded, IReadOnlyList<ReadWindow> windows, double? threshold, int top, TextWriter output)
    {
        var nothing = NullAnswer.Of(windows);
        AnswerSpan[] spans = Choices.Answers(loaded, AnswerWindows.Best(windows).Text, top), none = [Choices.Nothing(loaded, nothing.Window)];
        Table.Write(output, ["answer", ">probability", "tokens"], (nothing.Wins(threshold) ? none.Concat(spans) : spans.Concat(none)).Select(a => (string[])
            [Markup.Visible(a.Text), Numbers.Percent(a.Probability), string.Create(CultureInfo.InvariantCulture, $"{a.Start}–{a.End}")]));
        output.WriteLine($"no answer: score {Numbers.Exact(nothing.Score)}, best span {Numbers.Exact(nothing.Span)}, difference {Numbers.Exact(nothing.Lead)}");
    }

    private static Choice[] Options(ParseResult parsed, LoadedModel loaded, InputOptions input, Terminal terminal) =>
        Choices.Options(loaded, input.ReadChoices(parsed, loaded, terminal), parsed.GetValue(input.Choice) ?? []);

    /// <summary>A number of at least 1.</summary>
    public static int Positive(int value, string what) => value >= 1 ? value : throw new CommandException(
        ExitCode.Usage, string.Create(CultureInfo.InvariantCulture, $"{what}: out of range; got {value}; expected at least 1."));

    private static void Write(LoadedModel loaded, ExplainedText text, int top, TextWriter output)
    {
        switch (loaded.Model.Info.Task)
        {
            case ModelTask.SequenceClassification:
                WriteChoices(output, "label", Choices.Labels(loaded, text));
                break;
            case ModelTask.TokenClassification:
                Choice[][] labels = Choices.TokenLabels(loaded, text);
                Table.Write(output, ["token", "label", ">probability"], labels.Select((ranking, i) => (string[])
                    [Markup.Visible(text.Tokens[i].Piece), Markup.Visible(ranking[0].Label), Numbers.Percent(ranking[0].Probability)]));
                break;
            case ModelTask.MaskedLanguageModel:
                foreach (Choice[] ranking in Choices.Words(loaded, text, Masks(loaded, text), top))
                {
                    WriteChoices(output, "word", ranking);
                }
                break;
            case ModelTask.CausalLanguageModel:
                WriteChoices(output, "next token", Choices.Words(loaded, text, [text.Tokens.Count - 1], top)[0]);
                break;
            default:
                throw new CommandException(ExitCode.Usage, $"predict: nothing to predict; got {loaded.Model.Info.Architecture}. Translate with 'vitrine translate'; look inside with 'vitrine inspect'.");
        }
    }

    /// <summary>The positions of the mask token.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static int[] Masks(LoadedModel loaded, ExplainedText text)
    {
        int? mask = loaded.Model.Tokenizer?.Special.Mask;
        int[] positions = [.. Enumerable.Range(0, text.Tokens.Count).Where(i => text.Tokens[i].Id == mask)];
        return positions.Length > 0 ? positions : throw new CommandException(
            ExitCode.Input, $"text: nothing is masked; expected {(mask is { } id ? loaded.Tokenizer.Vocabulary.PieceOf(id) : "a mask token")} in the text.");
    }

    private static void WriteChoices(TextWriter output, string head, Choice[] ranking) =>
        Table.Write(output, [head, ">probability"], ranking.Select(c => (string[])[Markup.Visible(c.Label), Numbers.Percent(c.Probability)]));
}
