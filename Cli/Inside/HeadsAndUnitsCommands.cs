using System.CommandLine;
using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary><c>vitrine attention</c>: every head of a text, as pictures and in numbers.</summary>
internal static class AttentionCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource("models/shakespeare");
        var text = new TextSource();
        var output = new InsideOutput();
        var stack = Declare.Value<string?>("--stack", "name",
            "blocks, encoder, decoder, or cross (from decoder to encoder). Default: the last of the model's.");
        var context = Declare.Value<string?>("--context", "text", "A second text, such as the context of a question.");
        var target = Declare.Value<string?>("--target", "text",
            "Of an encoder–decoder: what it is made to write. Default: what it writes by itself.");
        var page = Declare.Value<string?>("--page", "path",
            "Write one self-contained page: all heads, one head large, lines between tokens; stays fast at hundreds of tokens.");
        var why = Declare.Value<string?>("--why", "place", "Query and keys of one head, neuron by neuron: layer.head.query, e.g. 1.0.5.");
        var maps = Declare.Value<string?>("--maps|--head", "heads",
            "The attention itself, a map of queries and keys per head: all, those of a layer (1), or one (1.0).");
        return new Verb("attention", "Shows where every head of a text looks: statistics per head, a page with all heads, query and keys of one.", """
            vitrine attention "ROMEO: What light through yonder" --page heads.html
            vitrine attention --model models/induction "keyfjordsagnbixkeyfjo"
            vitrine attention --model models/induction --maps 1 "keyfjordsagnbixkeyfjo" --png heads.png
            vitrine attention --model models/induction --why 1.0.12 "keyfjordsagnbixkeyfjo" --svg why.svg --table product
            """)
            .With(text.Text).With(text.File).With(stack, context, target, page, maps, why).With(output.Symbols).With(source.Options)
            .Does((parsed, _) =>
            {
                output.Probe(parsed, terminal);
                OutputFile.ProbeAll(terminal, parsed.GetValue(page));
                using Explainer explainer = source.Load(parsed, terminal);
                string given = text.Read(parsed, terminal);
                if (parsed.GetValue(page) is { } path)
                {
                    OutputFile.Write(path, explainer.Inside.Page(given, parsed.GetValue(stack), parsed.GetValue(context),
                        parsed.GetValue(target)), terminal);
                }
                if (parsed.GetValue(why) is { } place)
                {
                    int[] at = Numbers(place, 3, "--why", "layer.head.query");
                    InsideOutput.Write(parsed, terminal, explainer.Inside.Why(given, at[0], at[1], at[2], parsed.GetValue(stack)));
                    return;
                }
                if (parsed.GetValue(maps) is { } which)
                {
                    int[] at = which == "all" ? [] : Numbers(which, which.Contains('.', StringComparison.Ordinal) ? 2 : 1, "--maps",
                        "all, layer or layer.head");
                    InsideOutput.Write(parsed, terminal, explainer.Inside.Patterns(given, at.Length > 0 ? at[0] : null,
                        at.Length > 1 ? at[1] : null, parsed.GetValue(stack), parsed.GetValue(context), parsed.GetValue(target)));
                    return;
                }
                InsideOutput.Write(parsed, terminal, explainer.Inside.Heads(given, parsed.GetValue(stack), parsed.GetValue(context),
                    parsed.GetValue(target)));
            });
    }

    /// <summary>Numbers with dots between them; a head also as circuits name it, a1.h0.</summary>
    internal static int[] Numbers(string text, int count, string option, string form)
    {
        string[] parts = [.. text.Split('.').Select((part, i) => i < 2 ? part.TrimStart(i == 0 ? 'a' : 'h') : part)];
        return parts.Length == count && parts.All(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int _))
            ? [.. parts.Select(p => int.Parse(p, CultureInfo.InvariantCulture))]
            : throw new CommandException(ExitCode.Usage,
                $"{option}: not understood; got '{text}'; expected {form}, e.g. {string.Join('.', Enumerable.Range(0, count))}.");
    }
}

