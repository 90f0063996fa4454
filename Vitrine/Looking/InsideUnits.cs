using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>Passages, factors, pages and autoencoders of <see cref="Inside"/>: what needs texts of a file.</summary>
public static class InsideUnits
{
    private const int Context = 6; // tokens on each side of a passage's peak

    /// <summary>One self-contained page with every head of a text: <see cref="AttentionPage"/>.</summary>
    public static string Page(this Inside inside, string text, string? stack = null, string? context = null, string? target = null)
    {
        ArgumentNullException.ThrowIfNull(inside);
        return inside.With((model, name) =>
        {
            InsideText read = inside.Read(text, context, target);
            bool cross = stack == "cross";
            var patterns = HeadPatterns.Of(model, read.Input, cross ? "decoder" : stack, cross);
            string[] tokens = cross ? [.. read.SourceTokens, .. read.Tokens]
                : patterns.Stack == "encoder" ? read.SourceTokens : read.Tokens;
            return AttentionPage.Html(patterns, tokens, name);
        });
    }

    /// <summary>Groups of neurons of a layer that fire together on a text: <see cref="Attributions.Factors"/>.</summary>
    public static InsideResult Factors(this Inside inside, string text, int layer, int factors, string? stack = null)
    {
        ArgumentNullException.ThrowIfNull(inside);
        return inside.With((model, name) =>
        {
            InsideText read = inside.Read(text);
            string hook = Neurons.HookOf(model, layer, stack);
            Tensor post = PatchSweep.Capture(model, read.Input, [hook])[hook];
            (int positions, int neurons) = (post.Shape[1], post.Shape[2]);
            Attributions.Factors found = Attributions.Factors.Of(post.ToArray(), positions, neurons, factors);
            string[] tokens = read.Tokens;
            InsideAxis factor = InsideAxis.Numbered("factor", factors);
            int[][] best = [.. Enumerable.Range(0, factors)
                .Select(f => LensTrajectory.Best(found.H.AsSpan(f * neurons, neurons), Math.Min(8, neurons)))];
            return new InsideResult
            {
                Method = "neuron_factors",
                Model = name,
                Numbers = new Dictionary<string, double> { ["relative_error"] = found.RelativeError, ["iterations"] = found.Iterations },
                Tables =
                [
                    InsideTable.Of("factors", "how strongly the factor is present at the position",
                        [.. Enumerable.Range(0, factors)
                        .SelectMany(f => Enumerable.Range(0, positions).Select(p => found.W[(p * factors) + f]))],
                        factor, new InsideAxis("position",
                            [.. tokens.Select((t, i) => string.Create(CultureInfo.InvariantCulture, $"{i} {t}"))])),
                    InsideTable.Of("neurons", "weight of the factor's strongest neurons",
                        [.. best.SelectMany((ids, f) => ids.Select(n => found.H[(f * neurons) + n]))], factor,
                        InsideAxis.Numbered("rank", best[0].Length))
                        with { Texts = [.. best.SelectMany(ids => ids.Select(n => n.ToString(CultureInfo.InvariantCulture)))] },
                ],
                Parameters = new Dictionary<string, string> { ["hook"] = hook, ["negatives"] = "cut to 0" },
            };
        });
    }

    /// <summary>The passages of a data file that fire a layer's neurons most; memory is bounded by neurons, not by the file.</summary>
    /// <param name="inside">The model.</param>
    /// <param name="data">Rows with the column <c>text</c>.</param>
    /// <param name="layer">From 0.</param>
    /// <param name="neuron">One neuron; null: the eight with the largest activations.</param>
    /// <param name="top">How many passages of each.</param>
    /// <param name="progress">Told how much of the file is read.</param>
    /// <param name="cancellation">Stops between texts.</param>
    public static InsideResult Passages(this Inside inside, DataFile data, int layer, int? neuron, int top = 5,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(data);
        return inside.With((model, name) =>
        {
            string hook = Neurons.HookOf(model, layer, null);
            return Fired(inside, data, model, name, hook, x => x, neuron, top, "neuron", progress, cancellation);
        });
    }

    /// <summary>The passages of a data file that fire a feature most.</summary>
    public static InsideResult FeaturePassages(this Inside inside, SparseAutoencoder sae, DataFile data, int feature, int top = 5,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(sae);
        ArgumentNullException.ThrowIfNull(data);
        return inside.With((model, name) =>
            Fired(inside, data, model, name, SaeSplice.HookOf(sae, null), sae.Encode, feature, top, "feature", progress, cancellation));
    }

