using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// A sparse autoencoder: an activation as a sum of few of many learned directions, f·W_dec + b_dec. Cunningham et al. 2023; Bricken et al.
/// 2023; gated:
/// Rajamanoharan et al. 2024; TopK: Gao et al. 2024. Folders are those of SAELens 6.
/// </summary>
/// <remarks>
/// Encoders, with x′ = normalised x (− b_dec): standard relu(x′W + b); jumprelu relu(p) where p
/// > threshold; topk the k largest, then relu; gated (x′W + b_gate > 0)
/// ∘ relu(x′(W∘e^r) + b_mag). What is not reconstructed is the error term: output = reconstruction + error.
/// </remarks>
public sealed class SparseAutoencoder
{
    private readonly IReadOnlyDictionary<string, Tensor> _weights;

    /// <summary>An autoencoder with the given weights, under SAELens' names.</summary>
    /// <param name="config">How it computes.</param>
    /// <param name="weights"><c>W_enc</c> <c>[d_in, d_sae]</c>, <c>W_dec</c> <c>[d_sae, d_out]</c>, <c>b_dec</c>, and what the architecture
    /// needs.</param>
    /// <exception cref="VitrineException">A weight is missing or of another shape.</exception>
    public SparseAutoencoder(SaeConfig config, IReadOnlyDictionary<string, Tensor> weights)
    {
        ArgumentNullException.ThrowIfNull(config);
        (Config, _weights) = (config, weights);
        Expect("W_enc", config.DIn, config.DSae);
        Expect("W_dec", config.DSae, config.DOut);
        Expect("b_dec", config.DOut);
        foreach (string bias in config.Architecture == "gated" ? ["b_gate", "r_mag", "b_mag"]
            : config.Architecture.StartsWith("jumprelu", StringComparison.Ordinal) ? ["b_enc", "threshold"] : new[] { "b_enc" })
        {
            Expect(bias, config.DSae);
        }
        if (config.Architecture == "skip_transcoder")
        {
            Expect("W_skip", config.DOut, config.DIn);
        }
    }

    /// <summary>How it computes.</summary>
    public SaeConfig Config { get; }

    /// <summary>A weight by SAELens' name.</summary>
    public Tensor this[string name] => _weights[name];

