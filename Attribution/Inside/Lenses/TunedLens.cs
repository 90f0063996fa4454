using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Tuned lens: a linear translator per state, h + h·Wᵀ + b, trained so that the model's last norm and head then say what the model says.
/// Belrose
/// et al. 2023.
/// </summary>
/// <remarks>
/// Translator l reads the state before block l; the last state has none. W and b are 0 at first: the plain logit lens. Folders are those of
/// the
/// Python package: <c>config.json</c>, <c>params.pt</c>; reading takes <c>params.safetensors</c> too.
/// </remarks>
public sealed class TunedLens
{
    private readonly Tensor[] _weights, _biases;

    /// <summary>Translators with the given values.</summary>
    /// <param name="weights">W of each state, <c>[d_model, d_model]</c>, a row per output.</param>
    /// <param name="biases">b of each state, <c>[d_model]</c>.</param>
    public TunedLens(IReadOnlyList<Tensor> weights, IReadOnlyList<Tensor> biases)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(biases);
        (_weights, _biases) = ([.. weights], [.. biases]);
    }

    /// <summary>Untrained translators: the logit lens.</summary>
    public static TunedLens Identity(int layers, int dModel) => new(
        [.. Enumerable.Range(0, layers).Select(_ => Tensor.Zeros([dModel, dModel]))],
            [.. Enumerable.Range(0, layers).Select(_ => Tensor.Zeros([dModel]))]);

    /// <summary>How many states have a translator.</summary>
    public int Layers => _weights.Length;

    /// <summary>Width of the states.</summary>
    public int DModel => _weights.Length == 0 ? 0 : _weights[0].Shape[0];

    /// <summary>W of a translator.</summary>
    public Tensor Weight(int layer) => _weights[layer];

    /// <summary>b of a translator.</summary>
    public Tensor Bias(int layer) => _biases[layer];

    /// <summary>h + h·Wᵀ + b, recorded by an open tape.</summary>
    /// <param name="layer">Which state.</param>
    /// <param name="state"><c>[…, d_model]</c></param>
    public Tensor Translate(int layer, Tensor state) => state.Shape[^1] == DModel
        ? state + state.MatMul(_weights[layer], _biases[layer], transposeB: true)
        : throw new VitrineException($"tuned lens: another width; got states of {state.Shape[^1]}; expected {DModel}.");

    /// <summary>Trains translators on texts, all in one pass: SGD with Nesterov momentum, KL(model ‖ lens) in nats per token.</summary>
    /// <param name="model">A language model; it is not changed.</param>
    /// <param name="texts">Token ids, one array per text; all of one length.</param>
    /// <param name="steps">How many batches.</param>
    /// <param name="batch">Texts per batch.</param>
    /// <param name="learningRate">Of SGD with momentum 0.9 and linear decay; the package's is 0.1 (1.0 · (1 − momentum)).</param>
    /// <param name="progress">Told step and mean loss.</param>
    /// <param name="cancellation">Stops between steps.</param>
    public static TunedLens Train(
        ITransformer model, IReadOnlyList<int[]> texts, int steps = 250, int batch = 8, float learningRate = 0.1f, Action<int,
            double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count == 0 || texts.Any(t => t.Length != texts[0].Length))
        {
            throw new VitrineException("tuned lens: texts of several lengths, or none; expected texts of equally many tokens.");
        }
        if (model.Info.Task == ModelTask.SequenceToSequence)
        {
            throw new VitrineException("tuned lens: the model has an encoder and a decoder; expected a language model that writes from "
                + "left to right, or one that reads whole texts. The logit lens reads its decoder.");
        }
        int layers = new LensStates(model, ModelInput.Of(texts[0]), mids: false).Names.Count - 1, d = model.Info.DModel;
        TunedLens lens = Identity(layers, d);
        var optimizer = new Sgd([.. lens._weights, .. lens._biases], momentum: 0.9f, weightDecay: 1e-3f);
        var schedule = new LearningRateSchedule(learningRate, 0, steps);
        for (int step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            int[] ids = [.. Enumerable.Range(0, batch).SelectMany(i => texts[((step * batch) + i) % texts.Count])];
            var states = new LensStates(model, new ModelInput { Ids = Tensor.From(ids, [batch, texts[0].Length]) }, mids: false);
            using var tape = new Tape();
            tape.Watch([.. lens._weights, .. lens._biases]);
            Tensor loss = lens.Losses(states).Mean();
            Tensor[] wrt = [.. lens._weights, .. lens._biases];
            Gradients gradients = tape.Gradient(loss.Scale(layers), wrt);
            tape.Dispose();
            float scale = GradientNorm.ClipFactor(GradientNorm.Global(gradients, wrt), 1);
            optimizer.Step(gradients, schedule.At(step), scale);
            progress?.Invoke(step + 1, loss.Item());
        }
        return lens;
    }

    /// <summary>KL(model ‖ lens) of every translator, mean over tokens, nats. <c>[layer]</c></summary>
    internal Tensor Losses(LensStates states)
    {
        Tensor final;
        using (Recorder.Suspend())
        {
            final = states.Logits(states.States[^1]).LogSoftmax();
        }
        return TensorOps.Concat(0,
            [.. Enumerable.Range(0, Layers)
            .Select(l => final.KlDiv(states.Logits(Translate(l, states.States[l])).LogSoftmax()).Mean().Reshape([1]))]);
    }

    /// <summary>Reads a folder of the Python package <c>tuned-lens</c>.</summary>
    /// <exception cref="VitrineException">A file is missing, or is not what the package writes.</exception>
    public static TunedLens Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string config = Path.Combine(folder, "config.json"), pickle = Path.Combine(folder, "params.pt"),
            safe = Path.Combine(folder, "params.safetensors");
        if (!File.Exists(config))
        {
            throw new VitrineException(
                $"tuned lens: no config.json; got the folder '{folder}'; expected what tuned-lens saves: config.json and params.pt.");
        }
        JsonField json = JsonField.Parse(config, File.ReadAllBytes(config));
        int layers = json["num_hidden_layers"].Whole(1, 1 << 16), d = json["d_model"].Whole(1, 1 << 24);
        string path = File.Exists(pickle) ? pickle : File.Exists(safe) ? safe : throw new VitrineException(
            $"tuned lens: no parameters; got the folder '{folder}'; expected params.pt or params.safetensors in it.");
        using WeightFile file = WeightFile.Open(path);
        Tensor Get(string name, params int[] shape)
        {
            long[]? found = file.Contains(name) ? file.Entry(name).Shape : null;
            return found is not null && found.SequenceEqual(shape.Select(axis => (long)axis))
                ? Tensor.From(file.ReadFloats(name), Shape.Create(shape))
                : throw new VitrineException($"tuned lens: '{name}' is missing or of another shape; got "
                    + $"{(found is null ? "none" : $"[{string.Join(", ", found)}]")}; expected [{string.Join(", ", shape)}].");
        }
        return new(
            [.. Enumerable.Range(0, layers).Select(l => Get(Name(l, "weight"), d, d))],
            [.. Enumerable.Range(0, layers).Select(l => file.Contains(Name(l, "bias")) ? Get(Name(l, "bias"), d) : Tensor.Zeros([d]))]);
    }

    /// <summary>Writes a folder that the Python package <c>tuned-lens</c> reads.</summary>
    /// <param name="folder">It is made when absent.</param>
    /// <param name="model">Name or path of the model, for <c>config.json</c>.</param>
    public void Save(string folder, string model)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Directory.CreateDirectory(folder);
        var tensors = new List<(string, int[], float[])>();
        for (int l = 0; l < Layers; l++)
        {
            tensors.Add((Name(l, "weight"), [DModel, DModel], _weights[l].ToArray()));
            tensors.Add((Name(l, "bias"), [DModel], _biases[l].ToArray()));
        }
        AtomicFile.Write(Path.Combine(folder, "params.pt"), stream => TorchArchive.Write(stream, tensors));
        var config = new JsonObject
        {
            ["base_model_name_or_path"] = model,
            ["d_model"] = DModel,
            ["num_hidden_layers"] = Layers,
            ["bias"] = true,
            ["base_model_revision"] = null,
            ["unembed_hash"] = null,
            ["lens_type"] = "linear_tuned_lens",
        };
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
    }

    private static string Name(int layer, string what) => string.Create(CultureInfo.InvariantCulture, $"{layer}.{what}");
}
