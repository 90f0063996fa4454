using System.Diagnostics;
using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>Neurons, their passages and factors, and pages of <see cref="Inside"/>.</summary>
public static class InsideUnits
{
    private static readonly TimeSpan s_saved = TimeSpan.FromSeconds(5); // between two writes of a record

    /// <summary>One self-contained page with every head of a text: <see cref="AttentionPage"/>.</summary>
    /// <param name="inside">The model.</param>
    /// <param name="text">The text.</param>
    /// <param name="stack">Null: the last of the model's stacks; <c>cross</c>: from decoder to encoder.</param>
    /// <param name="context">A second text, for filters from text to text; null: none.</param>
    /// <param name="target">Of an encoder–decoder what it is made to write; null: what it writes by itself.</param>
    /// <param name="neurons">Whether queries and keys are on it too, for the neuron view: some bytes a token, head and neuron.</param>
    public static string Page(this Inside inside, string text, string? stack = null, string? context = null, string? target = null,
        bool neurons = true)
    {
        ArgumentNullException.ThrowIfNull(inside);
        return inside.With((model, name) =>
        {
            InsideText read = inside.Read(text, context, target);
            bool cross = stack == "cross";
            var patterns = HeadPatterns.Of(model, read.Input, cross ? "decoder" : stack, cross);
            string[] tokens = cross ? [.. read.SourceTokens, .. read.Tokens]
                : patterns.Stack == "encoder" ? read.SourceTokens : read.Tokens;
            return AttentionPage.Html(patterns, tokens, name,
                neurons ? HeadVectors.Of(model, read.Input, cross ? "decoder" : stack, cross) : null, cross ? null : read.Texts());
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
                        factor, InsideAxis.Read("position", positions, tokens)),
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
    /// <param name="record">
    /// A file in which what was found is kept every few seconds: the same call goes on from it after a run that ended early. Null: none.
    /// </param>
    /// <param name="progress">Told how much of the file is read.</param>
    /// <param name="cancellation">Stops between texts.</param>
    /// <exception cref="RequestException">There is no text, or the record is of another model, file or layer.</exception>
    public static InsideResult Passages(this Inside inside, DataFile data, int layer, int? neuron, int top = 5, string? record = null,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(data);
        return inside.With((model, name) =>
        {
            string hook = Neurons.HookOf(model, layer, null);
            return Fired(inside, data, model, name, hook, x => x, neuron, top, "neuron", record, progress, cancellation);
        });
    }

    /// <summary>Predictions before and after neurons are set to 0 at every position, each set of them a variant of its own.</summary>
    /// <param name="inside">The model.</param>
    /// <param name="text">The text.</param>
    /// <param name="layer">From 0.</param>
    /// <param name="neurons">Sets of neurons that are off together.</param>
    /// <param name="maxNewTokens">How many tokens the model writes under each variant; null: none.</param>
    /// <param name="stack">Null: the last of the model's stacks.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <returns>As <see cref="Inside.Intervene(string, InterveneRequest, CancellationToken)"/>.</returns>
    /// <exception cref="VitrineException">There is no such layer or neuron.</exception>
    public static InsideResult NeuronEffects(this Inside inside, string text, int layer, IReadOnlyList<IReadOnlyList<int>> neurons,
        int? maxNewTokens = null, string? stack = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(neurons);
        return inside.Intervened(text, null, maxNewTokens, _ =>
        {
            string hook = Neurons.HookOf(inside.Loaded.Model, layer, stack);
            return [.. neurons.Select(set => (Named(set), (IReadOnlyList<Intervention>)[.. set.Select(n => Intervention.Zero(hook, n))]))];
        }, cancellation);
    }

    /// <summary>A result with the activations of one unit before its other tables.</summary>
    internal static InsideResult On(string[] tokens, float[] activations, string meaning, InsideResult result) => result with
    {
        Tables =
        [
            InsideTable.Of("activations", meaning, [.. activations.Select(a => (double)a)],
                InsideAxis.Read("position", activations.Length, tokens)),
            .. result.Tables,
        ],
    };

    private static string Named(IReadOnlyList<int> neurons) =>
        $"without {string.Join(", ", neurons.Select(n => n.ToString(CultureInfo.InvariantCulture)))}";

    internal static InsideResult Fired(
        Inside inside, DataFile data, ITransformer model, string name, string hook, Func<Tensor, Tensor> units, int? unit, int top,
            string kind, string? record, IProgress<double>? progress, CancellationToken cancellation)
    {
        string job = record is null ? "" : inside.Job("passages",
            [("hook", hook), ("kind", kind), ("top", top.ToString(CultureInfo.InvariantCulture)), .. data.Options.Settings()], data.Path
            ?? throw new RequestException(Fault.Request, "record: no file to go on in; got a stream; expected a data file."), cancellation);
        PassageRecord? found = record is null ? null : PassageRecord.Load(record, job);
        long start = Stopwatch.GetTimestamp(), rows = found?.Rows ?? 0;
        void Keep()
        {
            if (record is not null)
            {
                found?.Save(record, job, rows);
                start = Stopwatch.GetTimestamp();
            }
        }
        foreach (DataRow row in data.Rows.Skip((int)rows))
        {
            if (cancellation.IsCancellationRequested || Stopwatch.GetElapsedTime(start) > s_saved)
            {
                Keep();
            }
            foreach (int[] ids in Texts(inside, row, model, cancellation))
            {
                using Recorder.Pause pause = Recorder.Suspend();
                Tensor x = units(PatchSweep.Capture(model, ModelInput.Of(ids), [hook])[hook]);
                found ??= new PassageRecord(x.Shape[^1], top);
                found.Add(x.ToArray(), ids);
            }
            rows++;
            progress?.Report(data.Share ?? 0);
        }
        Keep();
        if (found is null)
        {
            throw new RequestException(Fault.Text, "passages: no texts; expected rows with the column text.");
        }
        NeuronRecord best = found.Best;
        int[] shown = unit is { } one
            ? one >= 0 && one < best.Units ? [one]
                : throw new RequestException(Fault.Request,
                FormattableString.Invariant($"{kind}: there is none of that number; got {one}; expected 0 to {best.Units - 1}."))
            : [.. Enumerable.Range(0, best.Units).OrderByDescending(u => best.Top(u).Count > 0 ? best.Top(u)[0].Value : 0).Take(8)];
        List<double> values = [];
        List<string> passages = [];
        foreach (int u in shown)
        {
            foreach (UnitActivation a in best.Top(u).Concat(Enumerable.Repeat(default(UnitActivation), top)).Take(top))
            {
                values.Add(a.Value);
                passages.Add(a.Value == 0 ? "" : Passage(inside, found.Around(a)));
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
                InsideTable.Of("mean", "mean activation", [.. shown.Select(best.Mean)], names),
                InsideTable.Of("fraction_positive", "share of tokens with a positive activation",
                    [.. shown.Select(best.FractionPositive)], names),
            ],
            Numbers = new Dictionary<string, double> { ["tokens"] = best.Count, ["texts"] = best.Texts },
            Parameters = new Dictionary<string, string> { ["hook"] = hook },
        };
    }

    private static string Passage(Inside inside, (int[] Ids, int Peak) around)
    {
        string Decode(ReadOnlySpan<int> ids) => string.Concat(ids.ToArray().Select(inside.Spelt));
        (int[] ids, int peak) = around;
        return $"{Decode(ids.AsSpan(0, peak))}«{Decode(ids.AsSpan(peak, 1))}»{Decode(ids.AsSpan(peak + 1))}".ReplaceLineEndings("⏎");
    }

    /// <summary>A text of training in pieces of equally many tokens, the rest left out.</summary>
    /// <exception cref="RequestException">There are fewer than ten: none could be held out.</exception>
    internal static int[][] Pieces(int[] ids, int length, string what) =>
        ids.Chunk(length).Where(piece => piece.Length == length).ToArray() is { Length: >= 10 } pieces ? pieces
            : throw new RequestException(Fault.Text, FormattableString.Invariant(
                $"{what}: too short a text; got {ids.Length / length} pieces of {length} tokens; expected at least 10."));

    internal static IEnumerable<int[]> Texts(Inside inside, DataRow row, ITransformer model, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return row["text"] is { Length: > 0 } text ? inside.Tokens(text).Chunk(model.Info.MaxPositions) : [];
    }
}
