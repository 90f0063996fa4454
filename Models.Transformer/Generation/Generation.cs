using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>Letting a model write: greedy search, sampling, beam search, or a target forced upon it.</summary>
public static class Generation
{
    /// <summary>Continues every row of the input.</summary>
    /// <param name="model">GPT-2, Llama or Marian.</param>
    /// <param name="input">Prompts, padded in front (<see cref="ModelInput.Batch"/>, left); Marian: sources, padded at the end, and
    /// optionally the beginning of the target.</param>
    /// <param name="options">How; null: <see cref="IGenerator.GenerationDefaults"/>.</param>
    /// <param name="progress">Told the number of tokens done, after each.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <exception cref="ModelException">Options that contradict each other.</exception>
    /// <exception cref="ShapeException">Prompts that are padded at the end, or too long for the model with the tokens to come.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static GenerationResult Generate(
        this IGenerator model, ModelInput input, GenerationOptions? options = null, IProgress<int>? progress = null,
        CancellationToken cancellation = default) => Generate(model, input, options, (_, _) => { }, progress, cancellation);

    /// <summary>The same, and every token is told as soon as it is chosen.</summary>
    /// <param name="model">GPT-2, Llama or Marian.</param>
    /// <param name="input">Prompts, padded in front; Marian: sources, padded at the end.</param>
    /// <param name="options">How; null: <see cref="IGenerator.GenerationDefaults"/>.</param>
    /// <param name="written">Given every token of the first row and its ln p; not by beam search, which may take tokens back.</param>
    /// <param name="progress">Told the number of tokens done, after each.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <exception cref="ModelException">Options that contradict each other.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static GenerationResult Generate(
        this IGenerator model, ModelInput input, GenerationOptions? options, Action<int, float> written, IProgress<int>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(written);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        options ??= model.GenerationDefaults;
        options.Validate(model.Info.VocabSize);
        var decode = new Decode(model, input, options);
        options = (uint)decode.Options.Fill < (uint)model.Info.VocabSize ? decode.Options : decode.Options with { PadId = 0 };
        return options.NumBeams > 1
            ? new BeamSearch(decode, options).Run(progress, cancellation)
            : new Search(decode, options).Run(written, progress, cancellation);
    }

    /// <summary>Scores targets that are given: one forward pass for all their tokens, each seen given those before it.</summary>
    /// <param name="model">GPT-2, Llama or Marian.</param>
    /// <param name="input">One prompt (Marian: source), without padding: a batch of 1.</param>
    /// <param name="target">The new tokens.</param>
    /// <returns>The target as a sequence, with ln p of each token and their sum as score.</returns>
    /// <exception cref="ShapeException">More than one row, no target, or too long for the model.</exception>
    public static GeneratedSequence Force(this IGenerator model, ModelInput input, params int[] target)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(target);
        var decode = new Decode(model, input, model.GenerationDefaults with { MaxNewTokens = Math.Max(1, target.Length) });
        if (decode.Rows != 1 || target.Length == 0)
        {
            throw new ShapeException($"force: got {decode.Rows} rows and {target.Length} target tokens; "
                + $"expected one row and at least one token.");
        }
        int[] prompt = decode.Prompts[0];
        int[] all = [.. prompt, .. target[..^1]];
        Tensor ids = Tensor.From(all, [1, all.Length]);
        ModelInput forced = model.Info.Task == ModelTask.SequenceToSequence
            ? input with { Target = new() { Ids = ids } } : new() { Ids = ids };
        Tensor hidden = model.Hidden(forced).Slice(1, prompt.Length - 1, target.Length);       // the positions that predict the target
        Tensor logP = model.Logits(hidden).LogSoftmax();                                       // [1, target, vocab]
        int vocab = logP.Shape[2];
        float[] all1 = logP.ToArray();
        float[] each = [.. target.Select((token, i) => all1[(i * vocab) + token])];
        return new(0, prompt, target, each, each.Sum(x => (double)x));
    }
}
