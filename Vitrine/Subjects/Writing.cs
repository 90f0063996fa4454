using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>How a model writes, and what it wrote.</summary>
internal static class Writing
{
    /// <summary>The checkpoint's own options, with those of a request over them.</summary>
    /// <exception cref="VitrineException">A number is out of range.</exception>
    public static GenerationOptions Options(WriteRequest request, IGenerator model)
    {
        GenerationOptions standard = model.GenerationDefaults;
        // takes the checkpoint's max_length away
        standard = request.MaxNewTokens is { } most ? standard with { MaxNewTokens = most } : standard;
        return standard with
        {
            NumBeams = request.Beams ?? standard.NumBeams,
            LengthPenalty = request.LengthPenalty ?? standard.LengthPenalty,
            Sample = request.Sample || standard.Sample,
            Temperature = request.Temperature ?? standard.Temperature,
            TopK = request.TopK ?? standard.TopK,
            TopP = request.TopP ?? standard.TopP,
            Seed = request.DrawSeed ?? standard.Seed,
            NumReturnSequences = 1,
        };
    }

    /// <summary>Lets the model write.</summary>
    /// <exception cref="RequestException">Its numbers are not finite.</exception>
    public static GeneratedSequence By(LoadedModel loaded, ExplainedText given, GenerationOptions options,
        IProgress<WorkProgress>? progress, CancellationToken cancellation) =>
        By(loaded, given, options, (_, _) => { }, progress, cancellation);

    /// <summary>The same, and every token is told with its ln p as soon as it is chosen, unless a search with beams may take it
    /// back.</summary>
    public static GeneratedSequence By(LoadedModel loaded, ExplainedText given, GenerationOptions options, Action<int, float> written,
        IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        options = loaded.Model.Info.Task == ModelTask.CausalLanguageModel ? options.For(given.Tokens.Count) : options;
        var counter = new WorkProgress.Named<int>(progress, "writing", done => (done, options.MaxNewTokens));
        GeneratedSequence all = Generator(loaded).Generate(ModelInput.Of(given.Ids), options, written, counter, cancellation).Sequences[0];
        _ = Choices.Finite(loaded, Tensor.From([.. all.LogProbabilities, 0], [all.LogProbabilities.Count + 1]));
        return all;
    }

    /// <summary>The model, as one that writes.</summary>
    /// <exception cref="RequestException">It does not.</exception>
    public static IGenerator Generator(LoadedModel loaded) => loaded.Model as IGenerator ?? throw new RequestException(
        Fault.Request, $"model: it writes no text; got {loaded.Model.Info.Architecture}; expected GPT-2, Llama or Marian. Try Predict "
            + $"('vitrine predict').");
}
