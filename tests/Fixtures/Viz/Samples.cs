using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Tests;

/// <summary>Small explanations with made-up numbers, one per shape of result.</summary>
internal static class Samples
{
    /// <summary>A classification by one method, special tokens around the text.</summary>
    public static Figure Sentiment { get; } = new()
    {
        Title = "sentiment",
        Facts = [new("model", "bert"), new("task", "sequence classification")],
        Predictions = [new("positive", 0.973, true), new("negative", 0.027)],
        Results = [Method("integrated_gradients", "a gorgeous, witty, seductive movie",
            [0.01f, 0.412f, -0.021f, 0.21f, 0.003f, 0.17f, 0.08f, -0.152f])],
    };

    /// <summary>The same text by three methods.</summary>
    public static Figure Methods { get; } = Sentiment with
    {
        Results =
        [
            .. Sentiment.Results,
            Method("saliency", "a gorgeous, witty, seductive movie", [0.1f, 1.4f, 0.2f, 1.1f, 0.15f, 0.6f, 0.5f, 0.7f]),
            Method("input_x_gradient", "a gorgeous, witty, seductive movie",
                [-0.002f, 0.02f, -0.011f, 0.034f, 0.001f, -0.012f, 0.02f, -0.025f]),
        ],
    };

    /// <summary>A question and its context, the answer marked.</summary>
    public static Figure Question
    {
        get
        {
            const string Question = "Who wrote it?", Context = "The novel was written by Ada Lovelace in 1842.";
            InputToken[] tokens =
            [
                new(101, "[CLS]", Text: -1, IsSpecial: true), .. Words(Question, 0), new(102, "[SEP]", Text: -1, IsSpecial: true),
                .. Words(Context, 1), new(102, "[SEP]", Text: -1, IsSpecial: true),
            ];
            float[] scores = [.. tokens.Select((t, i) => t.IsSpecial ? 0.01f : MathF.Sin(i * 1.7f) * i / tokens.Length)];
            return new()
            {
                Title = "reader",
                Facts = [new("answer", "Ada Lovelace")],
                Results = [Result("input_x_gradient", tokens, [scores], [Target("start 11", 11), Target("end 12", 12)], [Question, Context],
                    perTarget: [scores, [.. scores.Reverse()]])],
                Marks = [new(1, Context.IndexOf("Ada", StringComparison.Ordinal), Context.IndexOf(" in ", StringComparison.Ordinal))],
            };
        }
    }

    /// <summary>A continuation: later targets see more.</summary>
    public static Figure Generation
    {
        get
        {
            const string Text = "The cat sat on the mat and looked at the moon.";
            InputToken[] words = Words(Text, 0);
            const int Given = 6;
            InputToken[] tokens = words[..^1];
            ExplainedTarget[] targets =
                [.. words[Given..].Select((w, i) => Target("Ġ" + w.Piece.TrimStart('#'), Given + i - 1) with { Probability = 0.5 / (i + 1),
                    Reach = [Given + i] })];
            float[][] scores = [.. targets.Select((t, i) => tokens.Select((_, p) => p < Given + i
                ? MathF.Cos((p * 2.3f) + i) / (1 + Given + i - p) : 0).ToArray())];
            return new()
            {
                Title = "storyteller",
                Facts = [new("model", "gpt2"), new("task", "generation")],
                Results = [Result("input_x_gradient", tokens, scores, targets, [Text], given: Given, perTarget: scores)],
            };
        }
    }

    /// <summary>Chinese to English: two sides.</summary>
    public static Figure Translation
    {
        get
        {
            string[] source = ["▁我", "喜欢", "看", "书", "。", "</s>"], target = ["▁I", "▁like", "▁reading", ".", "</s>"];
            const string Text = "我喜欢看书。";
            InputToken[] from = [new(1, "▁我", 0, 1), new(2, "喜欢", 1, 3), new(3, "看", 3, 4), new(4, "书", 4, 5), new(5, "。", 5, 6),
                new(0, "</s>", Text: -1, IsSpecial: true)];
            InputToken[] to = [new(9, "<pad>", Text: -1, IsSpecial: true), .. target[..^1].Select((p, i) => new InputToken(20 + i, p))];
            ExplainedTarget[] targets =
                [.. target.Select((p, i) => Target(p, i) with { Probability = 0.9 - (0.1 * i), Reach = [source.Length, i + 1] })];
            SideScores[] sides =
            [
                new() { Name = "source", Texts = [Text], Tokens = from, GivenLength = from.Length,
                    Scores = [.. targets.Select((_, t) => from.Select((_, p) => MathF.Exp(-MathF.Abs(p - t)) * 0.4f).ToArray())] },
                new() { Name = "target", Tokens = to, GivenLength = to.Length,
                    Scores = [.. targets.Select((_, t) => to.Select((_, p) => p <= t ? -0.1f * (p + 1) / (t + 1) : 0).ToArray())] },
            ];
            return new()
            {
                Title = "opus-mt-zh-en",
                Facts = [new("task", "translation")],
                Results = [new() { Method = "integrated_gradients", StepName = "probability", Targets = targets, Sides = sides,
                    Versions = Versions }],
            };
        }
    }

