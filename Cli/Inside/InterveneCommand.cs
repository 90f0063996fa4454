using System.CommandLine;
using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary><c>vitrine intervene</c>: switches parts off, steers, and shows what changes.</summary>
internal static class InterveneCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource("models/shakespeare");
        var text = new TextSource();
        var output = new InsideOutput();
        var zero = new Option<string[]>("--zero") { Description =
            "Set an activation to 0: a hook name, one head or neuron after a colon: blocks.1.attn.hook_z:0. May be repeated.",
            HelpName = "hook" };
        var scale = new Option<string[]>("--scale") { Description = "Multiply an activation: hook=factor.", HelpName = "hook=f" };
        var skip = new Option<int[]>("--skip") { Description = "A block that adds nothing.", HelpName = "layer" };
        var knockout = new Option<string[]>("--knockout") { Description =
            "No attention from the last position to these: positions separated by commas.", HelpName = "list" };
        var steer = new Option<string?>("--steer") { Description = "Add a steering vector of this file.", HelpName = "path" };
        var strengths = new Option<string>("--strength") { Description =
            "With --steer: one strength, or several separated by commas, side by side.", HelpName = "list", DefaultValueFactory = _ =>
            "1" };
        var where = new Option<string>("--at") { Description = "With --steer: all, or last (while writing, every new token).",
            HelpName = "name", DefaultValueFactory = _ => "all" };
        var from = new Option<string?>("--from") { Description =
            "Make a steering vector from pairs (JSONL, CSV with the columns positive and negative) at --hook, and save it in --steer.",
            HelpName = "path" };
        var hook = new Option<string>("--hook") { Description = "With --from: where it is read and added.", HelpName = "hook",
            DefaultValueFactory = _ => "blocks.1.hook_resid_pre" };
        var tokens = new Option<int?>("--generate") { Description = "Continue the text by so many tokens under each variant.",
            HelpName = "n" };
        return new Verb("intervene", "Changes activations while a model reads or writes: zero, scale, skip, knock out, steer; shows predictions before and after.", """
            vitrine intervene --model models/induction --zero blocks.0.attn.hook_z:0 "keyfjordsagnbixkeyfjo"
            vitrine intervene "ROMEO: What light through yonder" --skip 1 --skip 2
            vitrine intervene --from moods.jsonl --hook blocks.2.hook_resid_pre --steer mood.safetensors
            vitrine intervene "KING: I am" --steer mood.safetensors --strength -2,2 --generate 20
            """)
            .With(text.Text).With(text.File).With(zero, scale, skip, knockout, steer, strengths, where, from, hook, tokens)
                .With(output.Symbols).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                output.Probe(parsed, terminal);
                using Explainer explainer = source.Load(parsed, terminal);
                if (parsed.GetValue(from) is { } pairs)
                {
                    MakeVector(parsed.GetValue(hook)!, pairs, parsed.GetValue(steer), terminal, explainer);
                    return;
                }
                Intervention[] fixedOnes =
                [
                    .. (parsed.GetValue(zero) ?? []).Select(z => Intervention.Zero(z.Split(':')[0], Unit(z))),
                    .. (parsed.GetValue(scale) ?? []).Select(Scaled),
                    .. (parsed.GetValue(skip) ?? []).Select(l => Intervention.SkipLayer(l)),
                    .. (parsed.GetValue(knockout) ?? [])
                        .Select(k =>
                        Intervention.Knockout(InsidePositions.Last, new(Only: [.. k.Split(',').Select(n => Whole(n, "--knockout"))]))),
                ];
                List<(string, IReadOnlyList<Intervention>)> variants = fixedOnes.Length > 0 ? [("changed", fixedOnes)] : [];
                if (parsed.GetValue(steer) is { } path)
                {
                    var vector = SteeringVector.Load(terminal.Resolve(path));
                    InsidePositions at = parsed.GetValue(where) switch { "all" => InsidePositions.All, "last" => InsidePositions.Last,
                        var w => throw new CommandException(ExitCode.Usage, $"--at: not known; got '{w}'; expected all or last.") };
                    variants.AddRange(parsed.GetValue(strengths)!.Split(',')
                        .Select(s => ($"steered {s.Trim()}", (IReadOnlyList<Intervention>)[.. fixedOnes, vector.Times(Number(s), at)])));
                }
                if (variants.Count == 0)
                {
                    throw new CommandException(ExitCode.Usage,
                        "intervene: nothing to change; expected --zero, --scale, --skip, --knockout or --steer.");
                }
                string given = text.Read(parsed, terminal);
                InsideResult result = explainer.Inside.Intervene(given, variants);
                output.Write(parsed, terminal, result);
                if (parsed.GetValue(tokens) is { } count)
                {
                    var write = new WriteRequest { MaxNewTokens = Verb.Positive(count, "--generate") };
                    terminal.Output.WriteLine();
                    terminal.Output.WriteLine($"before: {explainer.Generate(given, write, cancellation: cancellation)}");
                    foreach ((string name, IReadOnlyList<Intervention> changes) in variants)
                    {
                        using IDisposable scope = Intervention.OpenAll(explainer.Model, changes);
                        terminal.Output.WriteLine($"{name}: {explainer.Generate(given, write, cancellation: cancellation)}");
                    }
                }
            });
    }

    private static void MakeVector(string hook, string pairs, string? target, Terminal terminal, Explainer explainer)
    {
        string path = target ?? throw new CommandException(ExitCode.Usage, "intervene: nowhere to save; expected --steer with --from.");
        OutputFile.ProbeAll(terminal, path);
        using DataFile data = DataFile.Open(terminal.Resolve(pairs));
        (string, string)[] rows = [.. data.Rows.Select(r => (r["positive"] ?? throw Missing(r, "positive"), r["negative"]
            ?? throw Missing(r, "negative")))];
        SteeringVector vector = explainer.Inside.Steer(hook, rows);
        vector.Save(terminal.Resolve(path));
        terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"vector of length {vector.Length:0.000} at {hook} from {vector.Pairs} pairs, saved in {path}"));
    }

    private static CommandException Missing(DataRow row, string column) => new(
        ExitCode.Input,
            FormattableString.Invariant($"pairs: row {row.Number} has no '{column}'; expected the columns positive and negative."));

    private static int? Unit(string text) => text.Split(':') is [_, var unit] ? Whole(unit, "--zero") : null;

    private static Intervention Scaled(string text)
    {
        string[] parts = text.Split('=');
        return parts.Length == 2
            ? Intervention.Scale(parts[0].Split(':')[0], Number(parts[1]), Unit(parts[0]))
            : throw new CommandException(ExitCode.Usage,
                $"--scale: not understood; got '{text}'; expected hook=factor, e.g. blocks.0.hook_mlp_out=0.5.");
    }

    private static int Whole(string text, string option) =>
        int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int n)
        ? n : throw new CommandException(ExitCode.Usage, $"{option}: not a whole number; got '{text}'; expected one.");

    private static float Number(string text) => float.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out float f)
        ? f : throw new CommandException(ExitCode.Usage, $"intervene: not a number; got '{text}'; expected one, e.g. 1.5.");
}
