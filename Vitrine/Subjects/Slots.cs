using Vitrine.Attributions;

namespace Vitrine;

/// <summary>The slots of a template as features, with a text that stands for each while its value is absent.</summary>
/// <param name="Template">What made the text.</param>
/// <param name="Absent">From the name of a slot to what it holds instead of its value.</param>
internal sealed record Slots(TextTemplate Template, IReadOnlyDictionary<string, string> Absent)
{
    private const string Form = "template:";

    /// <summary>What a request says; null where it names no text.</summary>
    /// <exception cref="RequestException">There is no template.</exception>
    public static Slots? Of(ExplainRequest request)
    {
        if (request.Absent.Count == 0)
        {
            return null;
        }
        return request.Groups?.StartsWith(Form, StringComparison.Ordinal) is true
            ? new(new TextTemplate(request.Groups[Form.Length..]), request.Absent)
            : throw new RequestException(
                Fault.Request, $"absent: no template, and --absent requires one; got "
                    + $"{(request.Groups is { } groups ? $"--groups {groups}" : "no --groups")}; expected --groups \"{Form}{{name}} "
                        + $"lives in {{city}}\".");
    }

    /// <summary>The score as a function of the slots.</summary>
    /// <param name="f">The score of the text itself.</param>
    /// <param name="of">The same score of another text; null: the task has no such thing.</param>
    /// <exception cref="RequestException">The task has no such thing.</exception>
    public ScoreFunction Of(ScoreFunction f, Func<string, ScoreFunction>? of) =>
        new SlotScore(Template, Absent, f, of ?? throw new RequestException(
        Fault.Request, "absent: another text has no answer at the same place; got a question answering or multiple choice model; "
            + "expected --groups without --absent, where tokens are replaced."));
}
