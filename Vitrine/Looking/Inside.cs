using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>What is inside a model, asked of one explainer: plain records in, one kind of result out.</summary>
/// <example><code>
/// using var explainer = Explainer.Load("models/induction");
/// var pairs = PromptTemplates.Generate(explainer.Model, "induction", count: 4);
/// InsideResult heads = explainer.Inside.Patch(pairs, "z");
/// Console.WriteLine(heads["normalised"][0, 0]);   // share of the gap that head 0.0 closes
/// </code></example>
public sealed partial class Inside
{
    private readonly LoadedModel _loaded;
    private readonly LoadOptions _options;
    private readonly Turn _turn;
    private ReadNotes _notes = new();

    internal Inside(LoadedModel loaded, LoadOptions options, Turn turn) => (_loaded, _options, _turn) = (loaded, options, turn);

    internal LoadedModel Loaded => _loaded;

    private ITransformer Model => _loaded.Model;

    /// <summary>Activation patching of a place: <see cref="ActivationPatching"/>.</summary>
    /// <param name="pairs">Clean and corrupted inputs.</param>
    /// <param name="place">A name of <see cref="PatchPlace.All"/>: <c>z</c>, <c>resid_pre</c>.</param>
    /// <param name="request">Direction, axes, layers; null: denoise.</param>
    public InsideResult Patch(IReadOnlyList<PromptPair> pairs, string place = "z", PatchRequest? request = null) =>
        Ask(() => ActivationPatching.Run(Model, pairs, PatchPlace.Get(place), request));

    /// <summary>First-order estimates of all patches at once: <see cref="AttributionPatching"/>.</summary>
    /// <param name="pairs">Clean and corrupted inputs.</param>
    /// <param name="places">Names of <see cref="PatchPlace.All"/>.</param>
    /// <param name="request">Direction, axes, layers; null: denoise.</param>
    public InsideResult Estimate(IReadOnlyList<PromptPair> pairs, IReadOnlyList<string> places, PatchRequest? request = null) =>
        Ask(() => AttributionPatching.Run(Model, pairs, [.. places.Select(PatchPlace.Get)], request));

    /// <summary>Estimates next to exact patches of the same place, with their rank correlation: <see cref="PatchCheck"/>.</summary>
    /// <param name="pairs">Clean and corrupted inputs.</param>
    /// <param name="place">A name of <see cref="PatchPlace.All"/>.</param>
    /// <param name="top">How many of the largest estimates are compared.</param>
    /// <param name="request">Direction, axes, layers; null: denoise.</param>
    public InsideResult Check(IReadOnlyList<PromptPair> pairs, string place = "z", int top = 20, PatchRequest? request = null) =>
        Ask(() => PatchCheck.Run(Model, pairs, PatchPlace.Get(place), top, request));

    /// <summary>AtP*: <see cref="AtpStar"/>.</summary>
    public InsideResult Atp(IReadOnlyList<PromptPair> pairs, PatchRequest? request = null) => Ask(() => AtpStar.Run(Model, pairs, request));

    /// <summary>Path patching between heads: <see cref="PathPatching"/>.</summary>
    public InsideResult Paths(IReadOnlyList<PromptPair> pairs, PathKind kind = PathKind.Direct, string inputs = "qkv",
        PatchRequest? request = null) =>
        Ask(() => PathPatching.Run(Model, pairs, kind, inputs, request));

