namespace Vitrine;

/// <summary>What a model is asked to say of a text.</summary>
public sealed record PredictRequest : TextRequest
{
    /// <summary>How many answers or words are listed; default 5.</summary>
    /// <exception cref="RequestException">It is less than 1.</exception>
    public int Top
    {
        get;
        init => field = RequestException.Positive(value, "top");
    } = 5;

    /// <inheritdoc/>
    internal override IEnumerable<(string Name, string Value)> Settings() =>
        [.. base.Settings(), .. Setting(nameof(Top), Top == 5 ? null : Top)];
}
