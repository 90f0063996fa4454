using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A model before and after interventions, position by position.</summary>
public static class InterventionEffect
{
    /// <summary>Compares predictions.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">One text.</param>
    /// <param name="variants">What to compare with the unchanged model: a name, and the interventions that are open together.</param>
    /// <param name="tokens">What positions are called.</param>
    /// <returns>
    /// Tables <c>best</c> <c>[variant, position]</c>: the best token, with its probability, the first row before; <c>kl</c>
    /// <c>[variant, position]</c>: KL(before ‖ after), nats; <c>changed</c>: 1 where the best token is another; <c>next</c>
    /// <c>[variant, rank]</c>: the best tokens of the last position; numbers <c>best tokens changed, …</c>: how many best tokens changed.
    /// </returns>
    public static InsideResult Compare(ITransformer model, ModelInput input,
        IReadOnlyList<(string Name, IReadOnlyList<Intervention> Changes)> variants, IReadOnlyList<string>? tokens = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(variants);
        using Recorder.Pause pause = Recorder.Suspend();
        Tensor before = LogProbabilities(model, input);
        int n = before.Shape[0];
        List<double> kl = [], best = [], changed = [], next = [];
        List<string> words = [], nextWords = [];
        Next(model, before, next, nextWords, tokens);
        int[] ownBest = Best(model, before, best, words, tokens);
        var numbers = new Dictionary<string, double>();
        foreach ((string name, IReadOnlyList<Intervention> changes) in variants)
        {
            using IDisposable scope = Intervention.OpenAll(model, changes);
            Tensor after = LogProbabilities(model, input);
            kl.AddRange(before.KlDiv(after).ToArray().Select(v => (double)v));
            int[] now = Best(model, after, best, words, tokens);
            changed.AddRange(now.Select((id, i) => id == ownBest[i] ? 0.0 : 1));
            Next(model, after, next, nextWords, tokens);
            numbers[$"best tokens changed, {name}"] = now.Where((id, i) => id != ownBest[i]).Count();
        }
        InsideAxis places = n == 1 ? new("position", ["text"]) : LogitLens.Places(model, n, tokens);
        InsideAxis all = new("variant", ["before", .. variants.Select(v => v.Name)]),
            changedOnes = new("variant", [.. variants.Select(v => v.Name)]);
        return new()
        {
            Method = "intervention",
            Numbers = numbers,
            Tables =
            [
                InsideTable.Of("best", "probability of the best token or label, which is the text of the cell", [.. best],
                    all, places) with { Texts = words },
                InsideTable.Of("kl", "KL(before ‖ after), nats", [.. kl], changedOnes, places),
                InsideTable.Of("changed", "1 where the best token or label is another than before", [.. changed], changedOnes, places),
                InsideTable.Of("next", "probability of the best tokens or labels of the last position", [.. next], all,
                    InsideAxis.Numbered("rank", next.Count / (variants.Count + 1))) with { Texts = nextWords },
            ],
            Parameters = variants.ToDictionary(v => v.Name, v => string.Join("; ", v.Changes.Select(c => c.Description))),
        };
    }

    // The best of the last row.
    private static void Next(ITransformer model, Tensor logP, List<double> values, List<string> words,
        IReadOnlyList<string>? tokens)
    {
        double[] last = [.. logP.Select(0, logP.Shape[0] - 1).ToArray().Select(v => (double)v)];
        foreach (int id in Enumerable.Range(0, last.Length).OrderByDescending(i => last[i]).Take(5))
        {
            values.Add(Math.Exp(last[id]));
            words.Add(LogitLens.Word(model, id, tokens));
        }
    }

    private static int[] Best(ITransformer model, Tensor logP, List<double> values, List<string> words, IReadOnlyList<string>? tokens)
    {
        (int n, int classes) = (logP.Shape[0], logP.Shape[1]);
        float[] all = logP.ToArray();
        int[] best = new int[n];
        for (int i = 0; i < n; i++)
        {
            ReadOnlySpan<float> row = all.AsSpan(i * classes, classes);
            for (int c = 1; c < classes; c++)
            {
                best[i] = row[c] > row[best[i]] ? c : best[i];
            }
            values.Add(Math.Exp(row[best[i]]));
            words.Add(LogitLens.Word(model, best[i], tokens));
        }
        return best;
    }

    private static Tensor LogProbabilities(ITransformer model, ModelInput input)
    {
        Tensor logits = LogitLens.Rows(model, model.Forward(input));
        return logits.Reshape([logits.Shape.Elements / logits.Shape[^1], logits.Shape[^1]]).LogSoftmax();
    }
}
