using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>What a model holds in addition to its weights while it works, in bytes per token.</summary>
public static class WorkingMemory
{
    private const int Tokens = 32;

    /// <summary>
    /// What a recorded pass keeps of each token until its gradient is made: measured on two texts, of 16 and of 32 tokens, so that what
    /// does not grow with the text cancels. Of an encoder–decoder, a token stands for one of the source and one of the target.
    /// </summary>
    /// <param name="model">The model; it runs twice.</param>
    public static long KeptPerToken(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        int most = Math.Min(Tokens, model.Info.MaxPositions), few = most / 2;
        return (Kept(model, most) - Kept(model, few)) / (most - few);
    }

    /// <summary>What the key–value cache keeps of each token that is read or written; of the source alone with
    /// <paramref name="ofSource"/>.</summary>
    /// <param name="model">A model that writes.</param>
    /// <param name="ofSource">Whether what cross-attention keeps of the source is asked for.</param>
    public static long CachedPerToken(ITransformer model, bool ofSource = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        string attention = ofSource ? "cross_attn" : "attn";
        IEnumerable<string> cached = model.HookPoints.Select(point => point.Name)
            .Where(name => name.EndsWith($".{attention}.hook_k", StringComparison.Ordinal)
                || name.EndsWith($".{attention}.hook_v", StringComparison.Ordinal))
            .Where(name => !name.StartsWith("encoder.", StringComparison.Ordinal))
            .Select(name => name.Replace("hook_k", "W_K", StringComparison.Ordinal).Replace("hook_v", "W_V", StringComparison.Ordinal));
        return cached.Sum(name => (model.Find(name)?.Shape[1] ?? 0L) * sizeof(float));
    }

    private static long Kept(ITransformer model, int tokens)
    {
        Tensor words = model.Embed(Tensor.From([.. Enumerable.Range(0, tokens).Select(i => (int)(i * 7919L % model.Info.VocabSize))],
            [1, tokens]));
        words = model.Info.Task == ModelTask.MultipleChoice ? words.Reshape(words.Shape.Prepend(1)) : words;
        using var tape = new Tape();
        ModelInput input = new() { Embeddings = words };
        input = model.Info.Task == ModelTask.SequenceToSequence ? input with { Target = input } : input;
        // attribution makes the logits of the positions that it asks about, not of all
        _ = model is ILanguageModel writer ? writer.Hidden(input) : model.Forward(input);
        return tape.KeptBytes;
    }
}
