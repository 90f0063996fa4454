using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>Options of <c>vitrine intervene</c> that make a steering vector or train a subspace from pairs, and save it.</summary>
internal sealed class VectorOptions
{
    private readonly Option<string?> _from = new("--from")
    {
        Description =
        "Make a steering vector from pairs (JSONL, CSV with the columns positive and negative), or with --rank train a subspace "
            + "(columns clean, corrupted, correct), and save it in --save.",
        HelpName = "path"
    };
    private readonly Option<string> _hook = new("--hook")
    {
        Description = "With --from: the stream that is read and changed.",
        HelpName = "hook",
        DefaultValueFactory = _ => "blocks.1.hook_resid_pre"
    };
    private readonly Option<int?> _rank = new("--rank") { Description = "With --from: dimensions of the subspace.", HelpName = "n" };
    private readonly Option<int> _position = new("--position")
    {
        Description = "With --rank: the position that is swapped.",
        HelpName = "n",
        DefaultValueFactory = _ => -1
    };
    private readonly Option<int> _steps = new("--steps")
    {
        Description = "With --rank: steps of the training.",
        HelpName = "n",
        DefaultValueFactory = _ => 100
    };
    private readonly Option<string?> _save = new("--save")
    {
        Description = "With --from: the safetensors file to write.",
        HelpName = "path"
    };

    /// <summary>All of them.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _from, _hook, _rank, _position, _steps, _save };

    /// <summary>Finds out before long work whether the file can be written.</summary>
    public void Probe(ParseResult parsed, Terminal terminal) => OutputFile.ProbeAll(terminal, parsed.GetValue(_save));

    /// <summary>Makes and saves what is asked for, and says how well it came out; null when nothing is.</summary>
    public InsideResult? Make(ParseResult parsed, Terminal terminal, Explainer explainer, CancellationToken cancellation)
    {
        if (parsed.GetValue(_from) is not { } from)
        {
            return null;
        }
        string path = parsed.GetValue(_save)
            ?? throw new CommandException(ExitCode.Usage, "intervene: nowhere to save; expected --save with --from.");
        string hook = parsed.GetValue(_hook)!, saved = terminal.Resolve(path);
        using DataFile data = DataFile.Open(terminal.Resolve(from));
        using ProgressLine progress = ProgressLine.Start("intervene", terminal);
        InsideResult result;
        if (parsed.GetValue(_rank) is { } rank)
        {
            IReadOnlyList<PromptPair> pairs = explainer.Inside.Pairs(data);
            int steps = Verb.Positive(parsed.GetValue(_steps), "--steps");
            List<double> losses = [];
            void Told(int step, double loss)
            {
                losses.Add(loss);
                ((IProgress<double>)progress).Report((double)step / steps);
            }
            AlignedSubspace subspace = explainer.Inside.Align(pairs, hook, parsed.GetValue(_position), rank, steps, progress: Told,
                cancellation: cancellation);
            subspace.Save(saved);
            result = subspace.Training(losses) with { Model = explainer.Name };
        }
        else
        {
            (string, string)[] rows = [.. data.Rows.Select(r => (r["positive"] ?? throw Missing(r, "positive"), r["negative"]
                ?? throw Missing(r, "negative")))];
            SteeringVector vector = explainer.Inside.Steer(hook, rows, cancellation);
            vector.Save(saved);
            result = explainer.Inside.Separation(vector, rows, cancellation);
        }
        return result with { Parameters = new Dictionary<string, string>(result.Parameters) { ["saved"] = path } };
    }

    private static CommandException Missing(DataRow row, string column) => new(ExitCode.Input,
        FormattableString.Invariant($"pairs: row {row.Number} has no '{column}'; expected the columns positive and negative."));
}
