using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>How a sparse autoencoder computes: <c>cfg.json</c> of SAELens 6.</summary>
public sealed record SaeConfig
{
    /// <summary>Width of what it reads.</summary>
    public required int DIn { get; init; }

    /// <summary>Number of features.</summary>
    public required int DSae { get; init; }

    /// <summary>Refuses the number of a feature that there is none of.</summary>
    /// <exception cref="VitrineException">It is below 0, or not below <see cref="DSae"/>.</exception>
    internal void ExpectFeature(int feature)
    {
        if (feature < 0 || feature >= DSae)
        {
            throw new VitrineException(FormattableString.Invariant(
                $"feature: there is none of that number; got {feature}; expected 0 to {DSae - 1}."));
        }
    }

    /// <summary>
    /// <c>standard</c>, <c>gated</c>, <c>jumprelu</c>, <c>topk</c>, or a transcoder: <c>transcoder</c>, <c>jumprelu_transcoder</c>,
    /// <c>skip_transcoder</c>.
    /// </summary>
    public required string Architecture { get; init; }

    /// <summary>Whether b_dec is subtracted from the input.</summary>
    public bool ApplyBDecToInput { get; init; } = true;

    /// <summary><c>none</c>, <c>expected_average_only_in</c>, <c>constant_norm_rescale</c> or <c>layer_norm</c>.</summary>
    public string Normalization { get; init; } = "none";

    /// <summary>Whether heads are laid side by side: <c>hook_z</c>.</summary>
    public bool ReshapesHeads { get; init; }

    /// <summary>Features that stay, of <c>topk</c>.</summary>
    public int K { get; init; }

    /// <summary>Whether activations are multiplied with the decoder's norms before the choice, and divided again, of <c>topk</c>.</summary>
    public bool RescalesByDecoderNorm { get; init; }

    /// <summary>Width of what it writes; of a transcoder it may differ.</summary>
    public int DOut { get => field == 0 ? DIn : field; init; }

    /// <summary>The hook it was trained on; null when the file names none.</summary>
    public string? Hook { get; init; }

    /// <summary>The hook whose value a transcoder writes; null for autoencoders.</summary>
    public string? HookOut { get; init; }

    /// <summary>The model it was trained on, in words.</summary>
    public string? Model { get; init; }

    /// <summary>Whether it reads one place and writes another.</summary>
    public bool IsTranscoder => Architecture.EndsWith("transcoder", StringComparison.Ordinal);

    private static readonly string[] s_architectures = ["standard", "gated", "jumprelu", "topk", "transcoder", "skip_transcoder",
        "jumprelu_transcoder"];

    private const int Widest = 1 << 24; // far beyond any width; weights say the rest

    /// <summary>Reads <c>cfg.json</c>, of SAELens 6 or before.</summary>
    /// <exception cref="VitrineException">It is not JSON, or names what is not known.</exception>
    public static SaeConfig Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new VitrineException(
                $"sae: no cfg.json; got '{path}'; expected a folder of SAELens with cfg.json and sae_weights.safetensors.");
        }
        JsonField json = JsonField.Parse(path, File.ReadAllBytes(path));
        JsonField? meta = json.Optional("metadata");
        bool isOld = meta is null;
        string? activation = Text(json, "activation_fn") ?? Text(json, "activation_fn_str");
        int dSae = json["d_sae"].Whole(1, Widest);
        int k = (json.Optional("k") ?? json.Optional("activation_fn_kwargs")?.Optional("k"))?.Whole(0, dSae) ?? 0;
        string architecture = Text(json, "architecture") ?? "standard";
        if (isOld && activation == "topk")
        {
            architecture = "topk"; // before version 6 topk was an activation of the standard architecture
        }
        if (!s_architectures.Contains(architecture))
        {
            throw new VitrineException(
                $"{path}: architecture not known; got '{architecture}'; expected one of {string.Join(", ", s_architectures)}.");
        }
        if (isOld && activation is not (null or "relu" or "topk"))
        {
            throw new VitrineException(
                $"{path}: an older file with the activation '{activation}'; expected relu or topk. Save it again with SAELens 6.");
        }
        if (architecture == "topk" && k < 1)
        {
            throw new VitrineException($"{path}: topk without k; got {k}; expected at least 1.");
        }
        string? hook = Text(meta, "hook_name") ?? Text(json, "hook_name") ?? Text(json, "hook_point");
        string normalization = Text(json, "normalize_activations") ?? "none";
        if (normalization is not ("none" or "expected_average_only_in" or "constant_norm_rescale" or "layer_norm"))
        {
            throw new VitrineException(
                $"{path}: normalize_activations not known; got '{normalization}'; expected none, expected_average_only_in, "
                    + $"constant_norm_rescale or layer_norm.");
        }
        return new()
        {
            DIn = json["d_in"].Whole(1, Widest),
            DSae = dSae,
            DOut = json.Optional("d_out")?.Whole(0, Widest) ?? 0,
            Architecture = architecture,
            ApplyBDecToInput = json.Optional("apply_b_dec_to_input")?.Flag() ?? true,
            Normalization = normalization,
            ReshapesHeads = Text(json, "reshape_activations") == "hook_z"
                || (isOld && hook?.EndsWith("hook_z", StringComparison.Ordinal) is true),
            K = k,
            RescalesByDecoderNorm = json.Optional("rescale_acts_by_decoder_norm")?.Flag() ?? false,
            Hook = hook,
            HookOut = Text(meta, "hook_name_out"),
            Model = Text(meta, "model_name") ?? Text(json, "model_name"),
        };
    }

    /// <summary>The file as SAELens 6 reads it.</summary>
    internal string ToJson()
    {
        var json = new JsonObject
        {
            ["d_in"] = DIn,
            ["d_sae"] = DSae,
            ["dtype"] = "float32",
            ["device"] = "cpu",
            ["apply_b_dec_to_input"] = ApplyBDecToInput,
            ["normalize_activations"] = Normalization,
            ["reshape_activations"] = ReshapesHeads ? "hook_z" : "none",
            ["architecture"] = Architecture,
            ["metadata"] = new JsonObject
            {
                ["sae_lens_version"] = "6.18.0",
                ["model_name"] = Model,
                ["hook_name"] = Hook,
                ["prepend_bos"] = false
            },
        };
        if (Architecture == "topk")
        {
            json["k"] = K;
            json["rescale_acts_by_decoder_norm"] = RescalesByDecoderNorm;
        }
        return json.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    // Other versions write objects or null where this one reads a name.
    private static string? Text(JsonField? of, string name) =>
        of?.Optional(name) is { Value.ValueKind: JsonValueKind.String } text ? text.Text() : null;

    /// <summary>Architecture, widths and hook.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Architecture} {DIn} → {DSae}{(Hook is null ? "" : $" at {Hook}")}");
}
