using System.Text;
using System.Text.Json;
using Vitrine.Transformers;
using Encoding = Vitrine.Transformers.Encoding;

namespace Vitrine.Cli;

/// <summary><c>vitrine tokenize</c>: pieces, ids and offsets of a text, or of many.</summary>
internal static class TokenizeCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var text = new TextSource();
        var pair = Declare.Value<string?>("--context", "text", "A second text: the context of a question, the second sentence of a pair.");
        var bare = Declare.Flag("--no-special", "Leave out what the model expects around a text, such as [CLS] and [SEP].");
        var lines = Declare.Flag("--jsonl",
            "Read one JSON string per line from standard input; write one {text, ids, pieces, offsets} per line.");
        var json = new JsonOption();
        var side = Declare.Value<string>("--side", "side",
            "Marian only: source, the language that is read, or target, the one that is written.", "source");
        return new Verb("tokenize", "Shows how a text is cut into pieces, with ids and offsets. A folder with tokenizer files alone is enough.", """
            vitrine tokenize "a gorgeous, witty, seductive movie"
            vitrine tokenize --model path/to/gpt2 "naïve café" --no-special
            vitrine tokenize --model path/to/opus-mt-zh-en --jsonl < texts.jsonl > tokens.jsonl

            Offsets count Unicode characters (code points) from 0, as Python does; the end is exclusive.
            """)
            .With(text.Text, text.File, pair, source.Model, bare, lines, side, json.Option)
            .Does((parsed, cancellation) =>
            {
                json.Probe(parsed, terminal);
                ITokenizer tokenizer = Load(source.Folder(parsed, terminal), parsed.GetValue(side) ?? "source");
                bool special = !parsed.GetValue(bare);
                if (parsed.GetValue(lines))
                {
                    WriteLines(tokenizer, special, terminal, cancellation);
                    return;
                }
                string given = text.Read(parsed, terminal);
                Encoding encoding = parsed.GetValue(pair) is { } second
                    ? tokenizer.Encode(given, TextSource.Argued(second), special)
                    : tokenizer.Encode(given, special);
                var result = new TokenizeResult(tokenizer.Description, encoding);
                json.Write(parsed, terminal, result.ToJson, screen => screen.Write(result));
                ModelSource.Tell(tokenizer.Notices.Concat(encoding.Notices), terminal);
            });
    }

    private static ITokenizer Load(string folder, string side)
    {
        if (side is not ("source" or "target"))
        {
            throw new CommandException(ExitCode.Usage, $"side: no such side; got '{side}'; expected source or target.");
        }
        try
        {
            ITokenizer tokenizer = TokenizerLoader.Load(folder);
            return (tokenizer, side) switch
            {
                (MarianTokenizer marian, "target") => marian.Target,
                (MarianTokenizer marian, _) => marian.Source,
                (_, "target") => throw new CommandException(ExitCode.Usage,
                    $"side: this tokenizer has one side; got {tokenizer.Description}; expected Marian's for --side target."),
                _ => tokenizer,
            };
        }
        catch (TokenizerException e)
        {
            throw new CommandException(ExitCode.Model, e.Message, e);
        }
    }

    // Streams: each line is written before the next is read, so memory stays flat whatever the input's length.
    private static void WriteLines(ITokenizer tokenizer, bool special, Terminal terminal, CancellationToken cancellation)
    {
        using var reader = new StreamReader(terminal.Input(), new UTF8Encoding(false, throwOnInvalidBytes: true));
        int number = 0;
        while (Next(reader, ++number) is { } line)
        {
            cancellation.ThrowIfCancellationRequested();
            if (line.Length > 0)
            {
                string text = Parse(line, number);
                terminal.Output.WriteLine(new TokenizeResult(tokenizer.Description, tokenizer.Encode(text, special)).ToJsonLine());
            }
        }
    }

    private static string? Next(StreamReader reader, int number)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            throw new CommandException(ExitCode.Input,
                $"tokenize: not UTF-8; got a bad byte in or after line {number} of standard input. Convert it, e.g. with iconv -t UTF-8.",
                    e);
        }
    }

    private static string Parse(string line, int number)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.String
                ? document.RootElement.GetString() ?? ""
                : throw new CommandException(ExitCode.Input,
                    $"tokenize: not a JSON string; got {document.RootElement.ValueKind} in line {number}; expected \"a text in quotes\".");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CommandException(ExitCode.Input,
                $"tokenize: not a JSON string; got an error in line {number} of standard input; expected \"a text in quotes\".", e);
        }
    }
}
