using Vitrine.Viz;

namespace Vitrine.Serve;

/// <summary>What a model says, as a table with bars; a choice that can be explained is a link that makes it the target.</summary>
internal static class Predictions
{
    /// <summary>A table of choices.</summary>
    /// <param name="page">Where to.</param>
    /// <param name="title">Above it.</param>
    /// <param name="choices">The choices.</param>
    /// <param name="target">The address that makes a choice the target; null: there is none.</param>
    public static void Write(HtmlPage page, string title, IEnumerable<Prediction> choices, Func<Prediction, Values>? target)
    {
        page.Raw("<table class=\"choices\">").Element("caption", "", title).Line();
        foreach (Prediction choice in choices)
        {
            page.Raw(choice.IsExplained ? "<tr class=\"chosen\"><th scope=\"row\">" : "<tr><th scope=\"row\">");
            if (target is null)
            {
                page.Element("bdi", "", choice.Label);
            }
            else
            {
                page.Go(target(choice), choice.Label, $"explain {choice.Label}", choice.IsExplained ? " aria-current=\"true\"" : "");
            }
            page.Raw("</th>").Element("td", "", choice.Value is { } value ? Numbers.Exact(value) : Numbers.Percent(choice.Probability));
            double share = double.IsFinite(choice.Probability) && choice.Value is null ? Math.Clamp(choice.Probability, 0, 1) : 0;
            page.Raw($"<td class=\"bar\"><i style=\"width:{Numbers.Length(share * 100)}%\"></i></td></tr>").Line();
        }
        page.Raw("</table>").Line();
    }

    /// <summary>What the model says of the text that is being typed; nothing where it says nothing by itself.</summary>
    public static async Task Live(HtmlPage page, Values values, Desk desk, CancellationToken cancellation)
    {
        string model = desk.Shelf.Find(values["model"]);
        if (string.IsNullOrWhiteSpace(values["text"]))
        {
            return;
        }
        PredictRequest request = Request(values, desk);
        PredictResult? said = await desk.Do(model, (explainer, _) =>
            explainer.Task == Transformers.ModelTask.SequenceToSequence ? null : explainer.Predict(request),
                cancellation).ConfigureAwait(false);
        if (said is not null)
        {
            Write(page, "The model says", Of(said), null);
        }
    }

    /// <summary>What of an address is asked to be predicted.</summary>
    public static PredictRequest Request(Values values, Desk desk)
    {
        var asked = new Values();
        foreach (Field field in Fields.Of(Asks.Predict).Where(field => field.Name is not "top"))
        {
            asked.Set(field.Name, values.All(field.Name));
        }
        return RequestReader.Request<PredictRequest>(asked, Asks.Predict, desk.Limits);
    }

    /// <summary>The tokens that have a label of their own.</summary>
    public static IEnumerable<TokenLabel> Labelled(PredictResult said) => said.Tokens.Where(token => token.Label is not ("O" or "LABEL_0"));

    /// <summary>A result's choices, whatever its task.</summary>
    public static IReadOnlyList<Prediction> Of(PredictResult said) =>
    [
        .. said.Choices.Select(Of), .. said.Masks.SelectMany(mask => mask.Select(Of)),
        .. said.Answers.Select(answer => new Prediction(answer.Text, answer.Probability)),
        .. Labelled(said).Select(token =>
            new Prediction($"{token.Token} {token.Label}", token.Probability)),
    ];

    /// <summary>A choice as a line of the table.</summary>
    public static Prediction Of(Choice choice) => new(choice.Label, choice.Probability) { Value = choice.Value };
}
