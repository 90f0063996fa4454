using System.CommandLine;

namespace Vitrine.Cli;

/// <summary>How a model writes.</summary>
internal sealed class WritingOptions
{
    private readonly Option<int?> _maxNewTokens =
        new("--max-new-tokens") { Description = "How many tokens to write at most. Default: as the checkpoint says, else 20.", HelpName =
            "n" };
    private readonly Option<int?> _beams = new("--beams") { Description =
        "Beams of the search; 1 is greedy. Default: as the checkpoint says, else 1.", HelpName = "n" };
    private readonly Option<double?> _lengthPenalty =
        new("--length-penalty") { Description = "Beam score = Σ ln p / length^penalty.", HelpName = "x" };
    private readonly Option<bool> _sample = new("--sample") { Description = "Draw tokens instead of taking the best." };
    private readonly Option<double?> _temperature =
        new("--temperature") { Description = "Divides the logits before drawing.", HelpName = "x" };
    private readonly Option<int?> _topK = new("--top-k") { Description = "Draw among the k best; 0 means all.", HelpName = "k" };
    private readonly Option<double?> _topP =
        new("--top-p") { Description = "Draw among the fewest best that reach this probability.", HelpName = "p" };
    private readonly Option<int?> _seed = new("--draw-seed") { Description = "Seed of the draws.", HelpName = "n" };

    private readonly Option<string?> _from = new("--from")
    {
        Description = "The language of the text, for models of many (mBART, M2M-100, NLLB): en_XX, en, eng_Latn. Default: the tokenizer's.",
        HelpName = "code",
    };

    private readonly Option<string?> _to = new("--to")
    {
        Description = "The language to write, for models of many languages, Marian's too. Default: as the checkpoint says.",
        HelpName = "code",
    };

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[]
    {
        _maxNewTokens, _beams, _lengthPenalty, _sample, _temperature, _topK, _topP, _seed, _from, _to,
    };

    /// <summary>All but the languages, for a command whose own <c>--from</c> means something else.</summary>
    public ReadOnlySpan<Symbol> WithoutLanguages => new Symbol[]
    {
        _maxNewTokens, _beams, _lengthPenalty, _sample, _temperature, _topK, _topP, _seed,
    };

    /// <summary>A request with what a command line says of writing.</summary>
    /// <exception cref="RequestException">A number is out of range.</exception>
    public T Apply<T>(ParseResult parsed, T request)
        where T : WriteRequest => (T)(request with
        {
            MaxNewTokens = parsed.GetValue(_maxNewTokens),
            Beams = parsed.GetValue(_beams),
            LengthPenalty = parsed.GetValue(_lengthPenalty),
            Sample = parsed.GetValue(_sample),
            Temperature = parsed.GetValue(_temperature),
            TopK = parsed.GetValue(_topK),
            TopP = parsed.GetValue(_topP),
            DrawSeed = parsed.GetValue(_seed),
            From = parsed.GetValue(_from),
            To = parsed.GetValue(_to),
        });
}