/// <summary><c>vitrine neurons</c>: which neurons fire in a text, which texts fire them, what they write.</summary>
internal static class NeuronsCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource("models/shakespeare");
        var text = new TextSource();
        var output = new InsideOutput();
        var layer = Declare.Value<int>("--layer", "n", "The block, from 0.", 0);
        var neuron = Declare.Value<int?>("--neuron", "n",
            "One neuron: the tokens it writes for and against, with a text its activations there, or with --data what fires it.");
        var data = Declare.Value<string?>("--data", "path", "JSONL, CSV or text file: record the passages that fire each neuron most.");
        var record = Declare.Value<string?>("--record", "path",
            "With --data: keep what was found in this file; the same command goes on from it after a run that ended early.");
        var top = Declare.Value<int>("--top", "n", "How many neurons, tokens or passages.", 10);
        var by = Declare.Value<string>("--by", "name", "max, mean or last: over positions, by magnitude.", "max");
        var factors = Declare.Value<int?>("--factors", "n", "Non-negative factors of the layer's activations: neurons that fire together.");
        var correct = Declare.Value<string?>("--correct", "token", "Add activation × gradient of this token's logit.");
        var wrong = Declare.Value<string?>("--wrong", "token", "Of the difference to this token's logit.");
        var ablate = new Option<string[]>("--ablate")
        {
            Description = "Predictions before and after neurons are set to 0: 17, or 17,42 for both at once. May be repeated, each a "
                + "variant of its own.",
            HelpName = "neurons",
        };
        var tokens = Declare.Value<int?>("--generate", "n", "With --ablate: continue the text by so many tokens under each variant.");
        return new Verb("neurons", "Shows neurons of a feed-forward layer: the strongest on a text, passages that fire them, tokens they write, groups that fire together, what happens without them.", """
            vitrine neurons "ROMEO: What light through yonder" --layer 2
            vitrine neurons --layer 2 --neuron 17
            vitrine neurons --layer 2 --neuron 17 --data plays.txt --record neurons.json
            vitrine neurons "ROMEO: What light through yonder" --layer 1 --factors 4 --html factors.html
            vitrine neurons "ROMEO: What light through yonder" --layer 2 --ablate 17 --ablate 17,42 --generate 10
            """)
            .With(text.Text).With(text.File).With(layer, neuron, data, record, top, by, factors, correct, wrong, ablate, tokens)
                .With(output.Symbols)
                .With(source.Options)
            .Does((parsed, cancellation) =>
            {
                output.Probe(parsed, terminal);
                using Explainer explainer = source.Load(parsed, terminal);
                (int at, int many) = (parsed.GetValue(layer), Verb.Positive(parsed.GetValue(top), "--top"));
                if (parsed.GetValue(data) is { } path)
                {
                    using ProgressLine progress = ProgressLine.Start("neurons", terminal);
                    using DataFile file = DataFile.Open(terminal.Resolve(path));
                    InsideResult passages = explainer.Inside.Passages(file, at, parsed.GetValue(neuron), many,
                        parsed.GetValue(record) is { } kept ? terminal.Resolve(kept) : null, progress, cancellation);
                    progress.Dispose();
                    InsideOutput.Write(parsed, terminal, passages);
                    return;
                }
                if (parsed.GetValue(neuron) is { } one)
                {
                    InsideOutput.Write(parsed, terminal, text.IsGiven(parsed)
                        ? explainer.Inside.Neuron(text.Read(parsed, terminal), at, one, many) : explainer.Inside.Writes(at, one, many));
                    return;
                }
                string given = text.Read(parsed, terminal);
                if (parsed.GetValue(ablate) is { Length: > 0 } sets)
                {
                    InsideOutput.Write(parsed, terminal, explainer.Inside.NeuronEffects(given, at, [.. sets.Select(Neurons)],
                        parsed.GetValue(tokens) is { } count ? Verb.Positive(count, "--generate") : null, cancellation: cancellation));
                    return;
                }
                InsideOutput.Write(parsed, terminal, parsed.GetValue(factors) is { } k
                    ? explainer.Inside.Factors(given, at, Verb.Positive(k, "--factors"))
                    : explainer.Inside.Strongest(given, at, many, parsed.GetValue(by)!, parsed.GetValue(correct), parsed.GetValue(wrong)));
            });
    }

    private static int[] Neurons(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        return parts.All(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int _))
            ? [.. parts.Select(p => int.Parse(p, CultureInfo.InvariantCulture))]
            : throw new CommandException(ExitCode.Usage,
                $"--ablate: not understood; got '{text}'; expected numbers of neurons, e.g. 17 or 17,42.");
    }
}

