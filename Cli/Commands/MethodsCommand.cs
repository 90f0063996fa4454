using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary><c>vitrine methods</c>: what can explain, what it costs, and where it comes from.</summary>
internal static class MethodsCommand
{
    public static Verb Create(Terminal terminal)
    {
        var name = new Argument<string?>("name") { Description = "One method, in full.", Arity = ArgumentArity.ZeroOrOne };
        var scores = new Option<bool>("--scores") { Description = "List the numbers of a target that can be explained instead." };
        return new Verb("methods", "Lists the attribution methods: name, cost, what their scores sum to, paper.", """
            vitrine methods
            vitrine methods integrated_gradients
            vitrine methods --scores
            """)
            .With(name, scores)
            .Does((parsed, _) =>
            {
                if (parsed.GetValue(scores))
                {
                    foreach (StepFunction step in StepFunctions.All)
                    {
                        terminal.Output.WriteLine($"{step.Name}\n  {step.Formula}");
                    }
                    foreach (string sequence in WholeSequence.Steps.Keys)
                    {
                        terminal.Output.WriteLine($"{sequence}\n  of all written tokens together");
                    }
                    return;
                }
                IEnumerable<IAttributionMethod> methods = parsed.GetValue(name) is { } one ? [AttributionMethods.Get(one)] : AttributionMethods.All;
                foreach (IAttributionMethod method in methods)
                {
                    terminal.Output.WriteLine($"{method.Name}\n  cost     {method.Cost}\n  sums to  {method.SumsTo}\n  paper    {method.Citation}");
                }
            });
    }
}