    /// <summary>Causal tracing of a subject: <see cref="CausalTracing"/>.</summary>
    /// <param name="text">The prompt.</param>
    /// <param name="subject">Words of it that are hidden by noise.</param>
    /// <param name="answer">The token whose probability is followed; null: the model's own best.</param>
    /// <param name="window">Blocks that are restored together.</param>
    /// <param name="samples">Draws of noise.</param>
    /// <param name="request">Memory, seed, progress.</param>
    /// <param name="target">Of an encoder–decoder: what stands before the answer in the target.</param>
    /// <exception cref="VitrineException">The subject is not in the prompt, or the answer is no single token.</exception>
    public InsideResult Trace(string text, string subject, string? answer = null, int window = 10, int samples = 10,
        PatchRequest? request = null, string target = "") => Ask(() =>
    {
        InsideText read = Read(text, target: target);
        Encoding encoding = read.Encoding;
        int at = text.IndexOf(subject, StringComparison.Ordinal);
        if (at < 0 || subject.Length == 0)
        {
            throw new RequestException(Fault.Request, $"subject: not in the text; got '{subject}'; expected words of '{text}'.");
        }
        int[] inside = [.. Enumerable.Range(0, encoding.Count)
            .Where(i => encoding.Offsets[i].End > at && encoding.Offsets[i].Start < at + subject.Length && encoding.Offsets[i]
            .End > encoding.Offsets[i].Start)];
        ModelInput input = read.Input;
        int id = answer is null ? Best(read) : PromptPair.Answer(Model, answer);
        InsideResult result = CausalTracing.Run(Model, input, Asked(InsideMetric.Probability(id), read), (inside[0], inside[^1] + 1), null,
            window, samples, request, read.Tokens, read.SourceTokens);
        return result
            with
        {
            Parameters = new Dictionary<string,
            string>(result.Parameters)
            { ["answer"] = PromptPair.Word(Model, id).Trim(), ["subject"] = subject }
        };
    });

    /// <summary>Scores of all edges between heads and feed-forward layers: <see cref="EdgeScoring"/>.</summary>
    public EdgeScores Edges(IReadOnlyList<PromptPair> pairs, EdgeRequest? request = null)
    {
        using Turn.Scope turn = _turn.Enter();
        return EdgeScoring.Run(Model, pairs, request);
    }

    /// <summary>How much of the behaviour a circuit carries: <see cref="CircuitEvaluation.Faithfulness"/>.</summary>
    public (double Metric, double Faithfulness) Faithfulness(IReadOnlyList<PromptPair> pairs, Circuit circuit,
        EdgeAblation ablation = EdgeAblation.Corrupted)
    {
        using Turn.Scope turn = _turn.Enter();
        return CircuitEvaluation.Faithfulness(Model, pairs, circuit, ablation);
    }

    /// <summary>A circuit with its edges, faithfulness and stability: <see cref="CircuitEvaluation.Describe"/>.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="scores">Scores of all edges.</param>
    /// <param name="circuit">The choice of edges.</param>
    public InsideResult Circuit(IReadOnlyList<PromptPair> pairs, EdgeScores scores, Circuit circuit) =>
        Ask(() => CircuitEvaluation.Describe(Model, pairs, scores, circuit));