    /// <summary>Reads a folder of SAELens.</summary>
    /// <exception cref="VitrineException">A file is missing, or is not what SAELens writes.</exception>
    public static SparseAutoencoder Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var config = SaeConfig.Read(Path.Combine(folder, "cfg.json"));
        string path = Path.Combine(folder, "sae_weights.safetensors");
        if (!File.Exists(path))
        {
            throw new VitrineException($"sae: no sae_weights.safetensors; got the folder '{folder}'; expected it next to cfg.json.");
        }
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return new(config,
            file.Names.ToDictionary(n => n, n =>
            Tensor.From(file.ReadFloats(n), Shape.Create(Array.ConvertAll(file.Entry(n).Shape, a => (int)a)))));
    }

    /// <summary>Writes a folder that SAELens 6 reads.</summary>
    /// <param name="folder">It is made when absent.</param>
    /// <param name="type">Element type of the weights.</param>
    public void Save(string folder, WeightType type = WeightType.F32)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Save(Path.Combine(folder, "sae_weights.safetensors"), _weights.Select(w => new WeightData(w.Key, w.Value, type)),
            new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.WriteText(Path.Combine(folder, "cfg.json"), Config.ToJson() + "\n");
    }

    /// <summary>Feature activations, recorded by an open tape.</summary>
    /// <param name="x"><c>[…, d_in]</c>, or <c>[…, head, d_head]</c> where heads are laid side by side.</param>
    /// <returns><c>[…, d_sae]</c></returns>
    /// <exception cref="VitrineException">The width is another.</exception>
    public Tensor Encode(Tensor x) => Encode(Flat(x), out _);

    /// <summary>What features add up to, in the scale of x.</summary>
    /// <param name="features"><c>[…, d_sae]</c></param>
    /// <param name="x">The input, whose scale is given back.</param>
    /// <returns>The shape of <paramref name="x"/> (a transcoder: its own width).</returns>
    public Tensor Decode(Tensor features, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(features);
        Tensor flat = Flat(x);
        Tensor scaled = Config.RescalesByDecoderNorm ? features / DecoderNorms() : features;
        Tensor y = scaled.MatMul(_weights["W_dec"], _weights["b_dec"]);
        y = Config.Architecture == "skip_transcoder" ? y + flat.MatMul(_weights["W_skip"], transposeB: true) : y;
        if (!Config.IsTranscoder)
        {
            y = Config.Normalization switch
            {
                "constant_norm_rescale" => y / Coefficient(flat),
                "layer_norm" => (y * Deviation(flat)) + flat.Mean([-1], keepAxes: true), // without the 1e-5: not an exact inverse
                _ => y,
            };
        }
        return Config.IsTranscoder && Config.DOut != Config.DIn ? y : y.Reshape(x.Shape);
    }

    /// <summary>Features, reconstruction and what is left, of constants.</summary>
    /// <param name="x">Activations of the hook.</param>
    public (Tensor Features, Tensor Reconstruction, Tensor Error) Run(Tensor x)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        Tensor features = Encode(x), reconstruction = Decode(features, x);
        return (features, reconstruction, reconstruction.Shape == x.Shape ? x - reconstruction : reconstruction.Scale(0));
    }

    private Tensor Encode(Tensor flat, out Tensor preActivation)
    {
        Tensor x = Config.Normalization switch
        {
            "constant_norm_rescale" => flat * Coefficient(flat),
            "layer_norm" => (flat - flat.Mean([-1], keepAxes: true)) / Deviation(flat).Scale(1, 1e-5f),
            _ => flat,
        };
        x = Config.ApplyBDecToInput && !Config.IsTranscoder ? x - _weights["b_dec"] : x;
        if (Config.Architecture == "gated")
        {
            preActivation = x.MatMul(_weights["W_enc"], _weights["b_gate"]);
            Tensor magnitude = x.MatMul(_weights["W_enc"] * _weights["r_mag"].Exp(), _weights["b_mag"]).Relu();
            return magnitude * Above(preActivation, null);
        }
        preActivation = x.MatMul(_weights["W_enc"], _weights["b_enc"]);
        switch (Config.Architecture)
        {
            case "topk":
                {
                    Tensor p = Config.RescalesByDecoderNorm ? preActivation * DecoderNorms() : preActivation;
                    return p.Relu() * Largest(p);
                }
            case "jumprelu" or "jumprelu_transcoder":
                return preActivation.Relu() * Above(preActivation, _weights["threshold"]);
            default:
                return preActivation.Relu();
        }
    }

    // 1 where p lies above the threshold (null: 0): a constant.
    private static Tensor Above(Tensor p, Tensor? threshold)
    {
        float[] values = p.ToArray();
        float[]? least = threshold?.ToArray();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = values[i] > (least is null ? 0 : least[i % least.Length]) ? 1 : 0;
        }
        return Tensor.From(values, p.Shape, p.Device);
    }

    // 1 at the k largest of every row: a constant.
    private Tensor Largest(Tensor p)
    {
        float[] values = p.ToArray(), mask = new float[values.Length];
        int n = Config.DSae;
        for (int row = 0; row < values.Length / n; row++)
        {
            int[] order = [.. Enumerable.Range(0, n)];
            Array.Sort(values.AsSpan(row * n, n).ToArray(), order);
            for (int i = Math.Max(0, n - Config.K); i < n; i++)
            {
                mask[(row * n) + order[i]] = 1;
            }
        }
        return Tensor.From(mask, p.Shape, p.Device);
    }

    private Tensor DecoderNorms() => (_weights["W_dec"] * _weights["W_dec"]).Sum([1]).Sqrt();

    // √d / |x|
    private Tensor Coefficient(Tensor x) => (x * x).Sum([-1], keepAxes: true).Sqrt().Pow(-1).Scale(MathF.Sqrt(Config.DIn));

    // Standard deviation with n − 1, as SAELens has it.
    private Tensor Deviation(Tensor x)
    {
        Tensor centred = x - x.Mean([-1], keepAxes: true);
        return (centred * centred).Sum([-1], keepAxes: true).Scale(1f / (Config.DIn - 1)).Sqrt();
    }

    private Tensor Flat(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (Config.ReshapesHeads && x.Shape.Rank >= 2 && x.Shape[^1] != Config.DIn)
        {
            Shape joined = Shape.Create([.. x.Shape.Axes[..^2], x.Shape[^1] * x.Shape[^2]]);
            x = x.Reshape(joined);
        }
        return x.Shape[^1] == Config.DIn
            ? x
            : throw new VitrineException(
                $"sae: another width; got activations of {x.Shape[^1]}; expected {Config.DIn}{(Config.Hook is null ? "" : $", those of "
                    + $"{Config.Hook}")}.");
    }

    private void Expect(string name, params int[] shape)
    {
        if (!_weights.TryGetValue(name, out Tensor? found) || !found.Shape.Axes.SequenceEqual(shape))
        {
            throw new VitrineException(
                $"sae: '{name}' is missing or of another shape; got {found?.Shape.ToString() ?? "none"}; "
                + $"expected [{string.Join(", ", shape)}] for {Config}.");
        }
    }
}