/// <summary><c>vitrine weights</c>: what can be read off the weights without a text.</summary>
internal static class WeightsCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource("models/induction");
        var output = new InsideOutput();
        var head = Declare.Value<string?>("--head", "layer.head",
            "One head: the tokens its strongest directions read and write, e.g. 1.0.");
        var folded = Declare.Flag("--folded", "Norms folded into the weights, as TransformerLens does by default.");
        var top = Declare.Value<int>("--top", "n", "With --head: tokens per direction.", 8);
        return new Verb("weights", "Reads circuits off the weights: composition of heads, copying scores, singular directions in words.", """
            vitrine weights
            vitrine weights --head 1.0
            vitrine weights --model path/to/gpt2 --folded --json weights.json
            """)
            .With(head, folded, top).With(output.Symbols).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                output.Probe(parsed, terminal);
                using Explainer explainer = source.Load(parsed, terminal);
                using ProgressLine progress = ProgressLine.Start("weights", terminal);
                int[]? at = parsed.GetValue(head) is { } place ? AttentionCommand.Numbers(place, 2, "--head", "layer.head") : null;
                InsideResult result = at is null ? explainer.Inside.Weights(parsed.GetValue(folded), progress, cancellation)
                    : explainer.Inside.Decoded(at[0], at[1], top: Verb.Positive(parsed.GetValue(top), "--top"));
                progress.Dispose();
                InsideOutput.Write(parsed, terminal, result);
            });
    }
}

/// <summary><c>vitrine positions</c>: how a model uses positions.</summary>
internal static class PositionsCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource("models/shakespeare");
        var text = new TextSource();
        var output = new InsideOutput();
        var shift = Declare.Value<int>("--shift", "n", "By how many positions the text is moved.", 8);
        return new Verb("positions", "Shows how a model uses positions: similarity of position embeddings, attention by distance, what moving or mixing them does.", """
            vitrine positions "ROMEO: What light through yonder window breaks"
            vitrine positions --model models/induction "keyfjordsagnbixkeyfjo" --html positions.html
            """)
            .With(text.Text).With(text.File).With(shift).With(output.Symbols).With(source.Options)
            .Does((parsed, _) =>
            {
                output.Probe(parsed, terminal);
                using Explainer explainer = source.Load(parsed, terminal);
                InsideOutput.Write(parsed, terminal,
                    explainer.Inside.Positions(text.Read(parsed, terminal), Verb.Positive(parsed.GetValue(shift), "--shift")));
            });
    }
}

/// <summary><c>vitrine similarity</c>: how alike layers are, of one model or two.</summary>
internal static class SimilarityCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource("models/shakespeare");
        var output = new InsideOutput();
        var file = Declare.Value<string?>("--data", "path", "A text, JSONL or CSV file; every token is an example.");
        var text = new Argument<string?>("text") { Description = "A text instead.", Arity = ArgumentArity.ZeroOrOne };
        var other = Declare.Value<string?>("--other", "folder", "A second model with the same tokens. Default: the same model.");
        var quantize = Declare.Value<string?>("--other-quantize", "choice",
            "Hold the second model's weights in fewer bits: int8, int8-all, fp16.");
        var measure = Declare.Value<string>("--measure", "name", "cka (unbiased), cka_biased, cka_rbf, cca, svcca or pwcca.", "cka");
        return new Verb("similarity", "Compares the states of all layers, in one model or between two: CKA, CCA, SVCCA, PWCCA.", """
            vitrine similarity "O Romeo, Romeo, wherefore art thou Romeo? Deny thy father and refuse thy name"
            vitrine similarity --data plays.txt --other-quantize int8 --svg similarity.svg
            """)
            .With(text).With(file, other, quantize, measure).With(output.Symbols).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                output.Probe(parsed, terminal);
                using Explainer explainer = source.Load(parsed, terminal);
                using Explainer? second = parsed.GetValue(other) is null && parsed.GetValue(quantize) is null ? null
                    : Explainer.Load(parsed.GetValue(other) ?? source.Folder(parsed, terminal),
                        new() { Quantization = Quantizations.Parse(parsed.GetValue(quantize) ?? Quantization.None.Name()) });
                string[] texts;
                if (parsed.GetValue(file) is { } path)
                {
                    using DataFile data = DataFile.Open(terminal.Resolve(path));
                    texts = [.. data.Rows.Select(r => r["text"]).OfType<string>().Where(t => t.Length > 0).Take(256)];
                }
                else
                {
                    texts = parsed.GetValue(text) is { Length: > 0 } given ? [given]
                        : throw new CommandException(ExitCode.Input, "similarity: no text; expected one in quotes, or --data.");
                }
                InsideOutput.Write(parsed, terminal, explainer.Inside.Similarity(texts, second, parsed.GetValue(measure)!, cancellation));
            });
    }
}
