using Vitrine.Attributions;

namespace Vitrine;

/// <summary>That a question has no answer, against the best span: Hugging Face's rule for SQuAD 2.</summary>
/// <remarks>Of several windows the least score of no answer counts: one that has the answer is enough.</remarks>
/// <param name="Window">The window with that score.</param>
/// <param name="Score">start[0] + end[0], logits.</param>
/// <param name="Span">The best span's sum, of all windows.</param>
internal readonly record struct NullAnswer(ExplainedText Window, double Score, double Span)
{
    /// <summary>How a missing answer reads.</summary>
    public const string Text = "(no answer)";

    /// <summary>By how much no answer is above the best span.</summary>
    public double Lead => Score - Span;

    /// <summary>Of what a reader found.</summary>
    public static NullAnswer Of(IReadOnlyList<ReadWindow> windows)
    {
        ReadWindow least = windows.MinBy(window => window.Nothing);
        return new(least.Text, least.Nothing, AnswerWindows.Best(windows).Span);
    }

    /// <summary>Whether it is what the reader says; never without a threshold.</summary>
    public bool Wins(double? threshold) => Lead > threshold;
}