    /// <summary>Everything that could break a page, a picture or a terminal.</summary>
    public static Figure Hostile { get; } = new()
    {
        Title = "<script>alert(1)</script> & \"co\"",
        Facts = [new("text", "\u001b[31mred\u001b[0m \u202Eesrever")],
        Predictions = [new("</table><b>", 0.5, true), new("'\"><img src=x onerror=alert(1)>", 0.5)],
        Results = [Method("saliency", "</script> <b>&amp; \u0007 \uD800 \u202E 'x' \"y\"",
            [0.1f, 0.9f, 0.4f, 0, 0.2f, 0.3f, 0.1f, 0.5f, 0.6f, 0.7f, 0.8f])],
    };

    /// <summary>A text of one script, with scores that swing.</summary>
    public static Figure Script(string title, string text)
    {
        float[] scores = [.. Enumerable.Range(0, Words(text, 0).Length).Select(i => MathF.Sin(i * 1.3f) * (1 + (i % 5)) / 5)];
        return new()
        {
            Title = title,
            Predictions = [new("positive", 0.81, true), new("negative", 0.19)],
            Results = [Method("integrated_gradients", text, scores)],
        };
    }

    private static Dictionary<string, string> Versions => new() { ["vitrine"] = "0.1.0" };

    private static AttributionResult Method(string method, string text, float[] scores)
    {
        InputToken[] tokens = [new(101, "[CLS]", Text: -1, IsSpecial: true), .. Words(text, 0),
            new(102, "[SEP]", Text: -1, IsSpecial: true)];
        float[] all = [0.015f, .. scores.Take(tokens.Length - 2).Concat(new float[Math.Max(0, tokens.Length - 2 - scores.Length)]), 0];
        return Result(method, tokens, [all], [Target("positive", null)], [text], perTarget: [all]);
    }

    private static AttributionResult Result(
        string method, InputToken[] tokens, float[][] scores, ExplainedTarget[] targets, string[] texts, float[][] perTarget,
        int given = int.MaxValue) => new()
        {
            Method = method,
            StepName = "probability",
            Model = "sample",
            Targets = [.. targets.Select(t => t with { Reach = t.Reach.Count > 0 ? t.Reach : [tokens.Length] })],
            Sides = [new() { Name = "source", Texts = texts, Tokens = tokens, GivenLength = Math.Min(given, tokens.Length),
                Scores = perTarget.Length > 0 ? perTarget : scores }],
            Parameters = method == "integrated_gradients"
            ? new Dictionary<string, string> { ["steps"] = "50", ["quadrature"] = "gausslegendre" } : [],
            Baseline = method == "integrated_gradients" ? "pad" : null,
            SumsTo = method == "integrated_gradients" ? "f(x) − f(baseline)" : null,
            Versions = Versions,
        };

    private static ExplainedTarget Target(string label, int? position) =>
        new()
        {
            Label = label,
            Position = position,
            Score = 0.973,
            BaselineScore = position is null ? 0.512 : null,
            Delta = position is null
            ? -0.00012 : null,
            Reach = []
        };

    // Words and punctuation, long words in two pieces, ideographs one by one.
    private static InputToken[] Words(string text, int index)
    {
        var tokens = new List<InputToken>();
        for (int start = 0, word = 0; start < text.Length;)
        {
            if (char.IsWhiteSpace(text[start]))
            {
                start++;
                continue;
            }
            int end = start + 1;
            bool isWide = text[start] >= '\u2E80' && !char.IsSurrogate(text[start]);
            while (end < text.Length && !isWide && char.IsLetter(text[start]) && text[end] < '\u2E80'
                && (char.IsLetter(text[end]) || char.GetUnicodeCategory(text[end]) == System.Globalization.UnicodeCategory.NonSpacingMark))
            {
                end++;
            }
            end = char.IsHighSurrogate(text[start]) && end < text.Length && char.IsLowSurrogate(text[end]) ? end + 1 : end;
            int cut = end - start > 8 ? start + 5 : end;
            tokens.Add(new(tokens.Count + 1000, text[start..cut], start, cut, index, word));
            if (cut < end)
            {
                tokens.Add(new(tokens.Count + 1000, "##" + text[cut..end], cut, end, index, word));
            }
            (start, word) = (end, word + 1);
        }
        return [.. tokens];
    }
}
