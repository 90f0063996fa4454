using System.CommandLine;
using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Cli;

/// <summary>How to explain: methods and their parameters.</summary>
internal sealed class MethodOptions(Terminal terminal)
{
    private readonly Option<string[]> _methods = Declare.Values("--method", "name",
        "Attribution method; 'vitrine methods' lists them. Repeatable, or several with commas. Default: integrated_gradients; for written "
        + "text, input_x_gradient.");

    private readonly Option<string[]> _baseline = BaselineOption.Create();
    private readonly Option<string[]> _skip = Declare.Values("--skip", "token",
        "Tokens that take no part: never perturbed, no score. A piece, a token's text, token:ID, special, punctuation, or written (what "
        + "the model wrote). Repeatable.");
    private readonly Option<int?> _steps = Declare.Value<int?>("--steps", "n", "Points of a path integral. Default: 50.");
    private readonly Option<double?> _gap = Declare.Value<double?>("--gap", "fraction",
        "Add steps until the scores miss f(x) − f(baseline) by at most this fraction, e.g. 0.01.");
    private readonly Option<string?> _quadrature = Declare.Value<string?>("--quadrature", "name",
        $"How a path integral is summed: {string.Join(", ", Quadrature.All.Select(q => q.Name))}.");
    private readonly Option<string?> _aggregator = Declare.Value<string?>("--aggregate", "name",
        $"How a row of d_model scores becomes one: {string.Join(", ", Aggregators.All.Select(a => a.Name))}. Default: the method's own.");
    private readonly Option<string?> _compat = Declare.Value<string?>("--compat", "tool",
        "Copy the quirks of another tool: captum, inseq, dig or ferret (metrics).");
    private readonly Option<string?> _groups = Declare.Value<string?>("--groups", "kind",
        $"Explain groups of tokens: {FeatureGroups.Forms}.");
    private readonly Option<int> _seed = Declare.Value<int>("--seed", "n", "Seed of everything random.");

    private readonly MethodParameters _parameters = new();

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => (Symbol[])[_methods, _baseline, _skip, _steps, _gap, _quadrature, _aggregator, _compat, _groups,
        .. _parameters.Symbols, _seed];

    /// <summary>A request with what a command line says of the methods.</summary>
    /// <exception cref="CommandException">A name is not known, or a file of baselines cannot be read.</exception>
    /// <exception cref="VitrineException">A value is not known.</exception>
    public T Apply<T>(ParseResult parsed, T request)
        where T : ExplainRequest => _parameters.Apply(parsed, (T)(request with
        {
            Methods = Names.Of(parsed.GetValue(_methods)),
            Baseline = BaselineOption.Read(parsed.GetValue(_baseline), terminal),
            Skip = parsed.GetValue(_skip) ?? [],
            Steps = parsed.GetValue(_steps),
            Gap = parsed.GetValue(_gap),
            Quadrature = parsed.GetValue(_quadrature),
            Aggregate = parsed.GetValue(_aggregator),
            Compat = parsed.GetValue(_compat) is { } tool ? ParseCompat(tool) : Compat.None,
            Groups = parsed.GetValue(_groups),
            Seed = parsed.GetValue(_seed),
        }));

    private static Compat ParseCompat(string tool) => tool.ToLowerInvariant() switch
    {
        "captum" => Compat.Captum,
        "inseq" => Compat.Inseq,
        "dig" => Compat.Dig,
        "ferret" => Compat.Ferret,
        "none" => Compat.None,
        _ => throw new CommandException(ExitCode.Usage, string.Create(CultureInfo.InvariantCulture,
            $"compat: no such tool; got '{tool}'; expected captum, inseq, dig or "
                + $"ferret.{Nearest.Hint(tool, ["captum", "inseq", "dig", "ferret"])}")),
    };
}
