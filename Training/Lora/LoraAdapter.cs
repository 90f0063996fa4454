using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>LoRA adapters in the files of Hugging Face's PEFT: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</summary>
public static class LoraAdapter
{
    /// <summary>What PEFT puts before every module's name.</summary>
    internal const string Prefix = CheckpointStyle.Adapted;

    private const int LongestPattern = 1000;

    private const string Config = "adapter_config.json", Weights = "adapter_model.safetensors";

    private static readonly string[]
        s_refused =
        [
            "use_dora", "use_qalora", "use_bdlora", "layer_replication", "lora_bias", "alora_invocation_tokens", "arrow_config",
            "target_parameters", "trainable_token_indices",
        ],
        // values of init_lora_weights that leave the base model as it is; pissa, olora, loftq, corda do not
        s_starts = ["gaussian", "eva", "orthogonal"];

    /// <summary>Whether a folder holds an adapter.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, Config));

    /// <summary>Writes the config of an adapter.</summary>
    /// <param name="folder">Made when it is absent.</param>
    /// <param name="model">The model with its adapter.</param>
    /// <param name="options">As it was made.</param>
    /// <param name="name">The base model's folder or name, for the program that loads it.</param>
    public static void Describe(string folder, LoraModel model, LoraOptions options, string name)
    {
        Directory.CreateDirectory(folder);
        string? task = model.Info.Task switch
        {
            ModelTask.SequenceClassification => "SEQ_CLS",
            ModelTask.CausalLanguageModel => "CAUSAL_LM",
            ModelTask.SequenceToSequence => "SEQ_2_SEQ_LM",
            ModelTask.TokenClassification => "TOKEN_CLS",
            ModelTask.QuestionAnswering => "QUESTION_ANS",
            ModelTask.None => "FEATURE_EXTRACTION",
            _ => null,
        };
        IReadOnlyList<string> targets = options.Targets.Count > 0 ? options.Targets : LoraOptions.Usual(model.Info.ModelType);
        NewModel.Write(folder, Config, new()
        {
            ["peft_type"] = "LORA",
            ["task_type"] = task,
            ["base_model_name_or_path"] = name,
            ["r"] = options.Rank,
            ["lora_alpha"] = options.ScaledAlpha,
            ["lora_dropout"] = 0.0,
            ["target_modules"] = new JsonArray([.. targets.Select(target => (JsonNode?)target)]),
            ["modules_to_save"] = LoraModel.Heads(model) is { Count: > 0 } heads
            ? new JsonArray([.. heads.Select(head => (JsonNode?)head)]) : null,
            ["bias"] = "none",
            ["fan_in_fan_out"] = model.Info.ModelType == "gpt2", // its layers are stored as [d_in, d_out]
            ["init_lora_weights"] = true,
            ["inference_mode"] = true,
        });
    }

    /// <summary>Writes the matrices of an adapter and the head it holds whole, in float32.</summary>
    public static void Save(ITransformer model, string folder) => SafetensorsWriter.Save(Path.Combine(folder, Weights),
        model.Parameters.Select(p => new WeightData(p.Place.Tensor, p.Place.Transposed ? p.Value.Transpose() : p.Value)),
        new Dictionary<string, string> { ["format"] = "pt" });

    /// <summary>The base model that an adapter names, as its config spells it; null when it names none.</summary>
    public static string? BaseOf(string folder) => Read(folder).Optional("base_model_name_or_path")?.Text();

