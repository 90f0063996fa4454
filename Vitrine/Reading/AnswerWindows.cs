using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine;

/// <summary>A context longer than the model can read, in overlapping windows after the same question: Hugging Face's
/// <c>doc_stride</c>.</summary>
/// <remarks>
/// Every window holds the question and as much of the context as fits; the next one begins so that <c>stride</c> tokens of the context are
/// in
/// both. The best window has the span, not null, with the largest sum of start and end logit.
/// </remarks>
internal static class AnswerWindows
{
    private const int StandardStride = 128;

    /// <summary>The windows, in the context's order.</summary>
    /// <param name="text">Question and context, of any length.</param>
    /// <param name="length">Longest window, tokens.</param>
    /// <param name="stride">Tokens of the context that neighbours share; null: 128, at most half of what fits.</param>
    /// <exception cref="RequestException">The question alone is too long.</exception>
    public static IReadOnlyList<ExplainedText> Of(ExplainedText text, int length, int? stride = null)
    {
        int first = Enumerable.Range(0, text.Tokens.Count).First(i => text.Tokens[i].Text == 1);
        int last = Enumerable.Range(0, text.Tokens.Count).Last(i => text.Tokens[i].Text == 1);
        int after = text.Tokens.Count - 1 - last, room = length - first - after, shared = stride ?? Math.Min(StandardStride, room / 2);
        if (room < 2 || shared < 0 || shared >= room)
        {
            throw new RequestException(Fault.Text,
                string.Create(CultureInfo.InvariantCulture,
                    $"text: the question leaves too little room for the context; got {Math.Max(0, room)} tokens "
                    + $"a window, {shared} of them shared; expected more than are shared. Shorten the question, or cut with Truncate "
                        + $"(--truncate)."));
        }
        List<ExplainedText> windows = [];
        for (int start = first; ; start += room - shared)
        {
            int end = Math.Min(start + room, last + 1);
            int[] kept = [.. Enumerable.Range(0, first), .. Enumerable.Range(start, end - start), .. Enumerable.Range(last + 1, after)];
            windows.Add(text with
            {
                Tokens = [.. kept.Select(i => text.Tokens[i])],
                Types = text.Types is { } types
                ? [.. kept.Select(i => types[i])] : null
            });
            if (end == last + 1)
            {
                return windows;
            }
        }
    }

    /// <summary>The window with the best answer; the only one unread.</summary>
    public static ExplainedText Best(LoadedModel loaded, IReadOnlyList<ExplainedText> windows) =>
        windows is [var only] ? only : Best(Read(loaded, windows)).Text;

    /// <summary>The window with the best answer.</summary>
    public static ReadWindow Best(IReadOnlyList<ReadWindow> windows) => windows.MaxBy(window => window.Span);

    /// <summary>What the model finds in every window.</summary>
    public static IReadOnlyList<ReadWindow> Read(LoadedModel loaded, IReadOnlyList<ExplainedText> windows) => [.. windows.Select(window =>
    {
        float[] logits = Choices.Finite(loaded, loaded.Model.Forward(Choices.Input(window))).Transpose().ToArray();  // [1, 2, pos]
        double Sum(int start, int end) => logits[start] + (double)logits[window.Tokens.Count + end];
        return new ReadWindow(window, Choices.Answers(loaded, window, 1) is [var answer] ? Sum(answer.Start, answer.End)
            : double.NegativeInfinity, Sum(0, 0));
    })];
}

/// <summary>What a reader finds in a window.</summary>
/// <param name="Text">Question and a stretch of the context.</param>
/// <param name="Span">The largest sum of start and end logit of a span; −∞ where there is none.</param>
/// <param name="Nothing">The sum of both at the first token, [CLS]: that there is no answer.</param>
internal readonly record struct ReadWindow(ExplainedText Text, double Span, double Nothing);
