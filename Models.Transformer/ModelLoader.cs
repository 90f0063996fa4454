using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>From a folder with <c>config.json</c> and <c>model.safetensors</c> to a model that runs.</summary>
public static class ModelLoader
{
    /// <summary>What families call a head of its own.</summary>
    private static readonly string[] s_heads = ["lm_head.weight", "embed_out.weight"];

    /// <summary>The values of <c>model_type</c> that can be loaded.</summary>
    public static IReadOnlyCollection<string> ModelTypes { get; } = [.. ModelFamilies.All.Select(family => family.ModelType)];

    /// <summary>Loads a model, and its tokenizer when the folder holds one. Float32 and 8-bit weights are mapped, not copied, and float16
    /// ones where half precision is asked for.</summary>
    /// <param name="folder">A folder as Hugging Face's <c>save_pretrained</c> writes it, or as <see cref="Int8Folder.Write"/> does.</param>
    /// <param name="quantization">Which weights to hold in fewer bits.</param>
    /// <param name="outliers">The threshold from which columns of the rounded linear layers stay in float32 (<see
    /// cref="OutlierColumns"/>); by default none does.</param>
    /// <exception cref="ModelException">Not a model folder, an unsupported <c>model_type</c>, class or setting, or a threshold without
    /// rounding.</exception>
    /// <exception cref="TokenizerException">A tokenizer that is there but malformed.</exception>
    /// <exception cref="WeightException">Weights that are missing, misshapen or not safetensors.</exception>
    public static ITransformer Load(string folder, Quantization quantization = Quantization.None,
        float outliers = float.PositiveInfinity) => Load(folder, null, quantization, outliers);

    /// <summary>The same with a head that an adapter brings, where the folder has none of its kind.</summary>
    internal static ITransformer Load(string folder, LentHead? lent, Quantization quantization = Quantization.None,
        float outliers = float.PositiveInfinity)
    {
        quantization.CheckOutliers(outliers);
        using WeightsFolder weights = Build(
            ref folder, path => WeightsFolder.Open(path, quantization, outliers), out Transformer model, lent);
        model.ReadTokenizer(folder);
        model.AddNotices(BeyondTheEmbeddings(model));
        return model;
    }

    /// <summary>Special tokens of the tokenizer that the embeddings have no row for.</summary>
    private static IEnumerable<string> BeyondTheEmbeddings(Transformer model)
    {
        foreach (int id in (model.Tokenizer?.Special.All ?? []).Where(id => id >= model.Info.VocabSize))
        {
            yield return $"The tokenizer's {model.Tokenizer!.Vocabulary.PieceOf(id)} has the id {id}, for which the model's "
                + $"{model.Info.VocabSize} embeddings have no row: it is not used.";
        }
    }

    /// <summary>Builds the model that a folder's <c>config.json</c> describes, with its tokenizer if there is one; every weight is zero,
    /// to be set before it is of use.</summary>
    /// <param name="folder">A folder with <c>config.json</c>; weights in it are not looked at.</param>
    /// <exception cref="ModelException">Not a model folder, an unsupported <c>model_type</c>, class or setting.</exception>
    /// <exception cref="TokenizerException">A tokenizer that is there but malformed.</exception>
    public static ITransformer Create(string folder)
    {
        using WeightsFolder weights = Build(ref folder, WeightsFolder.Unwritten, out Transformer model);
        model.ReadTokenizer(folder);
        return model;
    }

    /// <summary>A model of names, shapes and places without one value: for code that asks what a folder holds. It cannot run.</summary>
    /// <param name="folder">A model's folder.</param>
    /// <param name="model">The parameters.</param>
    /// <returns>The folder's files, still open.</returns>
    internal static WeightsFolder Plan(string folder, out Transformer model) =>
        Build(ref folder, path => WeightsFolder.Open(path, Quantization.None, namesOnly: true), out model);

