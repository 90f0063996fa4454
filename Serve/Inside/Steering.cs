using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine.Serve;

/// <summary>A direction made of contrast texts, added to the stream while another text is read or written.</summary>
internal static class Steering
{
    private const int MostStrengths = 6, MostTokens = 64;

    /// <summary>Predictions, and of a model that writes its text, without the direction and with it at every strength.</summary>
    public static InsideResult Run(Explainer explainer, InsideValues values)
    {
        IReadOnlyList<string> positive = values.Texts("positive"), negative = values.Texts("negative"),
            strengths = values.Texts("strengths");
        if (positive.Count == 0 || positive.Count != negative.Count)
        {
            throw new RequestException(Fault.Text, $"steer: texts of both sides are needed; got {positive.Count} positive and "
                + $"{negative.Count} negative; expected as many of each, at least one.");
        }
        if (strengths.Count > MostStrengths)
        {
            throw new RequestException(Fault.Request,
                $"strengths: too many; got {strengths.Count}; expected at most {MostStrengths}.");
        }
        SteeringVector vector = explainer.Inside.Steer(values.Maybe("stream") ?? Middle(explainer), positive.Zip(negative));
        InsideResult found = explainer.Inside.Intervene(values.Text("text"), new InterveneRequest
        {
            Changes = [new() { Kind = ChangeKind.Add, Hook = vector.Hook, Vector = vector }],
            Strengths = [.. strengths.Select(one => (float)new FieldValue("strengths", [one]).Number)],
            MaxNewTokens = explainer.Task is ModelTask.CausalLanguageModel or ModelTask.SequenceToSequence
                ? values.Whole("max_new_tokens", 0, MostTokens) is > 0 and var count ? count : null : null,
        }, values.Cancellation);
        return found with
        {
            Method = "steering",
            Numbers = new Dictionary<string, double>(found.Numbers) { ["length of the direction"] = vector.Length },
        };
    }

    // The stream after the middle block; of a translator its encoder's.
    private static string Middle(Explainer explainer)
    {
        string[] all = [.. explainer.Model.HookPoints.Select(point => point.Name).Where(name => name.Split('.') is [_, _, "hook_resid_post"
            or "hook_normalized_resid_post"])];
        string stack = all.Select(name => name.Split('.')[0]).Distinct().FirstOrDefault() ?? throw new RequestException(Fault.Model,
            $"steer: no stream to steer; got {explainer.Name}; expected a model with hook_resid_post. Name a place as 'stream'.");
        string[] own = [.. all.Where(name => name.StartsWith(stack + ".", StringComparison.Ordinal))];
        return own[(own.Length - 1) / 2];
    }
}
