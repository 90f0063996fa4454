using System.CommandLine;
using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary><c>vitrine generate</c> and <c>vitrine translate</c>: what a model writes.</summary>
internal static class GenerateCommand
{
    /// <summary>Continues a text.</summary>
    public static Verb Create(Terminal terminal) => Create(
        terminal, "generate", "Continues a text with GPT-2 or Llama.", "models/shakespeare", """
        vitrine generate "ROMEO:" --max-new-tokens 60
        vitrine generate --model path/to/gpt2 "Once upon a time" --max-new-tokens 40
        vitrine generate --model path/to/gpt2 "Once upon a time" --sample --temperature 0.8 --top-p 0.9 --draw-seed 7
        vitrine generate --model path/to/gpt2 --ids "464 3290" --scores
        """, ModelTask.CausalLanguageModel);

    /// <summary>Translates a text.</summary>
    public static Verb CreateTranslate(Terminal terminal) => Create(
        terminal, "translate", "Translates a text with Marian.", "models/zh-en", """
        vitrine translate "我喜歡音樂。"
        vitrine translate --model path/to/opus-mt-zh-en "我喜欢看书。"
        vitrine translate --model path/to/opus-mt-zh-en --beams 6 --length-penalty 1 --scores < text.txt
        """, ModelTask.SequenceToSequence);

    private static Verb Create(Terminal terminal, string name, string description, string shipped, string examples, ModelTask task)
    {
        var source = new ModelSource(shipped);
        var input = new InputOptions();
        var writing = new Written();
        var scores = new Option<bool>("--scores") { Description = "List every written token with its id and probability." };
        return new Verb(name, description, examples)
            .With(input.Symbols).With(writing.Symbols).With(scores).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                LoadedModel loaded = source.Load(parsed, terminal);
                if (loaded.Model.Info.Task != task)
                {
                    throw new CommandException(ExitCode.Usage, $"{name}: this model does something else; got {loaded.Model.Info.Architecture}; expected {(task == ModelTask.SequenceToSequence ? "Marian" : "GPT-2 or Llama")}.");
                }
                GenerationOptions options = writing.Options(parsed, Written.Generator(loaded));
                ExplainedText given = input.Read(parsed, loaded, terminal, task == ModelTask.SequenceToSequence ? 0 : options.MaxNewTokens);
                GeneratedSequence written = Written.By(loaded, given, options, terminal, cancellation);
                Write(written, Written.Tokenizer(loaded.Model), parsed.GetValue(scores), terminal.Output);
            });
    }

    private static void Write(GeneratedSequence written, ITokenizer? tokenizer, bool scores, TextWriter output)
    {
        output.WriteLine(tokenizer?.Decode(written.Tokens) ?? string.Join(' ', written.Tokens.Select(id => id.ToString(CultureInfo.InvariantCulture))));
        if (scores)
        {
            output.WriteLine();
            Table.Write(output, [">id", "token", ">probability"], written.Tokens.Select((id, i) => (string[])
                [id.ToString(CultureInfo.InvariantCulture), Markup.Visible(Spelling.Of(id, tokenizer)), Numbers.Percent(Math.Exp(written.LogProbabilities[i]))]));
        }
    }
}
