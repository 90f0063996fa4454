using System.CommandLine;
using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary><c>vitrine sae</c>: sparse autoencoders in SAELens' folders: features of a text, what a splice costs, training.</summary>
internal static class SaeCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource("models/shakespeare");
        var text = new TextSource();
        var output = new InsideOutput();
        var sae = Declare.Value<string?>("--sae", "folder", "Folder of SAELens: cfg.json and sae_weights.safetensors. Default: "
            + "the folder sae of the model, where there is one.");
        var feature = Declare.Value<int?>("--feature", "n",
            "One feature: the tokens it writes, with a text its activations there, with --data the passages that fire it.");
        var data = Declare.Value<string?>("--data", "path", "Text, JSONL or CSV: passages of --feature, or what a splice costs.");
        var top = Declare.Value<int>("--top", "n", "How many features, tokens or passages.", 10);
        var correct = Declare.Value<string?>("--correct", "token",
            "Add each feature's share of this token's logit, the error term constant.");
        var wrong = Declare.Value<string?>("--wrong", "token", "Of the difference to this token's logit.");
        var change = new Option<string[]>("--set")
        {
            Description = "Predictions with a feature at another value at every position: 17=0 ablates it, 17=8 steers by it. May be "
                + "repeated, each a variant of its own.",
            HelpName = "feature=value"
        };
        var tokens = Declare.Value<int?>("--generate", "n", "With --set: continue the text by so many tokens under each variant.");
        var names = Declare.Value<string?>("--names", "path", "Check the names of features on the text: JSONL, CSV or TSV with the columns "
            + "feature, name and pattern, a regular expression for what the feature fires on.");
        var loss = Declare.Flag("--loss", "What a splice costs on the text, read in windows.");
        var train = Declare.Value<string?>("--train", "path", "Train an autoencoder on this text file and save it in --sae.");
        var architecture = Declare.Value<string>("--architecture", "name", "With --train: topk or jumprelu.", "topk");
        var hook = Declare.Value<string>("--hook", "hook", "With --train: where it reads.", "blocks.1.hook_resid_post");
        var features = Declare.Value<int>("--features", "n", "With --train: how many.", 1024);
        var k = Declare.Value<int>("--k", "n", "With --train: active features per token; of jumprelu on average.", 16);
        var steps = Declare.Value<int>("--steps", "n", "With --train: batches of 512 tokens.", 1000);
        return new Verb("sae", "Sparse autoencoders: features of a text and their shares of an answer, passages and tokens of a feature, how far names of features hold, loss of a splice, training.", """
            vitrine sae --train plays.txt --sae sae --features 1024 --k 16
            vitrine sae --sae sae "ROMEO: What light through yonder"
            vitrine sae --sae sae --feature 17 --data plays.txt
            vitrine sae --sae sae --set 17=0 --set 17=8 "ROMEO: What light through yonder" --generate 20
            vitrine sae --sae sae --data plays.txt                # what a splice costs
            vitrine sae --sae models/shakespeare/sae --names models/shakespeare/sae/features.tsv --file models/shakespeare/sae/held-out.txt
            """)
            .With(text.Text).With(text.File).With(sae, feature, data, top, correct, wrong, change, tokens, names, loss)
                .With(train, architecture, hook, features, k, steps)
                .With(output.Symbols).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                output.Probe(parsed, terminal);
                using Explainer explainer = source.Load(parsed, terminal);
                string own = Path.Combine(source.Folder(parsed, terminal), "sae");
                string folder = terminal.Resolve(parsed.GetValue(sae)
                    ?? (Directory.Exists(own) && parsed.GetValue(train) is null ? own : null)
                    ?? throw new CommandException(ExitCode.Usage, "sae: no autoencoder; expected --sae, a folder of SAELens."));
                int many = Verb.Positive(parsed.GetValue(top), "--top");
                if (parsed.GetValue(train) is { } path)
                {
                    using ProgressLine progress = ProgressLine.Start("sae", terminal);
                    var options = new SaeTrainingOptions
                    {
                        Hook = parsed.GetValue(hook)!,
                        Architecture = parsed.GetValue(architecture)!,
                        Features = Verb.Positive(parsed.GetValue(features), "--features"),
                        K = Verb.Positive(parsed.GetValue(k), "--k"),
                        Steps = Verb.Positive(parsed.GetValue(steps), "--steps"),
                        Model = explainer.Name,
                    };
                    InsideResult trained = explainer.Inside.TrainSae(TextSource.ReadFile(path, terminal), options, folder, progress,
                        cancellation);
                    progress.Dispose();
                    InsideOutput.Write(parsed, terminal, trained);
                    return;
                }
                var loaded = SparseAutoencoder.Load(folder);
                if (parsed.GetValue(data) is { } file)
                {
                    using ProgressLine progress = ProgressLine.Start("sae", terminal);
                    using DataFile rows = DataFile.Open(terminal.Resolve(file));
                    InsideResult measured = parsed.GetValue(feature) is { } one
                        ? explainer.Inside.FeaturePassages(loaded, rows, one, many, progress, cancellation)
                        : explainer.Inside.Splice(loaded, rows, cancellation);
                    progress.Dispose();
                    InsideOutput.Write(parsed, terminal, measured);
                    return;
                }
                if (parsed.GetValue(names) is { } named)
                {
                    using DataFile statements = DataFile.Open(terminal.Resolve(named));
                    IReadOnlyList<NamedFeature> said = InsideFeatures.NamesOf(statements);
                    string held = text.Read(parsed, terminal);
                    using ProgressLine progress = ProgressLine.Start("sae", terminal);
                    InsideResult checkedNames = explainer.Inside.FeatureNames(loaded, held, said, many, progress, cancellation);
                    progress.Dispose();
                    InsideOutput.Write(parsed, terminal, checkedNames);
                    return;
                }
                if (parsed.GetValue(loss))
                {
                    InsideOutput.Write(parsed, terminal, explainer.Inside.Splice(loaded, text.Read(parsed, terminal)));
                    return;
                }
                if (parsed.GetValue(change) is { Length: > 0 } changes)
                {
                    InsideOutput.Write(parsed, terminal, explainer.Inside.FeatureEffects(loaded, text.Read(parsed, terminal),
                        [.. changes.Select(Set)], parsed.GetValue(tokens) is { } count ? Verb.Positive(count, "--generate") : null,
                        cancellation));
                    return;
                }
                InsideOutput.Write(parsed, terminal, parsed.GetValue(feature) is { } f
                    ? text.IsGiven(parsed) ? explainer.Inside.Feature(loaded, text.Read(parsed, terminal), f, many)
                        : explainer.Inside.FeatureWrites(loaded, f, many)
                    : explainer.Inside.Features(loaded, text.Read(parsed, terminal), many, parsed.GetValue(correct),
                        parsed.GetValue(wrong)));
            });
    }

    private static (int Feature, float Value) Set(string text) => text.Split('=') is [var number, var value]
        && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int feature)
        && float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out float to) ? (feature, to)
        : throw new CommandException(ExitCode.Usage, $"--set: not understood; got '{text}'; expected feature=value, e.g. 17=0.");
}
