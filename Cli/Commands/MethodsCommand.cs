using System.CommandLine;
using System.Text.Json.Nodes;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary><c>vitrine methods</c>: what can explain, what it costs, and where it comes from.</summary>
internal static class MethodsCommand
{
    public static Verb Create(Terminal terminal)
    {
        var name = new Argument<string?>("name") { Description = "One method, in full.", Arity = ArgumentArity.ZeroOrOne };
        var scores = Declare.Flag("--scores", "List the numbers of a target that can be explained instead.");
        var json = new JsonOption();
        return new Verb("methods", "Lists the attribution methods: name, cost, what their scores sum to, paper.", """
            vitrine methods
            vitrine methods integrated_gradients
            vitrine methods --scores
            """)
            .With(name, scores, json.Option)
            .Does((parsed, _) =>
            {
                json.Probe(parsed, terminal);
                if (parsed.GetValue(scores))
                {
                    (string Name, string Formula)[] all = [.. StepFunctions.All.Select(step => (step.Name, step.Formula)),
                        .. WholeSequence.Steps.Keys.Select(sequence => (sequence, "of all written tokens together"))];
                    json.Write(
                        parsed, terminal,
                        () => JsonText.Of("vitrine.scores",
                            ("scores", new JsonArray([.. all.Select(score =>
                                (JsonNode)new JsonObject { ["name"] = score.Name, ["formula"] = score.Formula })]))),
                        screen => screen.Write(string.Concat(all.Select(score => $"{score.Name}\n  {score.Formula}\n"))));
                    return;
                }
                IAttributionMethod[] methods = parsed.GetValue(name) is { } one ? [AttributionMethods.Get(one)]
                    : [.. AttributionMethods.All];
                json.Write(
                    parsed, terminal,
                    () => JsonText.Of("vitrine.methods", ("methods", new JsonArray([.. methods.Select(method => (JsonNode)new JsonObject
                    {
                        ["name"] = method.Name, ["cost"] = method.Cost, ["sums_to"] = method.SumsTo, ["citation"] = method.Citation,
                    })]))),
                    screen => screen.Write(string.Concat(methods.Select(method =>
                        $"{method.Name}\n  cost     {method.Cost}\n  sums to  {method.SumsTo}\n  paper    {method.Citation}\n"))));
            });
    }
}
