using System.Globalization;
using System.Text.Json.Nodes;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary><c>vitrine heads</c>: which heads of a language model look back, and what repetition costs without each.</summary>
internal static class HeadsCommand
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz"; // what the shipped model was trained on

    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource("models/induction");
        var tokens = Declare.Value<string?>("--tokens", "text",
            "A text whose tokens are drawn from. Default: letters for the shipped model, the vocabulary without special tokens for "
            + "others.");
        var length = Declare.Value<int>("--length", "n", "Tokens per round; each sequence is two equal rounds of different tokens.", 24);
        var count = Declare.Value<int>("--count", "n", "Sequences.", 32);
        var seed = Declare.Value<int>("--seed", "n", "Equal seeds give equal sequences.", 1);
        var json = Declare.Value<string?>("--json", "path", "Write all numbers as JSON; - for standard output.");
        var markdown = Declare.Value<string?>("--markdown", "path", "Write the table as Markdown; - for standard output.");
        var svg = Declare.Value<string?>("--svg", "path", "Draw every head's pattern on the first sequence; - for standard output.");
        return new Verb("heads", "Shows which heads of a language model look back in repeated random tokens, and the loss without each: induction heads.", """
            vitrine heads
            vitrine heads --length 8 --svg pattern.svg
            vitrine heads --model path/to/gpt2 --count 8 --json heads.json
            vitrine heads --model path/to/gpt2 --tokens " one two three four five six seven eight nine ten" --length 8
            """)
            .With(tokens, length, count, seed, json, markdown, svg).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                string?[] outputs = [parsed.GetValue(json), parsed.GetValue(markdown), parsed.GetValue(svg)];
                OutputFile.ProbeAll(terminal, outputs);
                using Explainer loaded = source.Load(parsed, terminal);
                int[][] rounds = HeadScores.Rounds(Tokens(loaded, parsed.GetValue(tokens)
                    ?? (parsed.GetValue(source.Model) is null ? Letters : null)), parsed.GetValue(length), parsed.GetValue(count),
                        parsed.GetValue(seed));
                HeadScores scores;
                using (ProgressLine progress = ProgressLine.Start("heads", terminal))
                {
                    scores = HeadScores.Measure(loaded.Model, rounds, progress, cancellation);
                }
                Grid table = Summary(loaded.Name, rounds, scores);
                OutputFile.WriteAll(terminal, [(outputs[0], () => Json(loaded, rounds, scores)), (outputs[1], table.Markdown),
                    (outputs[2], () => Patterns(loaded, rounds[0]))], table.WriteWhole);
            });
    }

    private static IEnumerable<int> Tokens(Explainer loaded, string? text)
    {
        if (text is not null)
        {
            return loaded.Tokenizer.Encode(text, special: false).Ids;
        }
        SpecialTokens? special = loaded.Model.Tokenizer?.Special;
        return Enumerable.Range(0, loaded.Model.Info.VocabSize).Where(id => special?.All.Contains(id) != true);
    }

    private static Grid Summary(string model, int[][] rounds, HeadScores scores) => new()
    {
        Title = string.Create(CultureInfo.InvariantCulture,
            $"{Markup.Visible(model)}: loss {scores.FirstLoss:0.00} nats per token in the first round, {scores.RepeatLoss:0.00} in the "
                + $"second"),
        Head = ["head", ">previous", ">duplicate", ">induction", ">second round without it"],
        Rows = [.. scores.Heads.Select(h => (string[])[$"{h.Layer}.{h.Head}", Number(h.Previous), Number(h.Duplicate), Number(h.Induction),
            Number(h.LossWithout)])],
        Note = string.Create(CultureInfo.InvariantCulture,
            $"{rounds.Length} sequences of {rounds[0].Length} random tokens, twice. Mean attention to the token before; and in the "
                + $"second round to the same token in the first, and to what followed it there."),
    };

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Json(Explainer loaded, int[][] rounds, HeadScores scores) => JsonText.Of(
        "vitrine.heads", ("model", loaded.Name), ("sequences", rounds.Length), ("length", rounds[0].Length),
            ("first_loss", scores.FirstLoss), ("repeat_loss", scores.RepeatLoss),
        ("heads", new JsonArray([.. scores.Heads.Select(head => (JsonNode)new JsonObject
        {
            ["layer"] = head.Layer,
            ["head"] = head.Head,
            ["previous"] = head.Previous,
            ["duplicate"] = head.Duplicate,
            ["induction"] = head.Induction,
            ["loss_without"] = head.LossWithout,
        })])), ("warnings", JsonText.Texts(loaded.Notices)));

    private static string Patterns(Explainer loaded, int[] round)
    {
        int[] ids = [.. round, .. round];
        using ActivationCache cache = loaded.Model.Cache("blocks.*.attn.hook_pattern");
        _ = loaded.Model.Forward(ModelInput.Of(ids));
        string[] texts = [.. ids.Select(id =>
            loaded.Model.Tokenizer?.Decode([id], skipSpecial: false) ?? id.ToString(CultureInfo.InvariantCulture))];
        return AttentionMap.Svg(
            [.. Enumerable.Range(0, loaded.Model.Info.NLayers)
                .Select(layer => (IReadOnlyList<float[,]>)[.. Enumerable.Range(0, loaded.Model.Info.NHeads).Select(head =>
            {
                float[] values = cache[$"blocks.{layer}.attn.hook_pattern"].Select(1, head).ToArray();
                float[,] map = new float[ids.Length, ids.Length];
                Buffer.BlockCopy(values, 0, map, 0, values.Length * sizeof(float));
                return map;
            })])],
            texts, texts, $"{loaded.Name}: where each head looks in {round.Length} random tokens, twice");
    }
}
