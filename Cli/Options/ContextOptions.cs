using System.CommandLine;

namespace Vitrine.Cli;

/// <summary>What of a text that a model writes depends on a context before its input.</summary>
internal sealed class ContextOptions
{
    private readonly Option<string> _template = Declare.Value<string>("--context-template", "text",
        "How context and text make the input of a model that writes, e.g. "
        + "\"{context}\\n\\n{current}\".", new ExplainRequest().ContextTemplate);

    private readonly Option<string?> _said = Declare.Value<string?>("--output-context", "text",
        "Context on the written side: what was said before the text that is looked at.");
    private readonly Option<string> _score = Declare.Value<string>("--context-score", "name",
        "What compares every written token with and without the context: kl_divergence, pcxmi, …", new ExplainRequest().ContextScore);

    private readonly Option<double> _threshold = Declare.Value<double>("--context-threshold", "k",
        "Tokens count from mean + so many standard deviations on, written ones and those of the context.", 1);

    /// <summary>All options, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _template, _said, _score, _threshold };

    /// <summary>A request with what a command line says of contexts.</summary>
    public ExplainRequest Apply(ParseResult parsed, ExplainRequest request) => request with
    {
        ContextTemplate = parsed.GetValue(_template) ?? request.ContextTemplate,
        OutputContext = parsed.GetValue(_said) is { } said ? TextSource.Argued(said) : null,
        ContextScore = parsed.GetValue(_score) ?? request.ContextScore,
        ContextThreshold = parsed.GetValue(_threshold),
    };
}
