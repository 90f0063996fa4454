using System.CommandLine;
using Vitrine.Training;

namespace Vitrine.Cli;

/// <summary>What every kind of training asks on the command line: data, folder, model and options; and how it runs.</summary>
internal sealed class TrainingCommandLine
{
    private readonly Option<string[]> _data;
    private readonly TrainingSwitches _switches = new();
    private readonly ModelSource _source = new(); // for --device, --threads and --profile

    private readonly Option<string[]> _more = Declare.Value<string[]>("--more", "file",
        "Further data that are learned whole, in the same form; may be given several times.");
    private readonly Option<string?> _out = Declare.Value<string?>("--out|-o", "folder",
        "Folder for the model; checkpoint, log and loss curve go to its sub-folder 'training'.");
    private readonly Option<string?> _from = Declare.Value<string?>("--from", "folder",
        "Go on from the model in this folder, with its tokenizer, instead of from nothing.");
    private readonly Option<double> _held = Declare.Value<double>("--held-out", "part",
        "Part of the data that is judged, not learned; 0 to 0.5.", 0.1);
    private readonly Option<int> _vocab = Declare.Value<int>("--vocab", "n", "Size of the vocabulary to learn.", 2000);
    private readonly Option<int> _dModel = Declare.Value<int>("--d-model", "n", "Width of the model.", new ModelSizes().DModel);
    private readonly Option<int> _layers = Declare.Value<int>("--layers", "n", "Blocks.", new ModelSizes().NLayers);
    private readonly Option<int> _heads = Declare.Value<int>("--heads", "n", "Heads per block.", new ModelSizes().NHeads);
    private readonly Option<int?> _dMlp = Declare.Value<int?>("--d-mlp", "n",
        "Width of the feed-forward layers; 0: attention only. Default: four times the model's.");
    private readonly Option<double> _init = Declare.Value<double>("--init", "x",
        "Standard deviation of the weights a new model starts with; narrow ones like about 0.5/√width.", InitialWeights.StandardDeviation);
    private readonly Option<int> _positions = Declare.Value<int>("--positions", "n",
        "Longest sequence, tokens.", new ModelSizes().MaxPositions);

    private readonly Option<int?> _rank = Declare.Value<int?>("--lora", "r",
        "Leave the weights of --from as they are and learn an adapter of this rank, in PEFT's files.");
    private readonly Option<double> _alpha = Declare.Value<double>("--lora-alpha", "x",
        "The adapter is scaled by alpha/r; 0: twice the rank.");
    private readonly Option<string?> _targets = Declare.Value<string?>("--lora-targets", "names",
        "Layers it changes, by the last part of their names, e.g. query,value. Default: PEFT's for the family.");
    private readonly bool _fresh;

    /// <param name="data">What <c>--data</c> holds.</param>
    /// <param name="fresh">Whether the command can make a model from nothing, and asks for its sizes.</param>
    public TrainingCommandLine(string data, bool fresh = true) =>
        (_data, _fresh) = (new("--data") { Description = data, HelpName = "file" }, fresh);

    /// <summary>All options.</summary>
    public ReadOnlySpan<Symbol> Symbols => (Symbol[])
    [
        _data, .. _fresh ? (Symbol[])[_more] : [], _out, _held, .. _fresh
            ? (Symbol[])[_from, _vocab, _dModel, _layers, _heads, _dMlp, _positions, _init, _rank, _alpha, _targets] : [], _source.Device,
                _source.Threads, _source.Profile, .. _switches.Symbols,
    ];

    /// <summary>The job that a command line describes.</summary>
    /// <exception cref="CommandException">There is no folder for it.</exception>
    /// <exception cref="RequestException">There are no data, or a number is out of range.</exception>
    public TrainingJob Job(ParseResult parsed, Terminal terminal)
    {
        _source.SetThreads(parsed);
        var job = new TrainingJob
        {
            Folder = parsed.GetValue(_out) is { } given ? terminal.Resolve(given)
                : throw new CommandException(ExitCode.Usage, "out: missing; got no --out; expected the folder for the model."),
            Data = Parts(_data),
            HeldOut = parsed.GetValue(_held),
            Options = _switches.Options(parsed),
        };
        return !_fresh ? job : job with
        {
            More = Parts(_more),
            From = parsed.GetValue(_from) is { } from ? terminal.Resolve(from) : null,
            Adapter = parsed.GetValue(_rank) is { } rank ? new()
            {
                Rank = rank,
                Alpha = parsed.GetValue(_alpha),
                Targets = Names.Of(parsed.GetValue(_targets)),
            } : null,
            Sizes = new()
            {
                DModel = parsed.GetValue(_dModel),
                NLayers = parsed.GetValue(_layers),
                NHeads = parsed.GetValue(_heads),
                DMlp = parsed.GetValue(_dMlp),
                MaxPositions = parsed.GetValue(_positions),
            },
            Vocabulary = parsed.GetValue(_vocab),
            Deviation = parsed.GetValue(_init),
        };

        DataPart[] Parts(Option<string[]> option) => [.. (parsed.GetValue(option) ?? []).Select(DataPart.Parse)
            .Select(part => part with { File = Resolved(part.File, terminal) })];
    }

    // A file, or label=file.
    private static string Resolved(string file, Terminal terminal) =>
        !File.Exists(terminal.Resolve(file)) && file.IndexOf('=', StringComparison.Ordinal) is > 0 and int at
            ? $"{file[..at]}={terminal.Resolve(file[(at + 1)..])}"
            : terminal.Resolve(file);
}
