using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// A method over the options of a multiple choice. The model reads every option in a pass of its own, so a method that looks inside
/// explains an option's logit from
/// that option's pass, and the tokens of the others have no score; any other method sees the choice as a whole.
/// </summary>
/// <param name="method">The method.</param>
public sealed class OptionByOption(IAttributionMethod method) : IAttributionMethod
{
    private static readonly string[] s_inside = [.. AttributionMethods.ThatLookInside, "internal_influence", "gim"];

    /// <inheritdoc/>
    public string Name => method.Name;

    /// <inheritdoc/>
    public string Citation => method.Citation;

    /// <inheritdoc/>
    public string Cost => method.Cost;

    /// <inheritdoc/>
    public string SumsTo => method.SumsTo;

    private bool LooksInside => s_inside.Contains(Name) || Name.StartsWith("layer_", StringComparison.Ordinal)
        || Name.StartsWith("neuron_", StringComparison.Ordinal);

    /// <summary>Methods as a model needs them: this way for a multiple choice, unchanged for others.</summary>
    /// <param name="model">The model.</param>
    /// <param name="methods">The methods.</param>
    /// <param name="hasOwnLabels">Whether labels are given at run time (<see cref="ZeroShot"/>), which are options too.</param>
    public static IAttributionMethod[] For(ITransformer model, IEnumerable<IAttributionMethod> methods, bool hasOwnLabels = false) =>
        [.. model.Info.Task == ModelTask.MultipleChoice || hasOwnLabels ? methods.Select(one => new OptionByOption(one)) : methods];

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        if (f is not OptionScore options || !LooksInside)
        {
            return method.Attribute(f, request);
        }
        int[] asked = [.. f.Targets.Select(target => target.Id ?? 0)];
        Dictionary<int, AttributionResult> found = asked.Distinct().ToDictionary(id => id, id => method.Attribute(
            options.Alone(id),
            request with { KeepRaw = false, FeatureGroups = request.FeatureGroups is { } groups ? [groups[id]] : null }));
        AttributionResult first = found[asked[0]];
        if (first.StepName != "logit" || first.Targets.Count != 1 || first.Sides[0].Tokens.Count != f.Sides[asked[0]].Length)
        {
            throw new VitrineException($"{Name}: it explains no option of a choice; got the {first.StepName} of "
                + $"{first.Targets[0].Label}; expected the logit of an option over its tokens.");
        }
        return first with
        {
            Targets = [.. asked.Select((id, t) => found[id].Targets[0] with
            {
                Label = f.Targets[t].Label,
                Id = id,
                Probability = Known(f.Probabilities[t]),
                Reach = f.Targets[t].Reach,
            })],
            Sides = [.. f.Sides.Select((side, s) => (found.TryGetValue(s, out AttributionResult? own) ? own : first).Sides[0] with
            {
                Name = side.Name,
                Texts = side.Texts,
                Tokens = side.Tokens,
                GivenLength = side.Length,
                Scores = [.. asked.Select(id => id == s ? found[id].Sides[0].Scores[0] : new float[side.Length])],
            })],
            Warnings = [.. first.Warnings,
                $"{Name} looks inside: it explains the option's own logit from its own pass, and tokens of other options have no score"],
        };
    }

    private static double? Known(double probability) => double.IsNaN(probability) ? null : probability;
}
