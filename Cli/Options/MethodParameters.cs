using System.CommandLine;
using System.Globalization;

namespace Vitrine.Cli;

/// <summary>Parameters that some methods have and others ignore: places in the model, samples, windows, noise.</summary>
internal sealed class MethodParameters
{
    private readonly Option<string[]> _hooks = Declare.Values("--hook", "name",
        "Where layer and neuron methods look; 'vitrine hooks' lists the names. Repeatable.");
    private readonly Option<string[]> _neurons = Declare.Values("--neuron", "place",
        "The neuron of neuron methods: its place in the activation at the hook, e.g. 4,17 for position 4, unit 17. Repeatable.");
    private readonly Option<string?> _layers = Declare.Value<string?>("--layers", "numbers",
        "Which layers attention methods look at, e.g. 0,3. Default: all.");
    private readonly Option<string?> _heads = Declare.Value<string?>("--heads", "numbers",
        "Which heads attention methods look at. Default: all.");
    private readonly Option<int?> _samples = Declare.Value<int?>("--samples", "n",
        "Random samples of a sampling method. Default: the method's own.");
    private readonly Option<int?> _window = Declare.Value<int?>("--window", "n",
        "How many neighbours occlusion covers at once. Default: 1.");
    private readonly Option<int?> _stride = Declare.Value<int?>("--stride", "n", "How far occlusion's window moves on. Default: 1.");
    private readonly Option<double?> _noise = Declare.Value<double?>("--noise", "x",
        "Standard deviation of smoothgrad's and gradient_shap's noise on embeddings.");
    private readonly Option<string?> _around = Declare.Value<string?>("--around", "name",
        "The gradient method that smoothgrad and vargrad run. Default: saliency.");

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
