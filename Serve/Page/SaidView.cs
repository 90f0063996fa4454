using System.Globalization;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine.Serve;

/// <summary>What the model says of a text or wrote after it; each choice, answer and written token is a link that makes it the
/// target.</summary>
internal static class SaidView
{
    // What a reader takes for a part of an answer and not for its text.
    private static readonly string[] s_parts = ["start", "end", "answer", "all"];

    /// <summary>Writes it.</summary>
    public static async Task Write(HtmlPage page, Values values, Explanation why, Desk desk, CancellationToken cancellation)
    {
        if (why.Figure.Written.Count > 0)
        {
            WriteWritten(page, values, why);
        }
        else if (why.Predictions.Count > 0)
        {
            Predictions.Write(page, "The model says", why.Predictions, choice => values.With("targets", choice.Label));
        }
        else if (why.Context is null)
        {
            PredictRequest request = Predictions.Request(values, desk);
            PredictResult? said = await desk.Do(desk.Shelf.Find(values["model"]), (explainer, _) =>
                explainer.Task is ModelTask.QuestionAnswering or ModelTask.TokenClassification ? explainer.Predict(request) : null,
                cancellation).ConfigureAwait(false);
            WriteRead(page, values, why, said);
        }
    }

    /// <summary>The numbers of the written tokens that are explained, one per target; null where that is not known.</summary>
    public static string? Numbers(Values values, Explanation why)
    {
        int targets = why.Results.Count > 0 ? why.Results[0].Targets.Count : 0;
        IReadOnlyList<string> asked = values.All("targets");
        return why.Figure.Written.Count == 0 ? null
            : targets == why.Figure.Written.Count ? string.Join(' ', Enumerable.Range(0, targets))
            : targets == asked.Count && asked.All(one => one.All(char.IsAsciiDigit)) ? string.Join(' ', asked) : null;
    }

    private static void WriteWritten(HtmlPage page, Values values, Explanation why)
    {
        IReadOnlyList<string> asked = values.All("targets");
        page.Raw("<div class=\"wrote\"><p class=\"note\">").Raw(why.IsForced ? "It is made to write" : "The model wrote")
            .Raw("; a click makes a token the target. ");
        if (asked.Count > 0)
        {
            page.Go(values.Without("targets"), "All tokens");
        }
        page.Raw("</p><div class=\"text\" dir=\"auto\">");
        foreach ((int n, WrittenPiece token) in why.Figure.Written.Index())
        {
            string number = n.ToString(CultureInfo.InvariantCulture), word = token.Text.TrimStart();
            page.Raw(n > 0 && (word.Length < token.Text.Length || word is ['<', _, ..]) ? " " : "").Go(values.With("targets", number),
                word.Length > 0 ? word : TokenCell.Spell(token.Text), $"explain token {number}",
                $" data-target=\"{number}\"" + (asked.Contains(number) ? " aria-current=\"true\"" : ""));
        }
        page.Raw("</div></div>").Line();
    }

    private static void WriteRead(HtmlPage page, Values values, Explanation why, PredictResult? said)
    {
        if (said is null)
        {
            return;
        }
        string? answer = why.Figure.Facts.FirstOrDefault(fact => fact.Name == "answer").Value;
        IReadOnlyList<string> asked = values.All("targets");
        (Prediction Said, string Target)[] all =
        [
            .. said.Answers.Select(one => (new Prediction(one.Text, one.Probability, one.Text == answer),
                s_parts.Contains(one.Text) ? $"answer:{one.Text}" : one.Text)),
            .. Predictions.Labelled(said).Select(token => (new Prediction($"{token.Token} {token.Label}", token.Probability,
                asked.Count == 0 || asked.Contains("all") || asked.Contains(token.Label)), token.Label)),
        ];
        ILookup<Prediction, string> targets = all.ToLookup(one => one.Said, one => one.Target);
        Predictions.Write(page, "The model says", all.Select(one => one.Said), choice => values.With("targets", targets[choice].First()));
    }
}
