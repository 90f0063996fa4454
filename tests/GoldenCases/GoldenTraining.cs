using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests;

/// <summary>train_grads and train_step: loss, gradients, clipping, and the weights after steps of AdamW and SGD.</summary>
internal static class GoldenTraining
{
    public static void Run(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        var run = new TrainingRun(golden.Folder, one);
        (float loss, Gradients gradients) = run.Gradients();
        check.Close("loss", [1], [loss]);
        foreach ((string name, Tensor gradient) in run.Stored(p => run.WithoutPadding(p, gradients[p.Value])))
        {
            Compare("grad", name, gradient, run.Skip(name), one, check);
        }
        if (one.Expected.ContainsKey("global_grad_norm"))
        {
            float norm = GradientNorm.Global(gradients, run.Weights);
            check.Close("global_grad_norm", [1], [norm]);
            check.Close("clip_total_norm", [1], [norm]);
            Sgd(new TrainingRun(golden.Folder, one), check);
            AdamW(run, one, check);
        }
    }

    /// <summary>Two steps on the same batch, with the constants that the golden case names.</summary>
    private static void AdamW(TrainingRun run, GoldenCase one, GoldenCheck check)
    {
        var adam = new AdamW(run.Weights, new AdamWOptions { WeightDecay = 0.01f });
        adam.Step(run.Gradients().Gradients, learningRate: 0.01f);
        foreach ((string name, Tensor weight) in run.Stored(p => p.Value))
        {
            Compare("after", name, weight, run.Skip(name), one, check);
        }
        (float loss, Gradients gradients) = run.Gradients();
        check.Close("loss_after_1", [1], [loss]);
        adam.Step(gradients, learningRate: 0.01f);
        check.Close("loss_after_2", [1], [run.Gradients().Loss]);
    }

    private static void Sgd(TrainingRun run, GoldenCheck check)
    {
        Gradients gradients = run.Gradients().Gradients;
        float step = 0.1f * GradientNorm.ClipFactor(GradientNorm.Global(gradients, run.Weights), limit: 1);
        foreach (Tensor weight in run.Weights)
        {
            Weights.Write(weight, (weight - gradients[weight].Scale(step)).ToArray());
        }
        check.Close("sgd_clip1_loss_after", [1], [run.Gradients().Loss]);
    }

    /// <summary>Where a tensor is recorded whole it is compared whole, and always by its length.</summary>
    private static void Compare(string what, string name, Tensor actual, Func<int, bool>? skip, GoldenCase one, GoldenCheck check)
    {
        if (one.Expected.ContainsKey($"{what}:{name}"))
        {
            check.Close($"{what}:{name}", actual, skip);
        }
        float norm = MathF.Sqrt((float)actual.ToArray().Sum(x => (double)x * x));
        check.Close($"{what}norm:{name}", [1], [norm], skip is null ? null : _ => true);
    }

    /// <summary>A model of its own with writable weights, and the loss of one golden batch.</summary>
    private sealed class TrainingRun
    {
        private readonly ITransformer _model;
        private readonly GoldenCase _one;

        public TrainingRun(string folder, GoldenCase one)
        {
            (_model, _one) = (ModelLoader.Load(folder), one);
            foreach (Parameter parameter in _model.Parameters)
            {
                parameter.Value = Tensor.From(parameter.Value.ToArray(), parameter.Value.Shape).AsWeight();
            }
            Weights = [.. _model.Parameters.Where(p => !p.IsBuffer).Select(p => p.Value)];
        }

        public Tensor[] Weights { get; }

        public (float Loss, Gradients Gradients) Gradients()
        {
            using var tape = new Tape();
            tape.Watch(Weights);
            Tensor loss = Loss();
            return (loss.Item(), tape.Gradient(loss, Weights));
        }

        /// <summary>A quantity of every parameter, in the layout of the checkpoint.</summary>
        public IEnumerable<(string Name, Tensor Value)> Stored(Func<Parameter, Tensor> value)
        {
            const string Tied = "roberta.embeddings.word_embeddings.weight", Other = "lm_head.decoder.weight"; // one case has this name
            bool other = _one.Expected.ContainsKey($"gradnorm:{Other}");
            return ParameterLayout.Stored(_model.Parameters.Where(p => !p.IsBuffer), value)
                .Select(stored => (other && stored.Name == Tied ? Other : stored.Name, stored.Value));
        }

        /// <summary>
        /// What cannot be compared. The biases of keys have no influence (softmax ignores a shift), so their gradient is rounding noise
        /// that AdamW turns into steps of full length. And PyTorch zeroes the gradient of the padding word's row.
        /// </summary>
        public Func<int, bool>? Skip(string name)
        {
            int d = _model.Info.DModel;
            return name.EndsWith("c_attn.bias", StringComparison.Ordinal) ? i => i >= d && i < 2 * d
                : name.EndsWith("key.bias", StringComparison.Ordinal) || name == "bert.embeddings.word_embeddings.weight" ? _ => true
                : null;
        }

        /// <summary>torch holds the row of RoBERTa's padding position constant: no gradient reaches it.</summary>
        public Tensor WithoutPadding(Parameter parameter, Tensor gradient)
        {
            if (parameter.Name != "embed.pos_embed.W_pos" || _model.Info.ModelType is not ("roberta" or "xlm-roberta"))
            {
                return gradient;
            }
            float[] kept = [.. Enumerable.Range(0, gradient.Shape[0]).Select(row => row == _model.Info.PadId ? 0f : 1f)];
            return gradient * Tensor.From(kept, [kept.Length, 1]);
        }

        private Tensor Loss() => GoldenLoss.Loss(_model, _one);
    }
}
