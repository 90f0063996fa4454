using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>One number of a model's output: what patching, circuits and interventions are measured by.</summary>
/// <remarks>It is differentiable, so that the same object serves exact patches and first-order ones.</remarks>
public sealed record InsideMetric
{
    private readonly Func<Tensor, Tensor>? _ofLogits;
    private readonly (int Id, float Weight)[]? _words;

    private InsideMetric(string name, string meaning, (int, float)[]? words, Func<Tensor, Tensor>? ofLogits) =>
        (Name, Meaning, _words, _ofLogits) = (name, meaning, words, ofLogits);

    /// <summary>Its name, in snake_case: <c>logit_diff</c>.</summary>
    public string Name { get; }

    /// <summary>What it is, with its unit.</summary>
    public string Meaning { get; private init; }

    /// <summary>
    /// The position whose output is read; negative: from the end. Not read where a model has one output for a whole text.
    /// </summary>
    public int Position { get; init; } = -1;

    /// <summary>The class or token that it speaks of, and the one it is compared with; null where there is none.</summary>
    public (int Correct, int? Wrong)? Answer { get; private init; }

    /// <summary>logit[correct] − logit[wrong].</summary>
    /// <param name="correct">Token or class.</param>
    /// <param name="wrong">Token or class.</param>
    public static InsideMetric LogitDifference(int correct, int wrong) =>
        new("logit_diff", $"logit[{correct}] − logit[{wrong}]", [(correct, 1), (wrong, -1)], null) { Answer = (correct, wrong) };

    /// <summary>logit[id].</summary>
    /// <param name="id">Token or class.</param>
    public static InsideMetric Logit(int id) => new("logit", $"logit[{id}]", [(id, 1)], null) { Answer = (id, null) };

    /// <summary>ln p(id), nats.</summary>
    /// <param name="id">Token or class.</param>
    public static InsideMetric LogProbability(int id) =>
        new("log_prob", $"ln p[{id}], nats", null, logits => logits.LogSoftmax().Slice(-1, id, 1).Sum([-1])) { Answer = (id, null) };

    /// <summary>p(id), 0–1.</summary>
    /// <param name="id">Token or class.</param>
    public static InsideMetric Probability(int id) =>
        new("prob", $"p[{id}]", null, logits => logits.Softmax().Slice(-1, id, 1).Sum([-1])) { Answer = (id, null) };

    /// <summary>KL(reference ‖ model), nats, where the reference is the softmax of given logits.</summary>
    /// <param name="reference">Logits, <c>[vocab]</c> or <c>[1, vocab]</c>.</param>
    public static InsideMetric KlFrom(Tensor reference)
    {
        Tensor logP = reference.Reshape([1, reference.Shape.Elements]).LogSoftmax();
        return new("kl", "KL(reference ‖ model), nats", null, logits => logP.Expand(logits.Shape).KlDiv(logits.LogSoftmax()));
    }

    /// <summary>Any function of the logits at the position.</summary>
    /// <param name="name">Its name, in snake_case.</param>
    /// <param name="ofLogits">From <c>[batch, vocab]</c> to <c>[batch]</c>, of recorded ops where gradients are wanted.</param>
    public static InsideMetric Of(string name, Func<Tensor, Tensor> ofLogits) => new(name, name, null, ofLogits);

    /// <summary>The number of every row of a batch, <c>[batch]</c>, recorded by an open tape.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">What it reads.</param>
    public Tensor Of(ITransformer model, ModelInput input) => new MetricRun(model, input, this).Value();

    /// <summary>The same metric, whose meaning names its tokens or labels as they are spelt.</summary>
    internal InsideMetric Spelled(ITransformer model)
    {
        string Named(string meaning, int? id) => id is { } one
            ? meaning.Replace($"[{one}]", $"['{PromptPair.Word(model, one)}']", StringComparison.Ordinal) : meaning;
        return Answer is not { } answer ? this : this with { Meaning = Named(Named(Meaning, answer.Correct), answer.Wrong) };
    }

    /// <summary>What a mean over pairs is: the tokens of one pair, the name of the metric for several.</summary>
    internal static string MeaningOf(IReadOnlyList<PromptPair> pairs) => pairs.Count == 1 ? pairs[0].Metric.Meaning
        : pairs[0].Metric.Answer is { Wrong: not null } ? "logit[correct] − logit[wrong], mean over pairs"
            : $"{pairs[0].Metric.Name}, mean over pairs";

    /// <summary>The logits row → the number; words only where that is all that is needed.</summary>
    internal Tensor OfLogits(Tensor logits)
    {
        if (_words is null)
        {
            return _ofLogits!(logits);
        }
        Tensor sum = logits.Slice(-1, _words[0].Id, 1).Scale(_words[0].Weight);
        foreach ((int id, float weight) in _words.Skip(1))
        {
            sum += logits.Slice(-1, id, 1).Scale(weight);
        }
        return sum.Sum([-1]);
    }

    /// <summary>
    /// From the hidden state at the position, <c>[batch, 1, d_model]</c>: two columns of the unembedding, or all of them.
    /// </summary>
    internal Tensor OfHidden(ILanguageModel model, Tensor hidden)
    {
        int batch = hidden.Shape[0];
        if (_words is null || model.HookPoints.Any(p => p.Name == "hook_logits" && p.IsWatched))
        {
            Tensor logits = model.Logits(hidden);
            return OfLogits(logits.Reshape([batch, logits.Shape[2]]));
        }
        Tensor sum = hidden;
        for (int i = 0; i < _words.Length; i++)
        {
            int[] ids = new int[batch];
            Array.Fill(ids, _words[i].Id);
            Tensor logit = model.Logits(hidden.Reshape([batch, hidden.Shape[2]]), Tensor.From(ids, [batch])).Scale(_words[i].Weight);
            sum = i == 0 ? logit : sum + logit;
        }
        return sum;
    }

    /// <summary>Name and meaning.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} = {Meaning} at position {Position}");

    /// <summary>The same metric, with every number of the vocabulary it reads checked.</summary>
    /// <exception cref="VitrineException">A word or class lies outside.</exception>
    internal InsideMetric Checked(int size, string what)
    {
        foreach (int id in Answer is { } answer ? new[] { answer.Correct, answer.Wrong ?? 0 } : [])
        {
            if (id < 0 || id >= size)
            {
                throw new VitrineException($"metric {Name}: no such {what}; got {id}; expected 0 to {size - 1}.");
            }
        }
        return this;
    }
}
