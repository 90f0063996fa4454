using System.CommandLine;
using System.Security.Cryptography;
using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary>What every kind of training asks on the command line: data, folder, model and options; and how it runs.</summary>
internal sealed class TrainingCommandLine
{
    // What may stand on the body of a model that was trained to fill masks.
    private static readonly Dictionary<ModelTask, string> s_heads = new()
    {
        [ModelTask.SequenceClassification] = "BertForSequenceClassification",
        [ModelTask.QuestionAnswering] = "BertForQuestionAnswering",
        [ModelTask.TokenClassification] = "BertForTokenClassification",
    };

    private readonly Option<string[]> _data;
    private readonly TrainingSwitches _switches = new();
    private readonly ModelSource _source = new(); // for --device, --threads and --profile

    private readonly Option<string[]> _more =
        new("--more") { Description = "Further data that are learned whole, in the same form; may be given several times.", HelpName =
            "file" };
    private readonly Option<string?> _out =
        new("--out", "-o") { Description = "Folder for the model; checkpoint, log and loss curve go to its sub-folder 'training'.",
            HelpName = "folder" };
    private readonly Option<string?> _from =
        new("--from") { Description = "Go on from the model in this folder, with its tokenizer, instead of from nothing.", HelpName =
            "folder" };
    private readonly Option<double> _held =
        new("--held-out") { Description = "Part of the data that is judged, not learned; 0 to 0.5.", HelpName = "part",
            DefaultValueFactory = _ => 0.1 };
    private readonly Option<int> _vocab = new("--vocab") { Description = "Size of the vocabulary to learn.", HelpName = "n",
        DefaultValueFactory = _ => 2000 };
    private readonly Option<int> _dModel = new("--d-model") { Description = "Width of the model.", HelpName = "n", DefaultValueFactory =
        _ => new ModelSizes().DModel };
    private readonly Option<int> _layers = new("--layers") { Description = "Blocks.", HelpName = "n", DefaultValueFactory = _ =>
        new ModelSizes().NLayers };
    private readonly Option<int> _heads = new("--heads") { Description = "Heads per block.", HelpName = "n", DefaultValueFactory = _ =>
        new ModelSizes().NHeads };
    private readonly Option<int?> _dMlp = new("--d-mlp") { Description =
        "Width of the feed-forward layers; 0: attention only. Default: four times the model's.", HelpName = "n" };
    private readonly Option<double> _init =
        new("--init") { Description = "Standard deviation of the weights a new model starts with; narrow ones like about 0.5/√width.",
            HelpName = "x", DefaultValueFactory = _ => InitialWeights.StandardDeviation };
    private readonly Option<int> _positions =
        new("--positions") { Description = "Longest sequence, tokens.", HelpName = "n", DefaultValueFactory = _ =>
            new ModelSizes().MaxPositions };

    private readonly Option<int?> _rank =
        new("--lora") { Description = "Leave the weights of --from as they are and learn an adapter of this rank, in PEFT's files.",
            HelpName = "r" };
    private readonly Option<double> _alpha =
        new("--lora-alpha") { Description = "The adapter is scaled by alpha/r; 0: twice the rank.", HelpName = "x" };
    private readonly Option<string?> _targets =
        new("--lora-targets") { Description =
            "Layers it changes, by the last part of their names, e.g. query,value. Default: PEFT's for the family.", HelpName = "names" };
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

    /// <summary>The data files; <c>label=path</c> where <paramref name="labelled"/>.</summary>
    /// <exception cref="CommandException">None is given.</exception>
    public IEnumerable<string> Files(ParseResult parsed, Terminal terminal, bool labelled = false)
    {
        string[] files = parsed.GetValue(_data) ?? [];
        return files.Length == 0
            ? throw new CommandException(ExitCode.Usage, "data: missing; got no --data; expected at least one file.")
            : files.Select(file => Resolved(file, terminal, labelled));
    }

    private static string Resolved(string file, Terminal terminal, bool labelled) =>
        labelled && !File.Exists(terminal.Resolve(file)) && file.IndexOf('=', StringComparison.Ordinal) is > 0 and int at
            ? $"{file[..at]}={terminal.Resolve(file[(at + 1)..])}"
            : terminal.Resolve(file);

    /// <summary>The examples of <c>--data</c>, of which a part is held out, and of <c>--more</c>; both as
    /// <c>file[:times=x][:sure=p]</c>.</summary>
    public DataMix<T> Mix<T>(ParseResult parsed, Terminal terminal, Func<DataPart, IEnumerable<T>> read, Func<T, string> key,
        bool labelled = false)
    {
        return DataMix<T>.Of(Parts(_data), Parts(_more), read, key, HeldOutPart(parsed), SeedOf(parsed));

        DataPart[] Parts(Option<string[]> option) => [.. (parsed.GetValue(option) is { Length: > 0 } files ? files
            : option == _data ? throw new CommandException(ExitCode.Usage, "data: missing; got no --data; expected at least one file.")
                : [])
            .Select(DataPart.Parse).Select(part => part with { File = Resolved(part.File, terminal, labelled) })];
    }

