// Probing: can a simple classifier tell a label from the activations at a place of the model? Alain and Bengio 2016, “Understanding
// intermediate layers using linear classifier probes”; control tasks after Hewitt and Liang 2019, “Designing and interpreting probes”.
using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>Learns probes on hook points of a model and judges them on texts they have not seen.</summary>
public sealed class Probing
{
    private readonly ITransformer _model;
    private readonly ProbeOptions _options;
    private readonly ProbeExamples _examples;
    private readonly Probe[] _probes;
    private readonly bool[] _isTest;
    private readonly IReadOnlyList<(string Hook, int Width)> _points;

    /// <summary>Prepares a probing: everything that can be wrong is found here, before the work.</summary>
    /// <param name="model">The model, with its tokenizer.</param>
    /// <param name="texts">Labelled texts; those that are equal fall on one side of the split.</param>
    /// <param name="options">How.</param>
    /// <exception cref="TrainingException">The data cannot be learned from, or an option is out of range.</exception>
    /// <exception cref="HookException">A hook point does not exist.</exception>
    public Probing(ITransformer model, IReadOnlyList<ProbeText> texts, ProbeOptions options)
    {
        (_model, _options) = (model, options);
        if (texts.Count == 0)
        {
            throw new TrainingException("probe: no data; got no text; expected labelled ones.");
        }
        if (options.TestPart is not (> 0 and < 1) || options.C is not (> 0 and < double.PositiveInfinity) || options.Positions < 0)
        {
            throw new TrainingException(string.Create(CultureInfo.InvariantCulture,
                $"probe: out of range; got test {options.TestPart}, c {options.C}, positions {options.Positions}; "
                + $"expected a test part between 0 and 1, a positive c, and no negative number of positions."));
        }
        _probes = [.. options.Probes.Select(name => Probe.Get(name) is LogisticProbe ? new LogisticProbe(options.C) : Probe.Get(name))];
        _examples = ProbeExamples.Of(texts, model, options.Pooling);
        HashSet<int> test = [.. HeldOut.Split(Enumerable.Range(0, texts.Count), text => texts[text].Text, options.TestPart,
            options.Seed).Held];
        _isTest = [.. Enumerable.Range(0, texts.Count).Select(test.Contains)];
        foreach ((int index, string label) in _examples.Classes.Index())
        {
            int all = _examples.All.Count(e => e.Class == index), judged = _examples.All.Count(e => e.Class == index && _isTest[e.Text]);
            if (all - judged < 2 || judged < 1)
            {
                throw new TrainingException(
                    $"probe: too few examples of a class; got {all} of '{label}', {all - judged} to learn from and {judged} to judge by; "
                    + $"expected at least 2 and 1. Add some, leave the class out, or try another --seed.");
            }
        }
        _points = Activations.Points(model, options.Hooks, _examples.Encodings.MaxBy(encoding => encoding.Count)!);
    }

    /// <summary>Learns and judges.</summary>
    /// <param name="progress">The part done, 0–1.</param>
    /// <param name="cancellation">Checked often.</param>
    public ProbeReport Run(IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ProbeExample[] at = [.. Enumerable.Range(0, _options.Positions).SelectMany(_examples.At)], all = [.. _examples.All, .. at];
        int[] pooled = [.. Enumerable.Range(0, _examples.All.Count)];
        int[][] positions = [.. Enumerable.Range(0, _options.Positions)
            .Select(p => Enumerable.Range(pooled.Length, at.Length).Where(i => all[i].Tokens[0] == p).ToArray())];
        int[] truth = [.. all.Select(e => e.Class)], control = Control(all);
        List<ProbeScore> scores = [];
        List<PositionScore> map = [];
        for (int first = 0, next; first < _points.Count; first = next)
        {
            next = Fitting(first, all.Length);
            (string Hook, int Width)[] points = [.. _points.Skip(first).Take(next - first)];
            (double from, double part) = ((double)first / _points.Count, (double)points.Length / _points.Count);
            float[][] tables = Activations.Collect(_model, points, _examples.Encodings, all,
                done => progress?.Report(from + (part * done / 2)), cancellation);

            List<Func<object>> work = [];
            foreach ((int index, (string hook, int width)) in points.Index())
            {
                work.AddRange(_probes.Select(probe => (Func<object>)(() => Score(hook, probe, tables[index], width, pooled, all, truth,
                    control, cancellation))));
                work.AddRange(positions.Index()
                    .Select(p => (Func<object>)(() => Score(hook, p.Index, tables[index], width, p.Item, all, truth, cancellation))));
            }
            object[] results = new object[work.Count];
            int ended = 0;
            Workers.For(work.Count, (start, end) =>
            {
                for (int i = start; i < end; i++)
                {
                    results[i] = work[i]();
                    progress?.Report(from + (part * (1 + ((double)Interlocked.Increment(ref ended) / work.Count)) / 2));
                }
            });
            scores.AddRange(results.OfType<ProbeScore>());
            map.AddRange(results.OfType<PositionScore>());
        }
        int[] judged = [.. pooled.Where(i => _isTest[all[i].Text])], learned = [.. pooled.Except(judged)];
        return new(_examples.Classes, learned.Length, judged.Length, Majority(truth, learned, judged), scores, map,
            [.. Enumerable.Range(0, _options.Positions).Select(Label)]);
    }

