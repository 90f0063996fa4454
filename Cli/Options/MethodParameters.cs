using System.CommandLine;
using System.Globalization;

namespace Vitrine.Cli;

/// <summary>Parameters that some methods have and others ignore: places in the model, samples, windows, noise.</summary>
internal sealed class MethodParameters
{
    private readonly Option<string[]> _hooks =
        new("--hook") { Description = "Where layer and neuron methods look; 'vitrine hooks' lists the names. Repeatable.", HelpName =
            "name", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _neurons =
        new("--neuron") { Description =
            "The neuron of neuron methods: its place in the activation at the hook, e.g. 4,17 for position 4, unit 17. Repeatable.",
                HelpName = "place", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _layers =
        new("--layers") { Description = "Which layers attention methods look at, e.g. 0,3. Default: all.", HelpName = "numbers" };
    private readonly Option<string?> _heads =
        new("--heads") { Description = "Which heads attention methods look at. Default: all.", HelpName = "numbers" };
    private readonly Option<int?> _samples =
        new("--samples") { Description = "Random samples of a sampling method. Default: the method's own.", HelpName = "n" };
    private readonly Option<int?> _window =
        new("--window") { Description = "How many neighbours occlusion covers at once. Default: 1.", HelpName = "n" };
    private readonly Option<int?> _stride =
        new("--stride") { Description = "How far occlusion's window moves on. Default: 1.", HelpName = "n" };
    private readonly Option<double?> _noise =
        new("--noise") { Description = "Standard deviation of smoothgrad's and gradient_shap's noise on embeddings.", HelpName = "x" };
    private readonly Option<string?> _around =
        new("--around") { Description = "The gradient method that smoothgrad and vargrad run. Default: saliency.", HelpName = "name" };

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _hooks, _neurons, _layers, _heads, _samples, _window, _stride, _noise, _around };

    /// <summary>A request with the parameters of a command line.</summary>
    /// <exception cref="CommandException">A list of numbers is none.</exception>
    public T Apply<T>(ParseResult parsed, T request)
        where T : ExplainRequest => (T)(request with
        {
            Hooks = parsed.GetValue(_hooks) ?? [],
            Neurons = [.. (parsed.GetValue(_neurons) ?? []).Select(place => Numbers("neuron", place))],
            Layers = parsed.GetValue(_layers) is { } layers ? Numbers("layers", layers) : null,
            Heads = parsed.GetValue(_heads) is { } heads ? Numbers("heads", heads) : null,
            Samples = parsed.GetValue(_samples),
            Window = parsed.GetValue(_window),
            Stride = parsed.GetValue(_stride),
            Noise = parsed.GetValue(_noise),
            Around = parsed.GetValue(_around),
        });

    private static int[] Numbers(string what, string text) => [.. text.Split(',').Select(part =>
        int.TryParse(part, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int number)
            ? number : throw new CommandException(
            ExitCode.Usage, $"{what}: not a list of numbers; got '{text}'; expected numbers from 0 with commas between them, e.g. 4,17."))];
}