    /// <summary>The part that is held out, 0–0.5.</summary>
    /// <exception cref="CommandException">It is out of range.</exception>
    public double HeldOutPart(ParseResult parsed) => parsed.GetValue(_held) is >= 0 and <= 0.5 and double part
        ? part
        : throw new CommandException(ExitCode.Usage,
            FormattableString.Invariant($"held-out: out of range; got {parsed.GetValue(_held)}; expected 0 to 0.5."));

    /// <summary>Parts examples into learned and judged ones.</summary>
    public (IReadOnlyList<T> Training, IReadOnlyList<T> Held) Split<T>(ParseResult parsed, IEnumerable<T> items, Func<T, string> key) =>
        HeldOut.Split(items, key, HeldOutPart(parsed), parsed.GetValue(_switches.Seed));

    /// <summary>Whether the model is that of <c>--from</c>, not a new one.</summary>
    public bool GoesOn(ParseResult parsed) => parsed.GetValue(_from) is not null;

    /// <summary>The model to train: that of <c>--from</c>, or a new one.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">Where paths start.</param>
    /// <param name="task">What it must be able to do.</param>
    /// <param name="create">Fills an empty folder with config and tokenizer, given sizes and the size of the vocabulary.</param>
    /// <exception cref="CommandException">The folder is taken, or the model does something else.</exception>
    /// <param name="labels">Of a classifier, whose body may be that of a model that fills masks.</param>
    public ITransformer Model(ParseResult parsed, Terminal terminal, ModelTask task, Action<string, ModelSizes, int> create,
        IReadOnlyList<string>? labels = null)
    {
        SetThreads(parsed);
        string folder = FreeFolder(parsed, terminal);
        bool goesOn = File.Exists(Path.Combine(folder, "training", "checkpoint.safetensors"));
        if (parsed.GetValue(_from) is { } from)
        {
            ITransformer old = ModelLoader.Load(terminal.Resolve(from));
            if (old.Info is { Task: ModelTask.MaskedLanguageModel, ModelType: "bert" } && s_heads.TryGetValue(task, out string? head)
                && Lora(parsed) is null)
            {
                return NewModel.OnBody(terminal.Resolve(from), old, folder, head, labels ?? [], SeedOf(parsed), parsed.GetValue(_init));
            }
            if (old.Info.Task != task)
            {
                throw new CommandException(ExitCode.Model,
                    $"train: a model for something else; got {old.Info.Architecture} in '{from}'; expected one for {task}.");
            }
            if (Lora(parsed) is { } options)
            {
                LoraModel adapted = LoraModel.Start(old, options, SeedOf(parsed));
                LoraAdapter.Describe(folder, adapted, options, from);
                return adapted;
            }
            NewModel.CopyWithoutWeights(terminal.Resolve(from), folder);
            return old;
        }
        if (parsed.GetValue(_rank) is not null)
        {
            throw new CommandException(ExitCode.Usage, "lora: nothing to adapt; got no --from; expected the folder of a trained model.");
        }
        ModelSizes sizes = new()
        {
            DModel = parsed.GetValue(_dModel), NLayers = parsed.GetValue(_layers), NHeads = parsed.GetValue(_heads),
            DMlp = parsed.GetValue(_dMlp), MaxPositions = parsed.GetValue(_positions),
        };
        if (!goesOn)
        {
            create(folder, sizes, parsed.GetValue(_vocab));
        }
        ITransformer model = NewModel.Start(folder, parsed.GetValue(_switches.Seed), parsed.GetValue(_init));
        if (sizes.DMlp == 0)
        {
            NewModel.RemoveFeedForward(model);
        }
        return model;
    }

    /// <summary>Trains, shows how it goes, and says what came of it.</summary>
    /// <exception cref="CommandException">Interrupted.</exception>
    public void Train(ParseResult parsed, Terminal terminal, ITransformer model, ITrainingTask task, CancellationToken cancellation,
        Action<ITransformer, string>? keep = null, string? teacher = null)
    {
        TrainingOptions options = _switches.Options(parsed);
        options = _fresh && parsed.GetValue(_dMlp) == 0 ? options with { Frozen = [.. options.Frozen, NewModel.FeedForward] } : options;
        string folder = Folder(parsed, terminal);
        keep = model is LoraModel ? LoraAdapter.Save : keep;
        string?[] origin = [_fresh && parsed.GetValue(_from) is { } from ? terminal.Resolve(from) : null, teacher];
        Trainer trainer = new(model, task, options, folder, keep, new Dictionary<string, string>
        {
            ["Data"] = Hash(Data(parsed, terminal), cancellation),
            ["Origin"] = Hash(origin.OfType<string>().SelectMany(CheckpointFolder.Files), cancellation),
        });
        TrainingRun.Of(trainer, Path.GetFileName(folder), terminal, cancellation);
    }