    private static WeightsFolder Build(ref string folder, Func<string, WeightsFolder> open, out Transformer model, LentHead? lent = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        folder = CheckpointFolder.Resolve(folder, out string? place);
        ModelConfig config = ModelConfig.Read(folder);
        CheckQuantization(config);
        string outer = config.Text("model_type", "");
        ModelConfig? languagePart = LanguagePart.Of(config);
        config = languagePart ?? config;
        string type = config.Text("model_type", "");
        if (type != "" && ModelFamilies.Find(type) is null)
        {
            throw Unknown(config, type);
        }
        using Recorder.Pause pause = Recorder.Suspend(); // views of weights are no part of any computation
        WeightsFolder weights = open(folder);
        try
        {
            string? guess = null, reading = null;
            if (type == "")
            {
                type = FamilyGuess.Of(config, weights, out guess) ?? throw Unknown(config, type);
                config = config.OfFamily(type);
            }
            ModelFamily family = ModelFamilies.Find(type) ?? throw Unknown(config, type);
            if (!weights.IsUnwritten && Architectures.Decide(type, config.Architecture(""), weights.Names,
                out reading) is { } architecture)
            {
                config = config.As(architecture);
            }
            if (lent?.Complete(config, family, weights) is { } whole)
            {
                (config, reading) = (whole.Config, whole.Notice);
            }
            bool isTied = config.Flag("tie_word_embeddings", family.IsTied);
            string? ownHead = isTied && !weights.IsUnwritten ? OwnHead(weights) : null;
            config = ownHead is null ? config : config.WithOwnHead();
            CheckDepth(config, type, weights);
            GenerationOptions generation = GenerationConfig.Read(folder, config);
            model = family.Load(config, weights, generation);
            model.AddNotices([
                .. languagePart is null ? Array.Empty<string>() : [LanguagePart.Notice(outer, weights.Names)],
                .. new[] { place, guess, reading, ownHead }.OfType<string>(),
                .. weights.Notices,
                .. model is IGenerator ? GenerationConfig.Notices(generation, model.Info.VocabSize) : []]);
            return weights;
        }
        catch (Exception e)
        {
            weights.Dispose();
            if (e is ShapeException)
            {
                throw new ModelException($"config: sizes are larger than a tensor can be; {e.Message.Split("; ").ElementAtOrDefault(1)}; "
                    + $"expected the sizes of the weights. Check config.json. Folder: {folder}", e);
            }
            throw;
        }
    }

    private static ModelException Unknown(ModelConfig config, string type) => config.Wrong("model_type",
        type == "" ? "is missing, and neither 'architectures' nor the weights tell the family" : "is not supported", $"'{type}'",
        string.Join(", ", ModelTypes.Concat(LanguagePart.ModelTypes)));

    /// <summary>What to say of a head that is stored next to embeddings of other values; null where there is none.</summary>
    private static string? OwnHead(WeightsFolder weights)
    {
        string[] tables = ["wte.weight", "embed_tokens.weight", "word_embeddings.weight", "embed_in.weight"];
        string? head = s_heads.FirstOrDefault(weights.Contains);
        string? table = head is null ? null : weights.Names.FirstOrDefault(name => tables.Any(table => name == table
            || (name.EndsWith($".{table}", StringComparison.Ordinal) && !name.Contains("encoder", StringComparison.Ordinal))));
        return head is null || table is null || !weights.Entry(head).Shape.AsSpan().SequenceEqual(weights.Entry(table).Shape)
            || weights.SameBytes(head, table)
            ? null
            : $"config.json ties the head to the embeddings, but {head} is stored with values of its own: it is used, as transformers 5 "
                + "does.";
    }

    private const int MostShared = 1024; // ALBERT's layers share one set of weights

    /// <summary>Refuses more layers than the weights could have: sizes are believed only so far as something is there.</summary>
    private static void CheckDepth(ModelConfig config, string type, WeightsFolder weights)
    {
        string[] keys = ["num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers", "encoder_layers",
            "decoder_layers"];
        int most = type == "albert" ? Math.Max(MostShared, weights.Names.Count) : weights.Names.Count;
        foreach (string key in keys.Where(key => !weights.IsUnwritten && config.Has(key)))
        {
            if (config.Int(key, least: 0) > most)
            {
                throw config.Wrong(key, "is more than the weights hold",
                    $"{config.Int(key, least: 0)} layers for {weights.Names.Count} tensors", "no more layers than tensors");
            }
        }
    }

    private static void CheckQuantization(ModelConfig config)
    {
        if (config.Inner("quantization_config") is not { } quantization)
        {
            return;
        }
        string method = quantization.Text("quant_method", quantization.Flag("load_in_8bit", false) ? Int8Checkpoint.Method : "");
        if (method is not (Int8Checkpoint.Method or Int8Checkpoint.OwnMethod))
        {
            throw config.Wrong("quantization_config", "names a method that is not supported", $"'{method}'",
                $"{Int8Checkpoint.Method} with load_in_8bit, or {Int8Checkpoint.OwnMethod}");
        }
        quantization.Expect("load_in_4bit", "false");
        quantization.Expect("load_in_8bit", "true");
    }
}
