using System.Diagnostics;
using System.Globalization;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Samples;

/// <summary>Trains a BERT classifier on <see cref="Lessons"/>: AdamW, warm-up and linear decay, clipped gradients, averaged weights.</summary>
internal sealed class Trainer
{
    private readonly ITransformer _model;
    private readonly Recipe _recipe;
    private readonly Lessons _lessons;
    private readonly Tensor[] _weights;
    private readonly AdamW _adam;
    private readonly WeightAverage _average;
    private readonly LearningRateSchedule _schedule;
    private readonly Random _random;
    private readonly TextWriter _progress;

    /// <param name="model">The model to train; its weights are replaced by copies that may be written.</param>
    /// <param name="lessons">What it learns.</param>
    /// <param name="recipe">How.</param>
    /// <param name="progress">Where the progress line goes.</param>
    public Trainer(ITransformer model, Lessons lessons, Recipe recipe, TextWriter progress)
    {
        (_model, _lessons, _recipe, _random, _progress) = (model, lessons, recipe, new Random(recipe.Seed), progress);
        foreach (Parameter parameter in model.Parameters)
        {
            // Memory of our own: what the loader gave may be a view of a mapped file.
            parameter.Value = Tensor.From(parameter.Value.ToArray(), parameter.Value.Shape).AsWeight();
        }

        _weights = [.. model.Parameters.Select(p => p.Value)];
        _adam = new AdamW(_weights, new AdamWOptions { Beta2 = recipe.Beta2, WeightDecay = recipe.WeightDecay, Decays = AdamWOptions.MatricesOnly });
        _average = new WeightAverage(_weights, recipe.AverageDecay);
        int steps = recipe.Epochs * ((lessons.CountPerEpoch / recipe.BatchSize) + 20);
        _schedule = new LearningRateSchedule(recipe.LearningRate, (int)(recipe.WarmUp * steps), steps);
    }

    /// <summary>Trains; after every epoch the model holds the averaged weights while <paramref name="afterEpoch"/> runs.</summary>
    /// <param name="afterEpoch">Told the epoch, from 1.</param>
    public void Run(Action<int> afterEpoch)
    {
        for (int epoch = 1; epoch <= _recipe.Epochs; epoch++)
        {
            var clock = Stopwatch.StartNew();
            Lesson[][] batches = _lessons.Epoch(_random);
            double loss = 0;
            for (int i = 0; i < batches.Length; i++)
            {
                loss += Step(batches[i]);
                if ((i + 1) % 50 == 0 || i + 1 == batches.Length)
                {
                    Report(epoch, i + 1, batches.Length, loss / (i + 1), clock.Elapsed);
                }
            }

            _progress.WriteLine();
            _average.Swap();
            afterEpoch(epoch);
            _average.Swap();
        }

        _average.Swap();
    }

    private float Step(Lesson[] batch)
    {
        float value;
        Gradients gradients;
        using (var tape = new Tape())
        {
            tape.Watch(_weights);
            Tensor loss = Loss(batch);
            value = loss.Item();
            gradients = tape.Gradient(loss, _weights);
        }

        float norm = GradientNorm.Global(gradients, _weights);
        if (!float.IsFinite(value) || !float.IsFinite(norm))
        {
            throw new VitrineException($"train: loss {value}, gradient norm {norm} at step {_adam.Steps}; expected finite numbers. Lower the learning rate.");
        }

        _adam.Step(gradients, _schedule.At(_adam.Steps + 1), GradientNorm.ClipFactor(norm, _recipe.GradientLimit));
        _average.Update();
        return value;
    }

    /// <summary>Cross-entropy against the lessons' probabilities, mean over the batch. Dropout is an intervention at BERT's four places: no layer knows of it.</summary>
    private Tensor Loss(Lesson[] batch)
    {
        int seed = _adam.Steps * 100;
        Tensor Drop(Tensor x) => x.Dropout(_recipe.Dropout, seed++);
        using HookScope embed = _model.Intervene("hook_full_embed", Drop), pooled = _model.Intervene("pooler.hook_pooler_out", Drop);
        using HookScope attention = _model.Intervene("blocks.*.hook_attn_out", Drop), mlp = _model.Intervene("blocks.*.hook_mlp_out", Drop);
        Tensor logits = _model.Forward(ModelInput.Batch([.. batch.Select(l => l.Ids)], pad: 0));           // [batch, label]
        Tensor targets = Tensor.From([.. batch.SelectMany(l => new[] { 1 - l.Positive, l.Positive })], logits.Shape);
        return (logits.LogSoftmax() * targets).Sum().Scale(-1f / batch.Length);
    }

    private void Report(int epoch, int step, int steps, double loss, TimeSpan elapsed) => _progress.Write(string.Create(
        CultureInfo.InvariantCulture,
        $"\repoch {epoch}  {step}/{steps}  loss {loss:F4}  {elapsed.TotalSeconds:F0} s  left {elapsed.TotalSeconds * (steps - step) / step:F0} s   "));
}
