using System.Security.Cryptography;
using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>
/// A training as a folder holds it: what it reads, what it begins with, where it goes. The same job again goes on where it was interrupted.
/// </summary>
/// <remarks>
/// Data of its own kind go through <see cref="Read"/>, a model of its own through <see cref="Trainer"/>; <see cref="TaskOf"/> knows the
/// usual ones.
/// </remarks>
/// <example><code>
/// var job = new TrainingJob { Folder = "my-bert", Data = [new("sentences.txt")], Sizes = new() { NLayers = 2 } };
/// using IDisposable own = job.Own();
/// (ITransformer model, _) = job.Start(ModelTask.MaskedLanguageModel, words => NewModel.Bert(job.Folder, "BertForMaskedLM",
///     WordPieceTrainer.Train(job.Read(part => TextLines.Read(part.File), line => line).Training, words), job.Sizes, []));
/// TrainingResult done = job.Trainer(model, job.TaskOf(model)).Run();
/// </code></example>
public sealed partial record TrainingJob
{
    // What may stand on the body of a model that was trained to fill masks.
    private static readonly Dictionary<ModelTask, string> s_heads = new()
    {
        [ModelTask.SequenceClassification] = "BertForSequenceClassification",
        [ModelTask.QuestionAnswering] = "BertForQuestionAnswering",
        [ModelTask.TokenClassification] = "BertForTokenClassification",
    };

    /// <summary>Where model, checkpoint and log go: an empty folder, a new one, or one of this job.</summary>
    public required string Folder
    {
        get;
        init => field = Path.TrimEndingDirectorySeparator(value);
    }

    /// <summary>The files of which a part is judged; at least one.</summary>
    /// <exception cref="RequestException">There is none.</exception>
    public required IReadOnlyList<DataPart> Data
    {
        get;
        init => field = value.Count > 0 ? value
            : throw new RequestException(Fault.Request, "data: missing; got no file; expected at least one (--data).");
    }

    /// <summary>Files that are learned whole.</summary>
    public IReadOnlyList<DataPart> More { get; init; } = [];

    /// <summary>Part of the data that is judged, not learned, 0 to 0.5.</summary>
    /// <exception cref="RequestException">It is out of range.</exception>
    public double HeldOut
    {
        get;
        init => field = value is >= 0 and <= 0.5 ? value : throw new RequestException(Fault.Request,
            FormattableString.Invariant($"held-out: out of range; got {value}; expected 0 to 0.5."));
    } = 0.1;

    /// <summary>The folder of the model that it goes on from; null: a new one.</summary>
    public string? From { get; init; }

    /// <summary>The folder of the model that it learns from (<see cref="DistillationTask"/>); null: none.</summary>
    public string? Teacher { get; init; }

    /// <summary>An adapter that is learned instead of the weights of <see cref="From"/>; null: none.</summary>
    public LoraOptions? Adapter { get; init; }

    /// <summary>The sizes of a new model.</summary>
    public ModelSizes Sizes { get; init; } = new();

    /// <summary>Pieces of the vocabulary of a new model.</summary>
    public int Vocabulary { get; init; } = 2000;

    /// <summary>Standard deviation of the weights that begin as random ones.</summary>
    public double Deviation { get; init; } = InitialWeights.StandardDeviation;

    /// <summary>Epochs, batches, learning rate, seed.</summary>
    public TrainingOptions Options { get; init; } = new();

