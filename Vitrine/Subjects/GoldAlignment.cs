using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>Of a translation, which source token every written one rests on, and how far that is from what a person said.</summary>
internal static class GoldAlignment
{
    /// <summary>A result with its alignment error rate, where a request has a person's links.</summary>
    /// <exception cref="RequestException">The result is of no translation.</exception>
    /// <exception cref="Tensors.VitrineException">The links cannot be read.</exception>
    public static AttributionResult Measure(string? gold, AttributionResult result)
    {
        if (gold is null)
        {
            return result;
        }
        return result.Sides is [{ Name: "source" }, { Name: "target" }]
            ? result with { AlignmentErrorRate = Alignment.ErrorRate(Alignment.OfWords(result), gold) }
            : throw new RequestException(Fault.Request,
                $"gold-alignment: no translation with both sides; got {result.Model}; expected an encoder–decoder such as Marian, "
                    + $"without --side.");
    }

    /// <summary>An explanation with the links of its results: in Pharaoh's form with the facts, with shares in the JSON.</summary>
    public static Figure Show(Figure explanation)
    {
        AttributionResult[] results =
            [.. explanation.Results.Select(r => Alignment.Of(r) is { Count: > 0 } links ? r with { Alignment = links } : r)];
        string By(string what, AttributionResult result) => results.Length == 1 ? what : $"{what} by {result.Method}";
        return explanation with
        {
            Results = results,
            Facts =
            [
                .. explanation.Facts,
                .. results.Where(r => r.Alignment is not null).Select(r => new Fact(By("alignment", r), Alignment.Pharaoh(r.Alignment!))),
                .. results.Where(r => r.AlignmentErrorRate is not null)
                    .Select(r => new Fact(By("alignment error rate", r), Numbers.Percent(r.AlignmentErrorRate ?? double.NaN))),
            ],
        };
    }
}