    /// <summary>How many hook points, from one on, fit into the memory that may be used; at least one.</summary>
    private int Fitting(int first, int examples)
    {
        int next = first + 1;
        for (long bytes = 4L * examples * _points[first].Width; next < _points.Count
            && (bytes += 4L * examples * _points[next].Width) <= _options.Memory;)
        {
            next++;
        }
        return next;
    }

    private ProbeScore Score(string hook, Probe probe, float[] table, int width, int[] rows, ProbeExample[] examples, int[] truth,
        int[] control, CancellationToken cancellation)
    {
        Split split = Learn(probe, table, width, rows, examples, truth, cancellation);
        (Estimate accuracy, Estimate f1) = ProbeStatistics.Judge(
            [.. split.Judged.Select(i => truth[i])], split.Predicted, [.. split.Judged.Select(i => examples[i].Text)],
            _examples.Classes.Length, _options.Seed);
        double? other = _options.Control ? Learn(probe, table, width, rows, examples, control, cancellation).Accuracy : null;
        return new(hook, probe.Name, accuracy, f1, split.TrainingAccuracy, other);
    }

    private PositionScore Score(string hook, int position, float[] table, int width, int[] rows, ProbeExample[] examples, int[] truth,
        CancellationToken cancellation)
    {
        int[] judged = [.. rows.Where(i => _isTest[examples[i].Text])], learned = [.. rows.Except(judged)];
        return judged.Length == 0 || learned.Select(i => truth[i]).Distinct().Count() < 2
            ? new(hook, position, double.NaN, double.NaN, judged.Length)
            : new(hook, position, Learn(_probes[0], table, width, rows, examples, truth, cancellation).Accuracy,
                Majority(truth, learned, judged), judged.Length);
    }

    private Split Learn(Probe probe, float[] table, int width, int[] rows, ProbeExample[] examples, int[] truth,
        CancellationToken cancellation)
    {
        int[] judged = [.. rows.Where(i => _isTest[examples[i].Text])], learned = [.. rows.Where(i => !_isTest[examples[i].Text])];
        (Features training, Features test) = (Features.Of(table, width, learned), Features.Of(table, width, judged));
        (double[] mean, double[] deviation) = training.Moments(); // of the training examples only: the test stays unseen
        training.Standardise(mean, deviation);
        test.Standardise(mean, deviation);
        int classes = _examples.Classes.Length;
        int[] known = [.. learned.Select(i => truth[i])];
        Classifier classifier = probe.Learn(training, known, classes, cancellation);
        int[] predicted = Probe.Predict(classifier, test, classes), again = Probe.Predict(classifier, training, classes);
        return new(judged, predicted,
            (double)predicted.Index().Count(p => p.Item == truth[judged[p.Index]]) / judged.Length,
            (double)again.Index().Count(p => p.Item == known[p.Index]) / known.Length);
    }

    /// <summary>The control task: every word type gets a random label of its own, drawn as often as the real ones occur.</summary>
    private int[] Control(ProbeExample[] examples) =>
        [.. examples.Select(e => _examples.All[RandomAt.Of(_options.Seed, e.Word).Next(_examples.All.Count)].Class)];

    private static double Majority(int[] truth, int[] learned, int[] judged)
    {
        int most = learned.GroupBy(i => truth[i]).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).First().Key;
        return (double)judged.Count(i => truth[i] == most) / judged.Length;
    }

    private string Label(int position)
    {
        string[] pieces = [.. _examples.Encodings.Where(encoding => encoding.Count > position).Select(encoding => encoding.Pieces[position])
            .Distinct().Take(2)];
        return pieces is [string only] ? only : position.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>What a probe says of the examples it has not seen.</summary>
    private readonly record struct Split(int[] Judged, int[] Predicted, double Accuracy, double TrainingAccuracy);
}
