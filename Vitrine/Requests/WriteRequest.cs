namespace Vitrine;

/// <summary>How a model writes. What is null is as the checkpoint says.</summary>
public record WriteRequest : TextRequest
{
    /// <summary>How many tokens are written at most; null: as the checkpoint says, else 20.</summary>
    /// <exception cref="RequestException">It is less than 1.</exception>
    public int? MaxNewTokens
    {
        get;
        init => field = value is { } given ? RequestException.Positive(given, "max-new-tokens") : null;
    }

    /// <summary>Beams of the search; 1 is greedy. Null: as the checkpoint says, else 1.</summary>
    /// <exception cref="RequestException">It is less than 1.</exception>
    public int? Beams
    {
        get;
        init => field = value is { } given ? RequestException.Positive(given, "beams") : null;
    }

    /// <summary>A beam's score is Σ ln p / length^penalty.</summary>
    public double? LengthPenalty { get; init; }

    /// <summary>Whether tokens are drawn; else the best are taken, unless the checkpoint says to draw.</summary>
    public bool Sample { get; init; }

    /// <summary>Divides the logits before drawing.</summary>
    public double? Temperature { get; init; }

    /// <summary>Draw among so many of the best; 0: all.</summary>
    public int? TopK { get; init; }

    /// <summary>Draw among the fewest best that reach this probability.</summary>
    public double? TopP { get; init; }

    /// <summary>Seed of the draws.</summary>
    public int? DrawSeed { get; init; }

    /// <summary>The language of the text, for models of many: <c>en</c>, <c>en_XX</c>, <c>eng_Latn</c>; null: the tokenizer's.</summary>
    public string? From { get; init; }

    /// <summary>The language to write, for models of many languages; null: as the checkpoint says.</summary>
    public string? To { get; init; }

    /// <inheritdoc/>
    internal override IEnumerable<(string Name, string Value)> Settings() =>
    [
        .. base.Settings(), .. Setting(nameof(From), From), .. Setting(nameof(To), To),
        .. Setting(nameof(MaxNewTokens), MaxNewTokens), .. Setting(nameof(Beams), Beams), .. Setting(nameof(LengthPenalty), LengthPenalty),
        .. Setting(nameof(Sample), Sample ? true : null), .. Setting(nameof(Temperature), Temperature), .. Setting(nameof(TopK), TopK),
            .. Setting(nameof(TopP), TopP),
        .. Setting(nameof(DrawSeed), DrawSeed),
    ];
}
