using System.CommandLine;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary>How a model writes, by a command line, and what it wrote.</summary>
internal sealed class Written
{
    private readonly Option<int?> _maxNewTokens = new("--max-new-tokens") { Description = "How many tokens to write at most. Default: as the checkpoint says, else 20.", HelpName = "n" };
    private readonly Option<int?> _beams = new("--beams") { Description = "Beams of the search; 1 is greedy. Default: as the checkpoint says, else 1.", HelpName = "n" };
    private readonly Option<double?> _lengthPenalty = new("--length-penalty") { Description = "Beam score = Σ ln p / length^penalty.", HelpName = "x" };
    private readonly Option<bool> _sample = new("--sample") { Description = "Draw tokens instead of taking the best." };
    private readonly Option<double?> _temperature = new("--temperature") { Description = "Divides the logits before drawing.", HelpName = "x" };
    private readonly Option<int?> _topK = new("--top-k") { Description = "Draw among the k best; 0 means all.", HelpName = "k" };
    private readonly Option<double?> _topP = new("--top-p") { Description = "Draw among the fewest best that reach this probability.", HelpName = "p" };
    private readonly Option<int?> _seed = new("--draw-seed") { Description = "Seed of the draws.", HelpName = "n" };

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _maxNewTokens, _beams, _lengthPenalty, _sample, _temperature, _topK, _topP, _seed };

    /// <summary>The checkpoint's wishes, with those of the command line over them.</summary>
    /// <exception cref="CommandException">The model does not write, or a number is out of range.</exception>
    public GenerationOptions Options(ParseResult parsed, IGenerator model)
    {
        GenerationOptions standard = model.GenerationDefaults;
        return standard with
        {
            MaxNewTokens = PredictCommand.Positive(parsed.GetValue(_maxNewTokens) ?? standard.MaxNewTokens, "max-new-tokens"),
            NumBeams = PredictCommand.Positive(parsed.GetValue(_beams) ?? standard.NumBeams, "beams"),
            LengthPenalty = parsed.GetValue(_lengthPenalty) ?? standard.LengthPenalty,
            Sample = parsed.GetValue(_sample) || standard.Sample,
            Temperature = parsed.GetValue(_temperature) ?? standard.Temperature,
            TopK = parsed.GetValue(_topK) ?? standard.TopK,
            TopP = parsed.GetValue(_topP) ?? standard.TopP,
            Seed = parsed.GetValue(_seed) ?? standard.Seed,
            NumReturnSequences = 1,
        };
    }

    /// <summary>Lets the model write.</summary>
    /// <exception cref="CommandException">Its numbers are not finite.</exception>
    public static GeneratedSequence By(LoadedModel loaded, ExplainedText given, GenerationOptions options, Terminal terminal, CancellationToken cancellation)
    {
        ModelInput input = ModelInput.Of(given.Ids);
        using var progress = ProgressLine.Start("writing", terminal);
        GeneratedSequence written = Generator(loaded).Generate(input, options, new Counter(progress, options.MaxNewTokens), cancellation).Sequences[0];
        _ = Choices.Finite(loaded, Tensor.From([.. written.LogProbabilities, 0], [written.LogProbabilities.Count + 1]));
        return written;
    }

    /// <summary>The model, as one that writes.</summary>
    /// <exception cref="CommandException">It does not.</exception>
    public static IGenerator Generator(LoadedModel loaded) => loaded.Model as IGenerator ?? throw new CommandException(
        ExitCode.Usage, $"model: it writes no text; got {loaded.Model.Info.Architecture}; expected GPT-2, Llama or Marian. Try 'vitrine predict'.");

    /// <summary>The tokenizer of what the model writes: Marian's target side, else the model's own; null when there is none.</summary>
    public static ITokenizer? Tokenizer(ITransformer model) => model.Tokenizer is MarianTokenizer marian ? marian.Target : model.Tokenizer;

    private sealed class Counter(ProgressLine line, int total) : IProgress<int>
    {
        public void Report(int value) => line.Report(new(value, total));
    }
}
