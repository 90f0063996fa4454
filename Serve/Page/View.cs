using Vitrine.Viz;

namespace Vitrine.Serve;

/// <summary>One view of the page: a form, whose values are the address, and what it shows for them.</summary>
internal abstract class View
{
    /// <summary>As routes call it: <c>explain</c>.</summary>
    public abstract string Name { get; }

    /// <summary>As the page calls it.</summary>
    public abstract string Title { get; }

    /// <summary>What it is for, in a sentence.</summary>
    public abstract string Purpose { get; }

    /// <summary>Whether there is enough to show something without asking the user.</summary>
    public virtual bool IsAsked(Values values) => true;

    /// <summary>Writes the fields of the form.</summary>
    public abstract void Form(HtmlPage page, Values values, Desk desk);

    /// <summary>What is shown, as a part of the page (<see cref="HtmlPage.Part"/>).</summary>
    /// <param name="page">Where to.</param>
    /// <param name="values">What the address says.</param>
    /// <param name="desk">Where work is done.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">The user has cancelled, or has left.</param>
    public abstract Task Show(HtmlPage page, Values values, Desk desk, IProgress<WorkProgress> progress, CancellationToken cancellation);
}

/// <summary>Elements that several views have.</summary>
internal static class Elements
{
    /// <summary>A label with a field under it.</summary>
    public static HtmlPage Labelled(this HtmlPage page, string label, string field) =>
        page.Raw("<label class=\"field\">").Element("span", "", label).Raw(field).Raw("</label>").Line();

    /// <summary>A text of one line.</summary>
    public static HtmlPage Line(this HtmlPage page, Values values, string name, string label, string hint = "", string attributes = "") =>
        page.Labelled(label, $"<input name=\"{name}\" value=\"{Escape(values[name])}\" placeholder=\"{Markup.Escape(hint)}\" "
            + $"autocomplete=\"off\" spellcheck=\"false\"{attributes}>");

    /// <summary>A text of several lines.</summary>
    public static HtmlPage Area(this HtmlPage page, Values values, string name, string label, int rows, string hint = "") =>
        page.Labelled(label, $"<textarea name=\"{name}\" rows=\"{rows}\" placeholder=\"{Markup.Escape(hint)}\" spellcheck=\"false\">"
            + $"\n{Escape(values[name])}</textarea>");

    /// <summary>A choice among names; an empty one stands for the default.</summary>
    public static HtmlPage Choice(this HtmlPage page, Values values, string name, string label, IEnumerable<(string Value,
        string Text)> all) =>
        page.Labelled(label, $"<select name=\"{name}\">" + string.Concat(all.Select(one =>
            $"<option "
                + $"value=\"{Markup.Escape(one.Value)}\"{((values[name] ?? "") == one.Value ? " selected" : "")}>{Markup.Escape(one.Text)}"
            + "</option>")) + "</select>");

    /// <summary>The choice of a model.</summary>
    public static HtmlPage Models(this HtmlPage page, Values values, Desk desk, string name = "model", string label = "Model",
        Func<string, bool>? fits = null)
    {
        IEnumerable<(string, string)> all = desk.Shelf.Models
            .Select(model => (model.Key, Summary: ModelSummary.Of(model.Value))).Where(model => fits?.Invoke(model.Summary.Task) ?? true)
            .Select(model => (model.Key, $"{model.Key}: {model.Summary.Task}"));
        string chosen = values[name] ?? desk.Shelf.Default;
        return page.Choice(values.With(name, chosen), name, label,
            all.Concat(all.All(one => one.Item1 != chosen) ? [(chosen, chosen)] : []));
    }

    /// <summary>A link to the same view with other values.</summary>
    /// <param name="page">Where to.</param>
    /// <param name="values">The address it leads to.</param>
    /// <param name="text">What it says.</param>
    /// <param name="tip">What it does.</param>
    /// <param name="attributes">Further attributes, already escaped.</param>
    public static HtmlPage Go(this HtmlPage page, Values values, string text, string tip = "", string attributes = "") =>
        page.Element("a", $"class=\"go\" data-go href=\"?{Markup.Escape((values.Lead?.Invoke(values) ?? values).ToQuery())}\" "
            + $"title=\"{Markup.Escape(tip)}\"{attributes}",
            text);

    /// <summary>Code with a button that copies it.</summary>
    public static HtmlPage Code(this HtmlPage page, string title, string code) => page.Raw("<div class=\"code\"><h4>")
        .Raw(Markup.Escape(title)).Raw(" <button type=\"button\" data-copy>Copy</button></h4><pre><code>")
        .Raw(string.Join('\n', code.Split('\n').Select(Markup.Escape))).Raw("</code></pre></div>").Line();

    private static string Escape(string? text) =>
        text is null ? "" : string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(Markup.Escape));
}
