namespace Vitrine.Transformers;

/// <summary>
/// What tells a relative of BERT from BERT: how its checkpoints spell the tensors and its classes are called. Its sizes and habits are a
/// <see cref="Bert.Config"/>; the computation is BERT's, in <c>Bert.cs</c> and <c>BertHeads.cs</c>.
/// </summary>
internal sealed record BertFamily
{
    private const string Pretraining = "ForPreTraining", Headless = "Model";

    /// <summary>The heads by the end of their class's name.</summary>
    private static readonly (string Class, ModelTask Task)[] s_heads =
    [
        ("ForMaskedLM", ModelTask.MaskedLanguageModel),
        ("ForQuestionAnswering", ModelTask.QuestionAnswering),
        ("ForSequenceClassification", ModelTask.SequenceClassification),
        ("ForTokenClassification", ModelTask.TokenClassification),
        ("ForMultipleChoice", ModelTask.MultipleChoice),
    ];

    /// <summary>The value of <c>model_type</c>.</summary>
    public required string ModelType { get; init; }

    /// <summary>How the names of its classes begin: <c>Bert</c> of <c>BertForMaskedLM</c>.</summary>
    public required string Class { get; init; }

    /// <summary>Canonical paths to checkpoint names.</summary>
    public required IReadOnlyDictionary<string, string> Names { get; init; }

    /// <summary>Names that differ in a classifier of texts.</summary>
    public IReadOnlyDictionary<string, string> TextNames { get; init; } = new Dictionary<string, string>();

    /// <summary>Names that differ in multiple choice.</summary>
    public IReadOnlyDictionary<string, string> ChoiceNames { get; init; } = new Dictionary<string, string>();

    /// <summary>Older spellings, copies and buffers of its checkpoints.</summary>
    public required CheckpointStyle Style { get; init; }

    /// <summary>The head of its <c>ForPreTraining</c>, where that is no masked language model.</summary>
    public Func<Bert.Config, ModelInfo, ModelBuilder, Bert>? Discriminator { get; init; }

    /// <summary>Which stored layer a block reads; null: its own.</summary>
    public Func<int, string>? StoredLayer { get; init; }

    /// <summary>Builds the model with the head that the config names.</summary>
    public Transformer Load(ModelConfig json, WeightsFolder folder, Bert.Config config)
    {
        bool tied = json.Flag("tie_word_embeddings", true);
        CheckpointStyle style = tied ? Style : Style with { Tied = [.. Style.Tied.Skip(1)] }; // the bias keeps its two names
        var weights = new WeightLoader(folder, style);
        string head = Head(json, weights);
        ModelTask task = head == Pretraining && Discriminator is null
            ? ModelTask.MaskedLanguageModel
            : s_heads.FirstOrDefault(known => known.Class == head).Task;
        CheckSizes(json, config);
        ModelInfo info = new()
        {
            ModelType = ModelType,
            Architecture = Class + head,
            Task = task,
            DModel = config.DModel,
            EmbeddingWidth = config.EmbeddingWidth,
            NLayers = config.NLayers,
            NHeads = config.NHeads,
            VocabSize = config.Vocab,
            MaxPositions = config.Positions - config.FirstPosition,
            PadId = config.PadId,
            BosId = json.OptionalInt("bos_token_id"),
            EosIds = json.Ints("eos_token_id"),
            Labels = task is ModelTask.SequenceClassification or ModelTask.TokenClassification ? json.Labels() : [],
            IsMultiLabel = task == ModelTask.SequenceClassification && json.IsMultiLabel,
            IsNumber = task == ModelTask.SequenceClassification && json.IsNumber,
            PoolsFirst = true,
        };
        var builder = new ModelBuilder(weights, NamesOf(task), StoredLayer);
        Bert model = task switch
        {
            ModelTask.MaskedLanguageModel => new BertMaskedLm(config, info, builder, tied),
            ModelTask.TokenClassification or ModelTask.QuestionAnswering => new BertTokenHead(config, info, builder),
            ModelTask.SequenceClassification or ModelTask.MultipleChoice => new BertClassifier(config, info, builder),
            _ => head == Pretraining && Discriminator is not null ? Discriminator(config, info, builder) : new Bert(config, info, builder),
        };
        model.Complete(weights);
        return model;
    }

    /// <summary>The end of the class's name.</summary>
    private string Head(ModelConfig json, WeightLoader weights)
    {
        string named = json.Architecture("");
        string end = named.StartsWith(Class, StringComparison.Ordinal) ? named[Class.Length..] : named.Length == 0 ? "" : "?";
        if (end == Pretraining || s_heads.Any(head => head.Class == end))
        {
            return end;
        }
        return end switch
        {
            "LMHeadModel" => s_heads[0].Class,
            "" => weights.IsUnwritten ? s_heads[0].Class : Headless, // a head that is there has been found by the loader
            Headless => Headless,
            _ => throw json.UnsupportedArchitecture([.. s_heads.Select(head => Class + head.Class), Class + Pretraining, Class + Headless]),
        };
    }

    private IReadOnlyDictionary<string, string> NamesOf(ModelTask task)
    {
        IReadOnlyDictionary<string, string> others = task switch
        {
            ModelTask.SequenceClassification => TextNames,
            ModelTask.MultipleChoice => ChoiceNames,
            _ => new Dictionary<string, string>(),
        };
        return others.Count == 0 ? Names : Names.Where(pair => !others.ContainsKey(pair.Key)).Concat(others).ToDictionary();
    }

    private static void CheckSizes(ModelConfig json, Bert.Config config)
    {
        json.Divides("num_attention_heads", config.NHeads, "hidden_size", config.DModel);
        if (config.PadId >= config.Vocab)
        {
            string got = $"{config.PadId} of {config.Vocab} words";
            throw json.Wrong("pad_token_id", "is outside the vocabulary", got, $"at most {config.Vocab - 1}");
        }
        if (config.Positions <= config.FirstPosition)
        {
            string got = $"{config.Positions}";
            throw json.Wrong("max_position_embeddings", "leaves no position for a token", got, $"more than {config.FirstPosition}");
        }
    }
}