    /// <summary>Work on the folder of <c>--out</c> that no other process may write meanwhile; what killed ones left there is
    /// cleared.</summary>
    /// <exception cref="CommandException">Another process writes it, it cannot be written, or it is what is trained from.</exception>
    public Action<ParseResult, CancellationToken> Alone(Terminal terminal, Action<ParseResult, CancellationToken> work) =>
        (parsed, cancellation) =>
        {
            string folder = FreeFolder(parsed, terminal);
            if (_fresh && parsed.GetValue(_from) is { } from && terminal.Resolve(from).TrimEnd(Path.DirectorySeparatorChar) == folder)
            {
                throw new CommandException(ExitCode.Usage,
                    $"out: it is the folder of --from; got '{from}'; expected another. Training writes over the weights it begins with.");
            }
            using WriterLock own = Own(folder);
            AtomicFile.Clear(folder);
            AtomicFile.Clear(Path.Combine(folder, "training"));
            work(parsed, cancellation);
        };

    private static WriterLock Own(string folder)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder) ?? folder);
            return WriterLock.Take(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Output,
                $"out: cannot write '{folder}'; {e.Message.TrimEnd('.')}. Wait for it, or name another folder with --out.", e);
        }
    }

    private IEnumerable<string> Data(ParseResult parsed, Terminal terminal) =>
        (parsed.GetValue(_data) ?? []).Concat(_fresh ? parsed.GetValue(_more) ?? [] : [])
            .Select(DataPart.Parse).Select(part => Resolved(part.File, terminal, labelled: true))
            .Select(file => File.Exists(file) ? file : file[(file.IndexOf('=', StringComparison.Ordinal) + 1)..]);

    private static string Hash(IEnumerable<string> files, CancellationToken cancellation) => Convert.ToHexStringLower(SHA256.HashData(
        System.Text.Encoding.ASCII.GetBytes(string.Join('\n', files.Select(file => FileHash.OfUser.Of(file, cancellation))))))[..16];

    /// <summary>The model as it was kept, its adapter merged if it is one.</summary>
    public ITransformer Trained(ParseResult parsed, Terminal terminal) => parsed.GetValue(_from) is { } from && Lora(parsed) is not null
        ? LoraAdapter.Merge(LoraAdapter.Load(ModelLoader.Load(terminal.Resolve(from)), Folder(parsed, terminal)))
        : ModelLoader.Load(Folder(parsed, terminal));

    private LoraOptions? Lora(ParseResult parsed) => parsed.GetValue(_rank) is { } rank
        ? new() { Rank = rank, Alpha = parsed.GetValue(_alpha), Targets =
            parsed.GetValue(_targets)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [] }
        : null;

    /// <summary>The tokenizer of a model that was just loaded.</summary>
    /// <exception cref="CommandException">Its folder holds none.</exception>
    public static ITokenizer Tokenizer(ITransformer model) => model.Tokenizer
        ?? throw new CommandException(ExitCode.Model, "train: the model has no tokenizer; expected its files next to config.json.");

    /// <summary>Uses as many threads as the command line says.</summary>
    public void SetThreads(ParseResult parsed) => _source.SetThreads(parsed);

    /// <summary>The seed.</summary>
    public int SeedOf(ParseResult parsed) => parsed.GetValue(_switches.Seed);

    /// <summary>The folder of <c>--out</c>, which holds nothing or this training.</summary>
    /// <exception cref="CommandException">None is given, or it holds a model.</exception>
    public string FreeFolder(ParseResult parsed, Terminal terminal)
    {
        string folder = Folder(parsed, terminal);
        return Directory.Exists(Path.Combine(folder, "training"))
            || !(File.Exists(Path.Combine(folder, "model.safetensors")) || LoraAdapter.IsIn(folder))
            ? folder
            : throw new CommandException(ExitCode.Output,
                $"train: the folder holds a model already; got '{folder}'; expected an empty or new one. Name another with --out.");
    }

    /// <summary>The folder of <c>--out</c>.</summary>
    /// <exception cref="CommandException">None is given.</exception>
    public string Folder(ParseResult parsed, Terminal terminal) => parsed.GetValue(_out) is { } given
        ? terminal.Resolve(given).TrimEnd(Path.DirectorySeparatorChar)
        : throw new CommandException(ExitCode.Usage, "out: missing; got no --out; expected the folder for the model.");
}
