using System.CommandLine;

namespace Vitrine.Cli;

/// <summary>How a model writes.</summary>
internal sealed class WritingOptions
{
    private readonly Option<int?> _maxNewTokens = Declare.Value<int?>("--max-new-tokens", "n",
        "How many tokens to write at most. Default: as the checkpoint says, else 20.");
    private readonly Option<int?> _beams = Declare.Value<int?>("--beams", "n",
        "Beams of the search; 1 is greedy. Default: as the checkpoint says, else 1.");
    private readonly Option<double?> _lengthPenalty = Declare.Value<double?>("--length-penalty", "x",
        "Beam score = Σ ln p / length^penalty.");
    private readonly Option<bool> _sample = Declare.Flag("--sample", "Draw tokens instead of taking the best.");
    private readonly Option<double?> _temperature = Declare.Value<double?>("--temperature", "x", "Divides the logits before drawing.");
    private readonly Option<int?> _topK = Declare.Value<int?>("--top-k", "k", "Draw among the k best; 0 means all.");
    private readonly Option<double?> _topP = Declare.Value<double?>("--top-p", "p",
        "Draw among the fewest best that reach this probability.");
    private readonly Option<int?> _seed = Declare.Value<int?>("--draw-seed", "n", "Seed of the draws.");

    private readonly Option<string?> _from = Declare.Value<string?>("--from", "code",
        "The language of the text, for models of many (mBART, M2M-100, NLLB): en_XX, en, eng_Latn. Default: the tokenizer's.");

    private readonly Option<string?> _to = Declare.Value<string?>("--to", "code",
        "The language to write, for models of many languages, Marian's too. Default: as the checkpoint says.");

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
