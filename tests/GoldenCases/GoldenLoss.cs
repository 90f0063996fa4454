using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests;

/// <summary>
/// loss and loss_and_grads: Hugging Face's losses by task, and their gradients with respect to every weight, under its names.
/// </summary>
internal static class GoldenLoss
{
    public static void Run(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ITransformer model = golden.Model;
        ModelInput input = GoldenForward.Input(one);
        if (one.Has("labels_masked")) // two losses: without padding and labels hidden, and with
        {
            Tensor logits = model.Forward(new() { Ids = input.Ids });
            float loss = Shifted(logits, input.Ids!).Item();
            check.Close("loss", [1], [loss]);
            check.Close("perplexity", [1], [MathF.Exp(loss)]);
            check.Close("loss_masked", [1], [Shifted(model.Forward(input), one.Ints("labels_masked")!).Item()]);
            float[] logP = TokenLogProbabilities(logits, input.Ids!.ToIntArray());
            check.Close("token_logprob", null, logP);
            int perRow = logP.Length / input.Ids.Shape[0];
            check.Close("perplexity_per_sequence", null, [.. logP.Chunk(perRow).Select(row => MathF.Exp(-row.Average()))]);
            return;
        }
        check.Close("loss", [1], [Loss(model, one).Item()]);
    }

    public static void Gradients(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ITransformer model = golden.Model;
        Parameter[] trained = [.. model.Parameters.Where(p => !p.IsBuffer)];
        using var tape = new Tape();
        tape.Watch(trained.Select(p => p.Value));
        Tensor loss = Loss(model, one);
        Gradients gradients = tape.Gradient(loss, [.. trained.Select(p => p.Value)]);

        check.Close("loss", [1], [loss.Item()]);
        Dictionary<string, Tensor> stored = ParameterLayout.Stored(trained, p => gradients[p.Value])
            .ToDictionary(t => t.Name, t => t.Value);
        foreach (string key in one.Expected.Keys.Where(key => key != "loss"))
        {
            string name = key[(key.IndexOf(':', StringComparison.Ordinal) + 1)..];
            if (!stored.TryGetValue(name, out Tensor? gradient))
            {
                check.Fail($"{key}: no parameter lies under that name");
                continue;
            }
            float[] values = gradient.ToArray();
            if (key.StartsWith("gradnorm:", StringComparison.Ordinal))
            {
                check.Close(key, [1], [(float)Math.Sqrt(values.Sum(x => (double)x * x))]);
            }
            else
            {
                check.Close(key, gradient);
            }
        }
    }

    /// <summary>The loss of a case by the model's task and its labels.</summary>
    public static Tensor Loss(ITransformer model, GoldenCase one)
    {
        ModelInput input = PaddingHeldConstant(model, GoldenForward.Input(one));
        if (one.Ints("start_positions") is { } starts && one.Ints("end_positions") is { } ends)
        {
            Tensor spans = model.Forward(input);
            return (spans.Select(-1, 0).CrossEntropy(starts) + spans.Select(-1, 1).CrossEntropy(ends)).Scale(0.5f);
        }
        Tensor labels = one.Ints("labels") ?? input.Ids!;
        switch (model.Info.Task)
        {
            case ModelTask.CausalLanguageModel:
                return Shifted(model.Forward(input), labels);
            case ModelTask.SequenceToSequence:
                Tensor target = ShiftRight(labels, model.Info);
                return model.Forward(input with
                {
                    Embeddings = Embed(model, input.Ids!),
                    Target = new() { Embeddings = Embed(model, target) }
                }).CrossEntropy(labels);
            default:
                return model.Forward(input).CrossEntropy(labels);
        }
    }

    /// <summary>
    /// Encoders read embeddings whose padding word is a constant, at the positions that they would read off the ids.
    /// </summary>
    private static ModelInput PaddingHeldConstant(ITransformer model, ModelInput input)
    {
        if (model.Info.Task is ModelTask.CausalLanguageModel or ModelTask.SequenceToSequence || model.Info.PadId is not { } pad)
        {
            return input;
        }
        bool past = model.Info.ModelType is "roberta" or "xlm-roberta";
        Tensor? positions = past ? Masks.PositionsPastPadding(input.Ids!, pad) : null;
        return input with { Embeddings = Embed(model, input.Ids!), Positions = positions };
    }

    /// <summary>torch's Embedding(padding_idx) looks the padding word up but sends it no gradient: here it is a constant.</summary>
    private static Tensor Embed(ITransformer model, Tensor ids)
    {
        int? pad = model.Info.ModelType == "t5" ? null : model.Info.PadId; // T5's table knows no padding
        float[] padding = [.. ids.ToIntArray().Select(id => id == pad ? 1f : 0f)];
        Tensor isPadding = Tensor.From(padding, ids.Shape.Append(1)), x = model.Embed(ids);
        Tensor constant = Tensor.From(x.ToArray(), x.Shape);
        return (x * isPadding.Scale(-1, 1)) + (constant * isPadding);
    }

    /// <summary>Each position predicts the next token.</summary>
    private static Tensor Shifted(Tensor logits, Tensor labels)
    {
        int positions = labels.Shape[1];
        int[] next = [.. labels.ToIntArray().Chunk(positions).SelectMany(row => row[1..])];
        return logits.Slice(1, 0, positions - 1).CrossEntropy(Tensor.From(next, [labels.Shape[0], positions - 1]));
    }

    /// <summary>The decoder reads the labels one step later, after its start token.</summary>
    private static Tensor ShiftRight(Tensor labels, ModelInfo info)
    {
        int start = info.DecoderStartId!.Value, pad = info.PadId!.Value;
        int[] shifted = [.. labels.ToIntArray().Chunk(labels.Shape[1])
            .SelectMany(row => (int[])[start, .. row[..^1].Select(id => id < 0 ? pad : id)])];
        return Tensor.From(shifted, labels.Shape);
    }

    private static float[] TokenLogProbabilities(Tensor logits, int[] ids)
    {
        (int batch, int positions, int vocab) = (logits.Shape[0], logits.Shape[1], logits.Shape[2]);
        float[] logP = logits.LogSoftmax().ToArray();
        return [.. Enumerable.Range(0, batch).SelectMany(row => Enumerable.Range(0, positions - 1).Select(pos =>
            logP[(((row * positions) + pos) * vocab) + ids[(row * positions) + pos + 1]]))];
    }
}