    /// <summary>
    /// Faithfulness of circuits of growing size, with complements and random circuits: <see cref="CircuitEvaluation.Curve"/>.
    /// </summary>
    public InsideResult Curve(IReadOnlyList<PromptPair> pairs, EdgeScores scores, IReadOnlyList<int>? sizes = null, bool greedy = false,
        IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        Ask(() => CircuitEvaluation.Curve(Model, pairs, scores, sizes, greedy, progress: progress, cancellation: cancellation));

    /// <summary>What the model would say at every layer: <see cref="LogitLens"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="mids">Whether the states between attention and feed-forward layer are read too.</param>
    /// <param name="tuned">Translators; null: the plain lens.</param>
    /// <param name="target">A token or label to follow; null: none.</param>
    public InsideResult Lens(string text, bool mids = false, TunedLens? tuned = null, string? target = null) => Ask(() =>
    {
        InsideText read = Read(text);
        return LogitLens.Run(Model, read.Input, mids, tuned, read.Tokens, target is null ? null
            : PromptPair.Answer(Model, target));
    });

    /// <summary>The logit of the next token as a sum over parts: <see cref="DirectLogitAttribution"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="correct">The token; null: the model's own best.</param>
    /// <param name="wrong">The token it is compared with; null: none.</param>
    /// <param name="folded">Whether b_V is counted with the biases.</param>
    public InsideResult Direct(string text, string? correct = null, string? wrong = null, bool folded = false) => Ask(() =>
    {
        InsideText read = Read(text);
        ModelInput input = read.Input;
        int id = correct is null ? Best(read) : PromptPair.Answer(Model, correct);
        InsideMetric metric = wrong is null ? InsideMetric.Logit(id) : InsideMetric.LogitDifference(id, PromptPair.Answer(Model, wrong));
        return DirectLogitAttribution.Run(Model, input, metric.Spelled(Model), folded, read.Tokens);
    });

    /// <summary>Statistics of every head on a text: <see cref="HeadStatistics"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="stack">Null: the last of the model's stacks; <c>cross</c>: from decoder to encoder.</param>
    /// <param name="context">A second text, such as the context of a question; null: none.</param>
    /// <param name="target">Of an encoder–decoder what it is made to write; null: what it writes by itself.</param>
    public InsideResult Heads(string text, string? stack = null, string? context = null, string? target = null) =>
        Ask(() => HeadStatistics.Run(Model, Read(text, context, target).Input, stack == "cross" ? "decoder" : stack, stack == "cross"));

    /// <summary>The attention itself: <see cref="HeadPatterns.ToResult"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="layer">One block; null: all.</param>
    /// <param name="head">One head of it; null: all.</param>
    /// <param name="stack">Null: the last of the model's stacks; <c>cross</c>: from decoder to encoder.</param>
    /// <param name="context">A second text, such as the context of a question; null: none.</param>
    /// <param name="target">Of an encoder–decoder what it is made to write; null: what it writes by itself.</param>
    /// <exception cref="VitrineException">There is no such block or head.</exception>
    public InsideResult Patterns(string text, int? layer = null, int? head = null, string? stack = null, string? context = null,
        string? target = null) => Ask(() =>
    {
        InsideText read = Read(text, context, target);
        bool cross = stack == "cross";
        var patterns = HeadPatterns.Of(Model, read.Input, cross ? "decoder" : stack, cross);
        string[] own = patterns.Stack == "encoder" ? read.SourceTokens : read.Tokens;
        return patterns.ToResult(own, cross ? read.SourceTokens : own, layer, head);
    });

    /// <summary>Why a head attends, neuron by neuron: <see cref="NeuronView"/>.</summary>
    public InsideResult Why(string text, int layer, int head, int query, string? stack = null) =>
        Ask(() =>
    {
        InsideText read = Read(text);
        return NeuronView.Run(Model, read.Input, layer, head, query, stack, stack == "encoder" ? read.SourceTokens : read.Tokens);
    });

    /// <summary>The strongest neurons of a layer on a text: <see cref="Neurons.Strongest"/>.</summary>
    public InsideResult Strongest(string text, int layer, int top = 10, string by = "max", string? correct = null, string? wrong = null) =>
        Ask(() =>
    {
        InsideText read = Read(text);
        InsideMetric? metric = correct is null ? null : Asked(Logits(correct, wrong), read);
        return Neurons.Strongest(Model, read.Input, layer, top, by, metric: metric, tokens: read.Tokens);
    });

    /// <summary>The tokens a neuron writes: <see cref="Neurons.Writes"/>.</summary>
    public InsideResult Writes(int layer, int neuron, int top = 10) => Ask(() => Neurons.Writes(Model, layer, neuron, top));

    /// <summary>The activations of one neuron on a text, with the tokens it writes where the model has words.</summary>
    /// <param name="text">The text.</param>
    /// <param name="layer">From 0.</param>
    /// <param name="neuron">From 0.</param>
    /// <param name="top">How many tokens for and against.</param>
    /// <returns>Table <c>activations</c> <c>[position]</c>, and those of <see cref="Neurons.Writes"/>.</returns>
    /// <exception cref="VitrineException">There is no such layer or neuron.</exception>
    public InsideResult Neuron(string text, int layer, int neuron, int top = 10) => Ask(() =>
    {
        InsideText read = Read(text);
        string hook = Neurons.HookOf(Model, layer, null);
        Tensor post = PatchSweep.Capture(Model, read.Input, [hook])[hook];
        if (neuron < 0 || neuron >= post.Shape[2])
        {
            throw new RequestException(Fault.Request, FormattableString.Invariant(
                $"neurons: no such neuron; got {neuron}; expected 0 to {post.Shape[2] - 1}."));
        }
        return InsideUnits.On(read.Tokens, post.Select(0, 0).Slice(1, neuron, 1).ToArray(), "activation after the nonlinearity", new()
        {
            Method = "neuron",
            Tables = Model is ILanguageModel ? Neurons.Writes(Model, layer, neuron, top).Tables : [],
            Parameters = new Dictionary<string, string> { ["hook"] = hook, ["neuron"] = FormattableString.Invariant($"{neuron}") },
        });
    });

    /// <summary>Features of a text in a sparse autoencoder: <see cref="SaeSplice.Features"/>.</summary>
    public InsideResult Features(SparseAutoencoder sae, string text, int top = 10, string? correct = null, string? wrong = null) =>
        Ask(() =>
    {
        InsideText read = Read(text);
        InsideMetric? metric = correct is null ? null : Asked(Logits(correct, wrong), read);
        return SaeSplice.Features(Model, sae, read.Input, metric, top, read.Tokens);
    });

    /// <summary>QK and OV circuits, composition, copying: <see cref="WeightCircuits"/>.</summary>
    public InsideResult Weights(bool folded = false, IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        Ask(() => WeightCircuits.Run(Model, folded, progress: progress, cancellation: cancellation));

    /// <summary>One head in token space: <see cref="WeightCircuits.Decoded"/>.</summary>
    public InsideResult Decoded(int layer, int head, int directions = 3, int top = 8) =>
        Ask(() => WeightCircuits.Decoded(Model, layer, head, directions, top, folded: Model.Parameters.Any(p => p.Name == "ln_final.w")));

    /// <summary>How the model uses positions: <see cref="PositionUse"/>.</summary>
    public InsideResult Positions(string text, int shift = 8) => Ask(() => PositionUse.Run(Model, Read(text).Input, shift));

    /// <summary>How alike layers are, in this model or between two: <see cref="LayerSimilarity"/>.</summary>
    /// <remarks>The target of an encoder–decoder is what this model writes by itself, for both models.</remarks>
    public InsideResult Similarity(IReadOnlyList<string> texts, Explainer? other = null, string measure = "cka",
        CancellationToken cancellation = default) =>
        Ask(() => LayerSimilarity.Run(Model, other?.Model, [.. texts.Select(t => Read(t).Input)], measure, cancellation: cancellation));

    /// <summary>
    /// Pairs of a data file with the columns <c>clean</c>, <c>corrupted</c>, <c>correct</c> and, optionally, <c>wrong</c> and
    /// <c>target</c>.
    /// </summary>
    /// <param name="data">The rows.</param>
    /// <param name="metric">From the ids of both answers to the number; null: logit difference, or ln p without a wrong answer.</param>
    /// <param name="align">Whether texts with fewer tokens are filled up where they differ.</param>
    /// <exception cref="RequestException">A row cannot be used; the message names it.</exception>
    public IReadOnlyList<PromptPair> Pairs(DataFile data, Func<int, int?, InsideMetric>? metric = null, bool align = false)
    {
        ArgumentNullException.ThrowIfNull(data);
        List<PromptPair> pairs = [];
        foreach (DataRow row in data.Rows)
        {
            string Field(string name) => row[name] ?? throw new RequestException(
                Fault.Text, FormattableString.Invariant(
                    $"pairs: row {row.Number} has no '{name}'; got {row.Error ?? string.Join(", ", row.Fields.Keys)}; ")
                    + "expected clean, corrupted, correct and, optionally, wrong.");
            try
            {
                pairs.Add(PromptPair.Of(Model, Field("clean"), Field("corrupted"), Field("correct"), row["wrong"], metric,
                    row["target"], align));
            }
            catch (VitrineException e) when (e is not RequestException)
            {
                throw new RequestException(Fault.Text, FormattableString.Invariant($"pairs: row {row.Number}: {e.Message}"), e);
            }
        }
        return pairs.Count > 0 ? pairs
            : throw new RequestException(Fault.Text,
            "pairs: no rows; expected at least one with clean, corrupted, correct and, optionally, wrong.");
    }

    /// <summary>A pair of texts of equally many tokens, whose answers are one token or label each.</summary>
    /// <param name="clean">The text before the answer.</param>
    /// <param name="corrupted">The same with what matters changed.</param>
    /// <param name="correct">The answer of the clean text.</param>
    /// <param name="wrong">The answer it is compared with; null: ln p of the correct one is followed.</param>
    /// <exception cref="VitrineException">The texts differ in length, or an answer is no single token.</exception>
    public PromptPair Pair(string clean, string corrupted, string correct, string? wrong = null) =>
        PromptPair.Of(Model, clean, corrupted, correct, wrong);

    internal Encoding Encode(string text) => Read(text, target: "").Encoding;

    internal InsideText Read(string text, string? context = null, string? target = null)
    {
        InsideText read = InsideText.Of(_loaded, text, context, target);
        _notes.Add(read.Encoding);
        return read;
    }

    /// <summary>Work with the model, alone and on its device.</summary>
    internal T With<T>(Func<ITransformer, string, T> work)
    {
        using Turn.Scope turn = _turn.Enter();
        return work(Model, _loaded.Name);
    }

    /// <summary>What makes two runs over a data file the same job: model, settings, the whole file.</summary>
    internal string Job(string work, IEnumerable<(string Name, string Value)> settings, string path, CancellationToken cancellation)
    {
        string?[] folders = [_loaded.Folder, _options.Adapter];
        return JobFingerprint.Of(work, [.. settings, .. _options.Settings()], folders.OfType<string>(), path, cancellation);
    }

    internal int[] Tokens(string text) => _loaded.Tokenizer.Encode(text).Ids;

    internal string Spelt(int id) => PromptPair.Spelt(_loaded.Tokenizer, id);

    private InsideMetric Logits(string correct, string? wrong) => wrong is null
        ? InsideMetric.Logit(PromptPair.Answer(Model, correct))
        : InsideMetric.LogitDifference(PromptPair.Answer(Model, correct), PromptPair.Answer(Model, wrong));

    // A masked language model answers at its mask, others at the end.
    private InsideMetric Asked(InsideMetric metric, InsideText read) => metric.Spelled(Model) is var named
        && Model.Info.Task == ModelTask.MaskedLanguageModel
        ? named with { Position = PromptPair.MaskOf(_loaded.Tokenizer, read.Encoding.Ids) } : named;

    private int Best(InsideText read)
    {
        Tensor logits = Model.Forward(read.Input);
        int at = Model.Info.Task == ModelTask.MaskedLanguageModel ? PromptPair.MaskOf(_loaded.Tokenizer, read.Encoding.Ids)
            : logits.Shape[1] - 1;
        float[] last = (logits.Shape.Rank == 3 ? logits.Select(1, at) : logits).ToArray();
        return Array.IndexOf(last, last.Max());
    }

    private InsideResult Ask(Func<InsideResult> work)
    {
        using Turn.Scope turn = _turn.Enter();
        _notes = new();
        InsideResult result = work();
        return result with { Model = _loaded.Name, Warnings = [.. result.Warnings, .. Model.Notices, .. _notes.All] };
    }

    /// <summary>For example <c>inside induction: 2 blocks of 4 heads</c>.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"inside {_loaded.Name}: {Model.Info.NLayers} blocks of {Model.Info.NHeads} heads");
}
