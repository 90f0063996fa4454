using System.CommandLine;
using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary><c>vitrine intervene</c>: switches parts off, replaces and steers them, and shows what changes.</summary>
internal static class InterveneCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource("models/shakespeare");
        var text = new TextSource();
        var output = new InsideOutput();
        (ChangeKind Kind, Option<string[]> Option)[] changes =
        [
            (ChangeKind.Zero, Many("--zero", "hook", "Set an activation to 0: a hook, one head or neuron after a colon, positions after an "
                + "@ (all, last, 3,5, 4..): blocks.1.attn.hook_z:0@last. May be repeated, as all changes.", "--ablate")),
            (ChangeKind.Scale, Many("--scale", "hook=f", "Multiply an activation.")),
            (ChangeKind.Mean, Many("--mean", "hook", "Put its mean over the texts of --reference in its place.")),
            (ChangeKind.Resample, Many("--resample", "hook", "Put its value in a text drawn from --reference in its place.")),
            (ChangeKind.Swap, Many("--swap", "hook", "Put its value in --source, a text of as many tokens, in its place.")),
            (ChangeKind.Add, Many("--steer", "[hook=]file", "Add a steering vector, at its own hook or another; --strength times.",
                "--add")),
            (ChangeKind.Without, Many("--without", "[hook=]file", "Remove what is said along a steering vector, at every state of the "
                + "stream or one hook.")),
            (ChangeKind.Subspace, Many("--subspace", "[hook=]file", "Take the part in a trained subspace from --source.")),
            (ChangeKind.Skip, Many("--skip", "layer", "A block that adds nothing: 1, or decoder.1.")),
            (ChangeKind.Knockout, Many("--knockout", "keys", "No attention from the last position to these: 2,3; from others: 5>2,3; in "
                + "some blocks: 5>2,3:0,1.")),
        ];
        var reference = new Option<string?>("--reference")
        {
            Description =
            "Texts for --mean and --resample: JSONL, CSV (column text) or a text a line.",
            HelpName = "path"
        };
        var perPosition = new Option<bool>("--per-position")
        {
            Description =
            "With --mean: a mean for every position, over the texts that are so long. Default: one over all positions."
        };
        var given = new Option<string?>("--source")
        {
            Description = "The text whose values --swap and --subspace put in.",
            HelpName = "text"
        };
        var strengths = new Option<string?>("--strength")
        {
            Description =
            "With --steer: one strength, or several separated by commas, side by side.",
            HelpName = "list"
        };
        var tokens = new Option<int?>("--generate")
        {
            Description = "Continue the text by so many tokens under each variant.",
            HelpName = "n"
        };
        var making = new VectorOptions();
        return new Verb("intervene", "Changes activations while a model reads or writes: zero, mean, resample, swap, scale, steer, a subspace, a skipped block, hidden keys; shows predictions before and after.", """
            vitrine intervene --model models/induction --zero blocks.0.attn.hook_z:0 "keyfjordsagnbixkeyfjo"
            vitrine intervene "ROMEO: What light through yonder" --skip 1 --skip 2
            vitrine intervene "ROMEO: What light" --mean "blocks.*.hook_mlp_out@last" --reference plays.txt
            vitrine intervene --from moods.jsonl --hook blocks.2.hook_resid_pre --save mood.safetensors
            vitrine intervene "KING: I am" --steer mood.safetensors --strength -2,2 --generate 20
            vitrine intervene --model models/induction --from pairs.jsonl --hook blocks.1.hook_resid_post --rank 4 --save sub.safetensors
            """)
            .With(text.Text).With(text.File).With([.. changes.Select(c => c.Option)])
                .With(reference, perPosition, given, strengths, tokens).With(making.Symbols).With(output.Symbols).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                output.Probe(parsed, terminal);
                making.Probe(parsed, terminal);
                using Explainer explainer = source.Load(parsed, terminal);
                if (making.Make(parsed, terminal, explainer, cancellation) is { } made)
                {
                    InsideOutput.Write(parsed, terminal, made);
                    return;
                }
                ActivationChange[] asked = [.. changes.SelectMany(c => (parsed.GetValue(c.Option) ?? [])
                    .Select(value => ActivationChange.Parse(c.Kind, value, terminal.Resolve)))];
                if (asked.Length == 0)
                {
                    throw new CommandException(ExitCode.Usage, "intervene: nothing to change; expected one of "
                        + $"{string.Join(", ", changes.Select(c => c.Option.Name))}.");
                }
                InsideOutput.Write(parsed, terminal, explainer.Inside.Intervene(text.Read(parsed, terminal), new InterveneRequest
                {
                    Changes = asked,
                    Strengths = parsed.GetValue(strengths) is { } list ? [.. list.Split(',').Select(Number)] : [],
                    Reference = parsed.GetValue(reference) is { } path ? Texts(path, terminal) : [],
                    PerPosition = parsed.GetValue(perPosition),
                    Source = parsed.GetValue(given),
                    MaxNewTokens = parsed.GetValue(tokens) is { } count ? Verb.Positive(count, "--generate") : null,
                }, cancellation));
            });
    }

    private static Option<string[]> Many(string name, string form, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = form };

    private static string[] Texts(string path, Terminal terminal)
    {
        using DataFile data = DataFile.Open(terminal.Resolve(path));
        return [.. data.Rows.Select(r => r["text"]).OfType<string>().Where(t => t.Length > 0)];
    }

    private static float Number(string text) => float.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out float f)
        ? f : throw new CommandException(ExitCode.Usage, $"--strength: not a number; got '{text}'; expected one, e.g. 1.5.");
}
