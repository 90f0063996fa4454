using Vitrine.Tensors;
using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>A loaded model, and everything that can be asked of it: which words made it decide, what it says, what it writes.</summary>
/// <remarks>
/// Calls from several threads wait for one another, so that an explainer may be shared; for parallel work load one per thread, which share
/// the mapped weights. A call runs on the thread that makes it, on the device that the model was loaded onto.
/// </remarks>
/// <example><code>
/// using var explainer = Explainer.Load("models/sentiment");
/// Console.WriteLine(explainer.Explain("a gorgeous, witty, seductive movie"));
/// </code></example>
public sealed partial class Explainer : IDisposable
{
    private readonly LoadedModel _loaded;
    private readonly LoadOptions _options;
    private readonly Turn _turn;

    private Explainer(LoadedModel loaded, LoadOptions options, Device device) =>
        (_loaded, _options, _turn) = (loaded, options, new(device));

    /// <summary>The model: its facts, weights, hook points; for Targets, tapes, caches and interventions of your own.</summary>
    public ITransformer Model => _loaded.Model;

    /// <summary>What the model was trained to say.</summary>
    public ModelTask Task => _loaded.Model.Info.Task;

    /// <summary>The name of the model's folder.</summary>
    public string Name => _loaded.Name;

    /// <summary>The model's folder; null for one made in memory.</summary>
    public string? Folder => _loaded.Folder;

    /// <summary>The tokenizer.</summary>
    /// <exception cref="RequestException">The model has none.</exception>
    public ITokenizer Tokenizer => _loaded.Tokenizer;

    /// <summary>Where it computes.</summary>
    public Device Device => _turn.Device;

    /// <summary>What should be known about how the checkpoint was read, one sentence each; empty for most.</summary>
    public IReadOnlyList<string> Notices => _loaded.Model.Notices;

    /// <summary>Loads a model.</summary>
    /// <param name="model">A folder with <c>config.json</c> and <c>model.safetensors</c>, the name of a shipped model
    /// (<c>sentiment</c>), or of one of a hub (<c>org/name</c>), which is fetched unless the cache has it.</param>
    /// <param name="options">How; null: as it is, on the device of the moment.</param>
    /// <exception cref="RequestException">There is none, it is damaged, or it is not supported.</exception>
    /// <exception cref="DeviceException">There is no such device, or it computes wrongly: that is looked for once per driver, in up to
    /// ten seconds.</exception>
    public static Explainer Load(string model, LoadOptions? options = null)
    {
        options ??= new();
        if (options.Deterministic)
        {
            CpuVectors.Fix();
        }
        Device device = options.Device is { } name ? Device.Parse(name) : Device.Current;
        CheckedDevices.Ensure(device);
        string folder = ModelFolder.Get(model, revision: options.Revision);
        try
        {
            options.Quantization.CheckOutliers(options.Outliers);
        }
        catch (ModelException e)
        {
            throw new RequestException(Fault.Request, e.Message, e);
        }
        using Device.Scope scope = Device.Use(device);
        try
        {
            LentHead? head = options.Adapter is { } lender ? LoraAdapter.HeadOf(lender) : null;
            ITransformer loaded = ModelLoader.Load(folder, head, options.Quantization, options.Outliers);
            loaded = options.Adapter is { } adapter ? LoraAdapter.Merge(LoraAdapter.Load(loaded, adapter)) : loaded;
            return new(new(loaded, ModelHub.NameOf(folder) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)), folder),
                options, device);
        }
        catch (Exception e) when (e is ModelException or WeightException or TokenizerException or TrainingException)
        {
            throw new RequestException(Fault.Model, e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException(Fault.Model, $"model: cannot read '{folder}'; {e.Message}", e);
        }
    }

    /// <summary>An explainer of a model that is in memory already, for example one that was just trained; it must be on the device of the
    /// moment.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">What results call it.</param>
    public static Explainer Of(ITransformer model, string name = "model")
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(new(model, name, null), new(), Device.Current);
    }

    /// <summary>For example <c>sentiment: BertForSequenceClassification, sequence classification, on cpu</c>.</summary>
    public override string ToString() => $"{Name}: {Model.Info.Architecture}, {LoadedModel.Named(Task)}, on {Device.Name}";

    /// <summary>Ends its use; weights are freed with the last result that refers to them.</summary>
    public void Dispose() => _turn.End();

    private Turn.Scope Enter() => _turn.Enter();
}
