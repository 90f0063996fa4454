using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>A text as a model reads it, with the names of its positions.</summary>
/// <param name="Input">Token ids; of an encoder–decoder with a target.</param>
/// <param name="Encoding">The text's tokens.</param>
/// <param name="Tokens">Names of the positions whose output is read: of an encoder–decoder the target's.</param>
/// <param name="SourceTokens">Names of the text's own positions.</param>
internal sealed record InsideText(ModelInput Input, Encoding Encoding, string[] Tokens, string[] SourceTokens)
{
    private const int MostWritten = 64;

    /// <summary>Reads a text.</summary>
    /// <param name="loaded">The model.</param>
    /// <param name="text">The text.</param>
    /// <param name="context">A second text; null: none.</param>
    /// <param name="target">Of an encoder–decoder what it is made to write; null: what it writes by itself.</param>
    /// <exception cref="RequestException">There are no tokens, or too many.</exception>
    public static InsideText Of(LoadedModel loaded, string text, string? context = null, string? target = null)
    {
        ITransformer model = loaded.Model;
        Encoding encoding = context is null ? loaded.Tokenizer.Encode(text) : loaded.Tokenizer.Encode(text, context);
        if (encoding.Count == 0)
        {
            throw new RequestException(Fault.Text, "text: no tokens; expected at least one word.");
        }
        if (encoding.Count > model.Info.MaxPositions)
        {
            throw new RequestException(Fault.Text,
                $"text: too long; got {encoding.Count} tokens; expected at most {model.Info.MaxPositions}.");
        }
        ModelInput input = ModelInput.Of(encoding.Ids);
        input = encoding.TypeIds.Any(t => t != 0) ? input with { Types = Tensor.From(encoding.TypeIds, [1, encoding.Count]) } : input;
        string[] names = [.. encoding.Ids.Select(id => PromptPair.Spelt(loaded.Tokenizer, id))];
        if (model.Info.Task != ModelTask.SequenceToSequence)
        {
            return new(input, encoding, names, names);
        }
        ITokenizer written = loaded.Written ?? loaded.Tokenizer;
        int start = model.Info.DecoderStartId
            ?? throw new RequestException(Fault.Model, "model: no start token for its target; expected decoder_start_token_id.");
        int[] said = target is null ? Written((IGenerator)model, input) : written.Encode(target, special: false).Ids;
        int[] ids = [start, .. said];
        return new(input with { Target = ModelInput.Of(ids) }, encoding, [.. ids.Select(id => PromptPair.Spelt(written, id))], names);
    }

    /// <summary>Which of two texts each token belongs to, a special token to the one before it; null for one text.</summary>
    public int[]? Texts()
    {
        if (!Encoding.SequenceIds.Contains(1))
        {
            return null;
        }
        int text = 0;
        return [.. Encoding.SequenceIds.Select(id => text = id < 0 ? text : id)];
    }

    // Greedy, without the end.
    private static int[] Written(IGenerator model, ModelInput input)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        int[] ids = [.. model.Generate(input, model.GenerationDefaults with { NumBeams = 1, NumReturnSequences = 1,
            MaxNewTokens = Math.Min(MostWritten, model.Info.MaxPositions - 1) }).Sequences[0].Tokens];
        return ids is [.. var some, var last] && model.Info.EosIds.Contains(last) ? some : ids;
    }
}
