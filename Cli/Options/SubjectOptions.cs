using System.CommandLine;

namespace Vitrine.Cli;

/// <summary>What of a model's answer is explained.</summary>
internal sealed class SubjectOptions
{
    private readonly Option<string[]> _targets = Declare.Values("--target|-t", "name",
        "What to explain: a label's name or number, 'all', an answer of the context (its 'start', its 'end', the n-th by text#n), a word "
        + "for a mask, the number of a written token. Repeatable. Default: what the model says.");

    private readonly Option<string?> _forced = Declare.Value<string?>("--forced", "text",
        "Explain this continuation or translation instead of the model's own.");
    private readonly Option<string?> _forcedIds = Declare.Value<string?>("--forced-ids", "ids",
        "The same as token ids, for models without a tokenizer.");
    private readonly ScoreOptions _score = new();

    /// <summary>How the model writes.</summary>
    public WritingOptions Writing { get; } = new();

    /// <summary>All of them but how the model writes, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => (Symbol[])[_targets, .. _score.Symbols, _forced, _forcedIds];

    /// <summary>A request with what a command line says of the target.</summary>
    /// <exception cref="CommandException">A name is not known.</exception>
    public T Apply<T>(ParseResult parsed, T request)
        where T : ExplainRequest => Writing.Apply(parsed, _score.Apply(parsed, (T)(request with
        {
            Targets = parsed.GetValue(_targets) ?? [],
            Forced = parsed.GetValue(_forced) is { } forced ? TextSource.Argued(forced) : null,
            ForcedIds = parsed.GetValue(_forcedIds) is { } ids ? TokenIds.Parse(ids) : null,
        })));
}