    /// <summary>The tokens that a feature speaks for and against.</summary>
    public static InsideResult FeatureWrites(this Inside inside, SparseAutoencoder sae, int feature, int top = 10)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(sae);
        if (feature < 0 || feature >= sae.Config.DSae)
        {
            throw new RequestException(Fault.Request,
                FormattableString.Invariant($"feature: there is none of that number; got {feature}; expected 0 to {sae.Config.DSae - 1}."));
        }
        return inside.With((model, name) =>
            Neurons.Written(model, sae["W_dec"].Select(0, feature).ToArray(), top, FormattableString.Invariant($"feature {feature}"))
            with
            { Model = name });
    }

    /// <summary>What a splice costs on the texts of a file: <see cref="SaeSplice.Loss"/>.</summary>
    public static InsideResult Splice(this Inside inside, SparseAutoencoder sae, DataFile data, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(data);
        return inside.With((model, name) => SaeSplice.Loss(model, sae, [.. Texts(inside, data, model, cancellation).Take(256)])
            with
        { Model = name });
    }

    /// <summary>
    /// Trains a TopK or JumpReLU autoencoder on a text, saves it, and measures it on the last tenth, which it has not seen.
    /// </summary>
    public static InsideResult TrainSae(this Inside inside, string text, SaeTrainingOptions options, string folder,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(options);
        return inside.With((model, name) =>
        {
            int length = Math.Min(64, model.Info.MaxPositions);
            int[][] all = [.. inside.Tokens(text).Chunk(length).Where(c => c.Length == length)];
            if (all.Length < 10)
            {
                throw new RequestException(Fault.Text,
                    FormattableString.Invariant(
                    $"sae: too short a text; got {all.Length} pieces of {length} tokens; expected at least 10."));
            }
            int held = Math.Max(1, all.Length / 10);
            SparseAutoencoder sae = SaeTraining.Run(model, all[..^held], options, (step, _) =>
                progress?.Report((double)step / options.Steps), cancellation);
            sae.Save(folder);
            return SaeSplice.Loss(model, sae, [.. all[^held..].Take(128)]) with { Model = name };
        });
    }

    private static InsideResult Fired(
        Inside inside, DataFile data, ITransformer model, string name, string hook, Func<Tensor, Tensor> units, int? unit, int top,
            string kind, IProgress<double>? progress, CancellationToken cancellation)
    {
        NeuronRecord? record = null;
        Dictionary<int, int[]> kept = [];
        int number = 0;
        foreach (int[] ids in Texts(inside, data, model, cancellation))
        {
            using Recorder.Pause pause = Recorder.Suspend();
            Tensor x = units(PatchSweep.Capture(model, ModelInput.Of(ids), [hook])[hook]);
            record ??= new NeuronRecord(x.Shape[^1], top);
            record.Add(x.ToArray(), number);
            kept[number++] = ids;
            if (kept.Count > 4096)
            {
                Forget(record, kept);
            }
            progress?.Report(data.Share ?? 0);
        }
        if (record is null)
        {
            throw new RequestException(Fault.Text, "passages: no texts; expected rows with the column text.");
        }
        int[] shown = unit is { } one
            ? one >= 0 && one < record.Units ? [one]
                : throw new RequestException(Fault.Request,
                FormattableString.Invariant($"{kind}: there is none of that number; got {one}; expected 0 to {record.Units - 1}."))
            : [.. Enumerable.Range(0, record.Units).OrderByDescending(u => record.Top(u).Count > 0 ? record.Top(u)[0].Value : 0).Take(8)];
        List<double> values = [];
        List<string> passages = [];
        foreach (int u in shown)
        {
            foreach (UnitActivation a in record.Top(u).Concat(Enumerable.Repeat(default(UnitActivation), top)).Take(top))
            {
                values.Add(a.Value);
                passages.Add(a.Value == 0 ? "" : Passage(inside, kept[a.Text], a.Position));
            }
        }
        InsideAxis names = new(kind, [.. shown.Select(u => u.ToString(CultureInfo.InvariantCulture))]);
        return new()
        {
            Method = "passages",
            Model = name,
            Tables =
            [
                InsideTable.Of("passages", "activation at the marked token", [.. values], names, InsideAxis.Numbered("rank", top))
                    with { Texts = passages },
                InsideTable.Of("mean", "mean activation", [.. shown.Select(record.Mean)], names),
                InsideTable.Of("fraction_positive", "share of tokens with a positive activation",
                    [.. shown.Select(record.FractionPositive)], names),
            ],
            Numbers = new Dictionary<string, double> { ["tokens"] = record.Count, ["texts"] = record.Texts },
            Parameters = new Dictionary<string, string> { ["hook"] = hook },
        };
    }

    // Only texts that are among some unit's best are kept.
    private static void Forget(NeuronRecord record, Dictionary<int, int[]> kept)
    {
        HashSet<int> needed = [.. Enumerable.Range(0, record.Units).SelectMany(u => record.Top(u).Select(a => a.Text))];
        foreach (int text in kept.Keys.Where(t => !needed.Contains(t)).ToArray())
        {
            kept.Remove(text);
        }
    }

    private static string Passage(Inside inside, int[] ids, int at)
    {
        int from = Math.Max(0, at - Context), to = Math.Min(ids.Length, at + Context + 1);
        string Decode(int a, int b) => string.Concat(ids[a..b].Select(inside.Spelt));
        return $"{Decode(from, at)}«{Decode(at, at + 1)}»{Decode(at + 1, to)}".ReplaceLineEndings("⏎");
    }

    private static IEnumerable<int[]> Texts(Inside inside, DataFile data, ITransformer model, CancellationToken cancellation)
    {
        foreach (DataRow row in data.Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            if (row["text"] is { Length: > 0 } text)
            {
                foreach (int[] part in inside.Tokens(text).Chunk(model.Info.MaxPositions))
                {
                    yield return part;
                }
            }
        }
    }
}