    /// <summary>Makes the folder this process's own until the result is disposed, and clears what killed processes left there.</summary>
    /// <exception cref="RequestException">It holds another model, another process writes it, it cannot be written, or it is that of
    /// <see cref="From"/>.</exception>
    public IDisposable Own()
    {
        CheckFolder();
        if (From is { } from && Path.TrimEndingDirectorySeparator(from) == Folder)
        {
            throw new RequestException(Fault.Request,
                $"out: it is the folder of --from; got '{from}'; expected another. Training writes over the weights it begins with.");
        }
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(Folder)) ?? Folder);
            WriterLock own = WriterLock.Take(Folder);
            AtomicFile.Clear(Folder);
            AtomicFile.Clear(Path.Combine(Folder, "training"));
            return own;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException(Fault.Output,
                $"out: cannot write '{Folder}'; {e.Message.TrimEnd('.')}. Wait for it, or name another folder with --out.", e);
        }
    }

    /// <summary>The examples of <see cref="Data"/>, of which a part is judged, and of <see cref="More"/>.</summary>
    /// <param name="read">What a file holds.</param>
    /// <param name="key">What must not be on both sides.</param>
    public DataMix<T> Read<T>(Func<DataPart, IEnumerable<T>> read, Func<T, string> key) =>
        DataMix<T>.Of(Data, More, read, key, HeldOut, Options.Seed);

    /// <summary>The model to train: that of <see cref="From"/>, with an adapter or another head where it needs one, or a new one.</summary>
    /// <param name="task">What it must be able to do.</param>
    /// <param name="create">Fills the <see cref="Folder"/> of a new model with config and tokenizer, given the size of the vocabulary;
    /// is not called where there is a model to go on from.</param>
    /// <param name="labels">Of a classifier, whose body may be that of a model that fills masks.</param>
    /// <returns>The model, and what should be known of the one that it goes on from.</returns>
    /// <exception cref="Tensors.VitrineException">The folder is taken, or the model does something else.</exception>
    public (ITransformer Model, IReadOnlyList<string> Notices) Start(ModelTask task, Action<int> create,
        IReadOnlyList<string>? labels = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        CheckFolder();
        if (From is { } from)
        {
            ITransformer old = ModelLoader.Load(from);
            return (WithTokenizer(GoOn(from, old, task, labels ?? [])), old.Notices);
        }
        if (Adapter is not null)
        {
            throw new RequestException(Fault.Request,
                "lora: nothing to adapt; got no --from; expected the folder of a trained model.");
        }
        if (!File.Exists(Path.Combine(Folder, "training", "checkpoint.safetensors")))
        {
            create(Vocabulary);
        }
        ITransformer model = NewModel.Start(Folder, Options.Seed, Deviation);
        if (Sizes.DMlp == 0)
        {
            NewModel.RemoveFeedForward(model);
        }
        return (WithTokenizer(model), []);
    }

    /// <summary>The training itself, in the folder.</summary>
    /// <param name="model">What <see cref="Start"/> gave, or another.</param>
    /// <param name="task">What it learns.</param>
    /// <param name="keep">Writes the best weights; null: an adapter's as PEFT does, others as float16.</param>
    /// <param name="cancellation">Stops hashing the data.</param>
    /// <exception cref="TrainingException">There is nothing to learn from, or the checkpoint in the folder is of other data or of another
    /// model.</exception>
    public Trainer Trainer(ITransformer model, ITrainingTask task, Action<ITransformer, string>? keep = null,
        CancellationToken cancellation = default)
    {
        TrainingOptions options = Sizes.DMlp == 0 ? Options with { Frozen = [.. Options.Frozen, NewModel.FeedForward] } : Options;
        return new(model, task, options, Folder, model is LoraModel ? LoraAdapter.Save : keep, new Dictionary<string, string>
        {
            ["Data"] = Hash(Data.Concat(More).Select(part => File.Exists(part.File) ? part.File
                : part.File[(part.File.IndexOf('=', StringComparison.Ordinal) + 1)..]), cancellation),
            ["Origin"] = Hash(((string?[])[From, Teacher]).OfType<string>().SelectMany(CheckpointFolder.Files), cancellation),
        });
    }

    /// <summary>For example <c>my-bert: a new model, learns from 2 files, 10 % held out</c>.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Path.GetFileName(Folder)}: {(From is null ? "a new model" : $"goes on from {Path.GetFileName(From)}")}, learns from ")
        + FormattableString.Invariant($"{Data.Count + More.Count} file{(Data.Count + More.Count == 1 ? "" : "s")}, ")
        + FormattableString.Invariant($"{100 * HeldOut:0.#} % held out");

    private ITransformer GoOn(string from, ITransformer old, ModelTask task, IReadOnlyList<string> labels)
    {
        if (old.Info is { Task: ModelTask.MaskedLanguageModel, ModelType: "bert" } && s_heads.TryGetValue(task, out string? head)
            && Adapter is null)
        {
            return NewModel.OnBody(from, old, Folder, head, labels, Options.Seed, Deviation);
        }
        if (old.Info.Task != task)
        {
            throw new RequestException(Fault.Model,
                $"train: a model for something else; got {old.Info.Architecture} in '{from}'; expected one for {task}.");
        }
        if (Adapter is { } adapter)
        {
            LoraModel adapted = LoraModel.Start(old, adapter, Options.Seed);
            LoraAdapter.Describe(Folder, adapted, adapter, from);
            return adapted;
        }
        NewModel.CopyWithoutWeights(from, Folder);
        return old;
    }

    private void CheckFolder()
    {
        if (!Directory.Exists(Path.Combine(Folder, "training"))
            && (File.Exists(Path.Combine(Folder, "model.safetensors")) || LoraAdapter.IsIn(Folder)))
        {
            throw new RequestException(Fault.Output,
                $"train: the folder holds a model already; got '{Folder}'; expected an empty or new one. Name another with --out.");
        }
    }

    private static ITransformer WithTokenizer(ITransformer model) => model.Tokenizer is not null ? model : throw new RequestException(
        Fault.Model, "train: the model has no tokenizer; expected its files next to config.json.");

    private static string Hash(IEnumerable<string> files, CancellationToken cancellation) => Convert.ToHexStringLower(SHA256.HashData(
        System.Text.Encoding.ASCII.GetBytes(string.Join('\n', files.Select(file => FileHash.OfUser.Of(file, cancellation))))))[..16];
}