    /// <summary>
    /// Loads an adapter, ours or PEFT's, over its base model. Modules it holds whole (<c>modules_to_save</c>) replace the base model's.
    /// </summary>
    /// <param name="model">The base model.</param>
    /// <param name="folder">The adapter's folder.</param>
    /// <exception cref="TrainingException">It is no LoRA adapter, asks for something that is not supported, or does not fit the
    /// model.</exception>
    public static LoraModel Load(ITransformer model, string folder)
    {
        JsonField config = Read(folder);
        string type = config.Optional("peft_type")?.Text() ?? "none";
        string? refused = s_refused.FirstOrDefault(name =>
                config.Optional(name) is { } field && field.Value.GetRawText() is not ("false" or "{}" or "[]"))
            ?? (config.Optional("init_lora_weights") is { Value.ValueKind: JsonValueKind.String } start && !s_starts.Contains(start.Text())
                ? $"init_lora_weights {start.Text()}, which changes the base model" : null);
        if (type != "LORA" || refused is not null || (config.Optional("bias")?.Text() ?? "none") != "none")
        {
            throw new TrainingException($"lora: an adapter that is not supported; "
                + $"got {(type != "LORA" ? $"peft_type {type}" : refused ?? "bias")}; expected plain LoRA without biases. "
                + $"File: {Path.Combine(folder, Config)}");
        }
        if (ClassOf(config) is { } needed && !model.Info.Architecture.EndsWith(needed, StringComparison.Ordinal))
        {
            throw new TrainingException($"lora: the adapter needs a head that neither it nor the base holds; "
                + $"got {model.Info.Architecture} and task_type {config["task_type"].Text()}; expected a class that ends in {needed}. "
                + $"Save the adapter with its head (modules_to_save), or give the model it was trained on. "
                + $"File: {Path.Combine(folder, Config)}");
        }
        bool stable = config.Optional("use_rslora")?.Flag() ?? false;
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, Weights));
        HashSet<string> left = [.. file.Names];
        LoraModel adapted = LoraModel.Over(model, module => file.Contains(Name(module, "lora_A")),
            module => Alpha(module) / (stable ? Math.Sqrt(Rank(module)) : Rank(module)),
            (module, dIn, dOut) => (Take(Name(module, "lora_A"), [Rank(module), dIn]), Take(Name(module, "lora_B"), [dOut, Rank(module)])))
            ?? throw new TrainingException($"lora: the adapter changes nothing of this model; "
                + $"got {file.Names.FirstOrDefault()}; expected names like {Name(LoraModel.Modules(model).First().Key, "lora_A")}. "
                + $"File: {file.FilePath}");
        foreach (IGrouping<string, Parameter> whole in model.Parameters.GroupBy(p => $"{Prefix}{Stored(model, p)}")
            .Where(group => left.Contains(group.Key)))
        {
            foreach (Parameter part in whole)
            {
                int outputs = part.Place.Part?.Total ?? part.Shape[^1];
                Tensor stored = Take(whole.Key, part.Place.Transposed
                    ? [outputs, part.Shape[0]] : part.Shape.With(part.Shape.Rank - 1, outputs));
                stored = part.Place.Part?.Of(stored, part.Place.OutputAxis(part.Shape), part.Shape[^1]) ?? stored;
                part.Value = part.Place.Transposed ? stored.Transpose() : stored;
            }
        }
        return left.Count == 0 ? adapted : throw new TrainingException($"lora: the adapter does not fit the model; "
            + $"got {left.Order(StringComparer.Ordinal).First()} and {left.Count - 1} more; expected names of its layers. "
            + $"File: {file.FilePath}");

        int Rank(string module) => Setting(module, "r", "rank_pattern").Whole(1, 1 << 20);

        double Alpha(string module) => Setting(module, "lora_alpha", "alpha_pattern").Number();

        JsonField Setting(string module, string name, string pattern) =>
            config.Optional(pattern) is { } patterns && Matching(patterns, module) is { } own ? own : config[name];

        Tensor Take(string name, Shape shape)
        {
            if (!file.Contains(name) || !file.Entry(name).Shape.SequenceEqual(shape.Axes.ToArray().Select(axis => (long)axis)))
            {
                throw new TrainingException($"lora: the adapter does not fit the model; "
                    + $"got {name} {(file.Contains(name) ? file.Entry(name) : "missing")}; expected {shape}. File: {file.FilePath}");
            }
            left.Remove(name);
            return Tensor.From(file.ReadFloats(name), shape);
        }
    }

    /// <summary>
    /// The head that an adapter holds whole, for a base that has none; null where it holds none, or its task has no head.
    /// </summary>
    /// <exception cref="TrainingException">It cannot be read.</exception>
    internal static LentHead? HeadOf(string folder)
    {
        string? made = ClassOf(Read(folder));
        using SafetensorsFile? file = made is null ? null : SafetensorsFile.Open(Path.Combine(folder, Weights));
        return file is not null && file.Names.Any(LentHead.IsWhole) ? new(made!, file.FilePath) : null;
    }

    private static string? ClassOf(JsonField config) => config.Optional("task_type")?.Text() switch
    {
        "SEQ_CLS" => "ForSequenceClassification",
        "TOKEN_CLS" => "ForTokenClassification",
        "QUESTION_ANS" => "ForQuestionAnswering",
        _ => null,
    };

    /// <summary>Adds the adapter to its base model's weights for good.</summary>
    /// <returns>The base model.</returns>
    public static ITransformer Merge(LoraModel adapted)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        foreach ((Parameter parameter, Tensor value) in adapted.Changed().ToArray())
        {
            parameter.Value = value;
        }
        return adapted.Base;
    }

    private static string Stored(ITransformer model, Parameter parameter)
    {
        string tensor = parameter.Place.Tensor, module = LoraModel.Module(model, tensor);
        return tensor.EndsWith(".weight", StringComparison.Ordinal) ? module + ".weight" : module;
    }

    private static string Name(string module, string matrix) => $"{Prefix}{module}.{matrix}.weight";

    /// <summary>
    /// The value of the first key of a pattern, an expression, that matches the end of a module's name; null when none does.
    /// </summary>
    private static JsonField? Matching(JsonField patterns, string module)
    {
        foreach ((string key, JsonField value) in patterns.Members())
        {
            try
            {
                if (key.Length > LongestPattern)
                {
                    throw value.Bad("has a key that is too long", $"expressions of up to {LongestPattern} characters");
                }
                if (Regex.IsMatch(module, $@"^(.*\.)?({key})$", RegexOptions.NonBacktracking))
                {
                    return value;
                }
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                throw new TrainingException($"lora: a pattern that is no expression; "
                    + $"got {e.Message.TrimEnd('.')}; expected regular expressions of modules' names in {Config}.", e);
            }
        }
        return null;
    }

    private static JsonField Read(string folder)
    {
        string path = Path.Combine(folder, Config);
        try
        {
            JsonField root = JsonField.Parse($"lora: {path}", File.ReadAllBytes(path), message => new TrainingException(message));
            return root.Value.ValueKind == JsonValueKind.Object ? root : throw root.Bad("is no object", "an adapter's settings");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"lora: cannot read the adapter; "
                + $"got {e.Message.TrimEnd('.')}; expected a folder with {Config} and {Weights}. File: {path}", e);
        }
    }
}
