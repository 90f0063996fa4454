using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Serve;

/// <summary>Lessons: the four of the reading tour, each with an example that runs here and can be changed.</summary>
internal sealed class LessonsView : View
{
    private static readonly Lesson[] s_lessons =
    [
        new("1", "A tape for numbers", "How a program differentiates itself: (x · y − 1)² is computed while a tape records, and the "
            + "tape is walked back.",
            "Why is it gradient += and not = where a number is used twice?", "samples/micro.cs",
            [("x", "x", "2"), ("y", "y", "0.75")], LessonRuns.OnATape),
        new("2", "GPT-2 from text to logits", "A model of attention alone goes on with what it has seen once. Change a head, and watch "
            + "the loss.",
            "How can a head of the second layer know where the present letter was last time?", "samples/hooks.cs",
            [("text", "Text, said twice", "keyfjordsagnbixkeyfjordsagnbix"), ("change", "Change", "zero blocks.0.attn.hook_z:0")],
                LessonRuns.Heads),
        new("3", "One training step", "A small GPT-2 with new weights learns to sort four digits: forward, backward, and the weights "
            + "change.",
            "Why are the digits before the equals sign no targets?", "samples/train.cs",
            [("steps", "Steps", "60"), ("rate", "Learning rate", "0.003")], LessonRuns.Training),
        new("4", "One kernel, from formula to SIMD", "Variance of a row in float64, in float32 with two passes, and with one: Σx²/n − "
            + "mean².",
            "What goes wrong with one pass?", "samples/kernel.cs", [("row", "Row", "1000.001, 1000.002, 1000.003")], LessonRuns.Variance),
    ];

    public override string Name => "lessons";

    public override string Title => "Lessons";

    public override string Purpose => "Four lessons, each with an example that runs";

    public override void Form(HtmlPage page, Values values, Desk desk)
    {
        Lesson lesson = Of(values);
        page.Raw("<nav class=\"tabs\" aria-label=\"Lessons\">");
        foreach (Lesson one in s_lessons)
        {
            page.Element("a", $"href=\"/lessons?lesson={one.Number}\"" + (one == lesson ? " aria-current=\"page\""
                : ""), $"{one.Number}. {one.Title}");
        }
        page.Raw($"</nav><input type=\"hidden\" name=\"lesson\" value=\"{lesson.Number}\">").Element("p", "", lesson.Text)
            .Element("p", "class=\"note\"", $"Question: {lesson.Question} docs/READING.md answers it. The program: dotnet "
                + $"run {lesson.Sample}")
            .Raw("<div class=\"fields\">");
        foreach ((string name, string label, string standard) in lesson.Fields)
        {
            page.Line(values.With(name, values[name] ?? standard), name, label);
        }
        page.Raw("</div>").Line();
    }

    public override async Task Show(
        HtmlPage page, Values values, Desk desk, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        Lesson lesson = Of(values);
        RequestReader.CheckLength(values, desk.Limits);
        Values given = values;
        foreach ((string name, _, string standard) in lesson.Fields)
        {
            given = given.With(name, values[name] ?? standard);
        }
        InsideResult result = await lesson.Run(given, desk, progress, cancellation).ConfigureAwait(false);
        page.Element("h2", "", lesson.Title);
        InsideView.Write(page, result, null);
    }

    private static Lesson Of(Values values) => s_lessons.FirstOrDefault(lesson => lesson.Number == values["lesson"]) ?? s_lessons[0];

    private sealed record Lesson(
        string Number, string Title, string Text, string Question, string Sample, (string Name, string Label, string Default)[] Fields,
        Func<Values, Desk, IProgress<WorkProgress>, CancellationToken, Task<InsideResult>> Run);
}
