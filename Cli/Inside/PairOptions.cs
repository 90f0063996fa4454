using System.CommandLine;
using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary>Where a command's pairs of prompts come from: the command line, a data file, a template, a generator.</summary>
internal sealed class PairOptions
{
    private readonly Option<string?> _clean = new("--clean")
    {
        Description = "The clean prompt: the text before the answer.",
        HelpName = "text"
    };
    private readonly Option<string?> _corrupted = new("--corrupted")
    {
        Description =
        "The same with what matters changed, of as many tokens.",
        HelpName = "text"
    };
    private readonly Option<string?> _correct = new("--correct")
    {
        Description =
        "The clean prompt's answer: one token as it is spelt (a leading space counts), or a label.",
        HelpName = "token"
    };
    private readonly Option<string?> _wrong = new("--wrong")
    {
        Description =
        "The answer it is compared with. Default: none, ln p of the correct one is measured.",
        HelpName = "token"
    };
    private readonly Option<string?> _pairs = new("--pairs")
    {
        Description =
        "JSONL, CSV or TSV with the columns clean, corrupted, correct, wrong.",
        HelpName = "path"
    };
    private readonly Option<string?> _template = new("--template")
    {
        Description =
        "A clean prompt with slots in braces, filled with --names; --corrupted, --correct and --wrong take the same slots.",
        HelpName = "text"
    };
    private readonly Option<string?> _names = new("--names")
    {
        Description = "What fills the slots of a template, separated by commas.",
        HelpName = "list"
    };
    private readonly Option<string?> _generate = new("--generate")
    {
        Description =
        $"Pairs of a task: {string.Join(", ", PromptTemplates.Generators.Keys)}.",
        HelpName = "task"
    };
    private readonly Option<int> _count = new("--count")
    {
        Description = "How many pairs are made from a template or task.",
        HelpName = "n",
        DefaultValueFactory = _ => 4
    };
    private readonly Option<int> _seed = new("--seed")
    {
        Description = "Equal seeds give equal pairs and intervals.",
        HelpName = "n",
        DefaultValueFactory = _ => 1
    };
    private readonly Option<string> _metric = new("--metric")
    {
        Description =
        "logit_diff, logit, log_prob, prob, or kl (from the clean run's distribution).",
        HelpName = "name",
        DefaultValueFactory = _ => ""
    };
    private readonly Option<bool> _align = new("--align")
    {
        Description =
        "Fill the text with fewer tokens up where both differ, with the model's mask, padding or end token."
    };
    private readonly Option<string?> _target = new("--target")
    {
        Description =
        "Of an encoder–decoder: what stands before the answer in the target.",
        HelpName = "text"
    };

    /// <summary>All of them.</summary>
    public ReadOnlySpan<Symbol> Symbols =>
        new Symbol[] { _clean, _corrupted, _correct, _wrong, _pairs, _template, _names, _generate, _count, _seed, _metric,
            _align, _target };

    /// <summary>The seed.</summary>
    public int Seed(ParseResult parsed) => parsed.GetValue(_seed);

    /// <summary>The pairs of a command line; with nothing given, those of the induction task.</summary>
    public IReadOnlyList<PromptPair> Read(ParseResult parsed, Terminal terminal, Explainer explainer)
    {
        IReadOnlyList<PromptPair> pairs = Given(parsed, terminal, explainer);
        return parsed.GetValue(_metric) == "kl" ? [.. pairs.Select(p => p.ByDivergence(explainer.Model))] : pairs;
    }

    private IReadOnlyList<PromptPair> Given(ParseResult parsed, Terminal terminal, Explainer explainer)
    {
        (string? clean, string? pairs, string? template, string? task) = (parsed.GetValue(_clean), parsed.GetValue(_pairs),
            parsed.GetValue(_template), parsed.GetValue(_generate));
        if (new[] { clean, pairs, template, task }.Count(x => x is not null) > 1)
        {
            throw new CommandException(ExitCode.Usage,
                "pairs: several sources; expected one of --clean, --pairs, --template and --generate.");
        }
        Func<int, int?, InsideMetric>? metric = Metric(parsed.GetValue(_metric) ?? "");
        bool align = parsed.GetValue(_align);
        int count = Verb.Positive(parsed.GetValue(_count), "--count");
        if (pairs is not null)
        {
            using DataFile data = DataFile.Open(terminal.Resolve(pairs));
            return explainer.Inside.Pairs(data, metric, align);
        }
        if (template is not null)
        {
            string[] names = parsed.GetValue(_names)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                ?? [.. PromptTemplates.Names];
            return PromptTemplates.Fill(explainer.Model, template, Need(parsed, _corrupted), Need(parsed, _correct), Need(parsed, _wrong),
                names, count, Seed(parsed), metric, align);
        }
        if (clean is null && task is null && explainer.Task != ModelTask.CausalLanguageModel)
        {
            throw new CommandException(ExitCode.Usage, "pairs: none given; expected --clean and --corrupted, --pairs or --template. Only "
                + "models that write from left to right have a task that stands for them, induction.");
        }
        return clean is not null
            ? [PromptPair.Of(explainer.Model, clean, Need(parsed, _corrupted), Need(parsed, _correct), parsed.GetValue(_wrong), metric,
                parsed.GetValue(_target), align)]
            : PromptTemplates.Generate(explainer.Model, task ?? "induction", count, Seed(parsed), metric, align);
    }

    private static string Need(ParseResult parsed, Option<string?> option) => parsed.GetValue(option)
        ?? throw new CommandException(ExitCode.Usage,
            $"pairs: {option.Name} is missing; a pair has a clean and a corrupted prompt and a correct answer.");

    private static Func<int, int?, InsideMetric>? Metric(string name) => name switch
    {
        "" or "kl" => null,
        "logit_diff" => (a, w) =>
            InsideMetric.LogitDifference(a, w
            ?? throw new CommandException(ExitCode.Usage, "metric: logit_diff needs two answers; expected --wrong.")),
        "logit" => (a, _) => InsideMetric.Logit(a),
        "log_prob" => (a, _) => InsideMetric.LogProbability(a),
        "prob" => (a, _) => InsideMetric.Probability(a),
        _ => throw new CommandException(ExitCode.Usage,
            $"metric: not known; got '{name}'; expected logit_diff, logit, log_prob, prob or kl."),
    };
}
