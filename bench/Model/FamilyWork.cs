using System.Text.Json.Nodes;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>What a family's model is timed at, whatever its task: reading a text, the gradient of one score of it, writing.</summary>
internal sealed class FamilyWork
{
    private const int Prompt = 8; // tokens before those that are written: a prompt costs no more than a step

    private readonly ITransformer _model;
    private readonly int[] _ids;
    private readonly int _written;
    private readonly Tensor _embeddings; // of the text
    private readonly ScoreFunction _score;

    /// <param name="model">A classifier of texts, a decoder or an encoder–decoder.</param>
    /// <param name="tokens">Length of the text, and of the target of an encoder–decoder.</param>
    /// <param name="written">How many tokens are written.</param>
    public FamilyWork(ITransformer model, int tokens, int written)
    {
        (_model, _written) = (model, written);
        _ids = [.. Enumerable.Range(0, tokens).Select(i => 3 + (int)(i * 7919L % (model.Info.VocabSize - 3)))];
        _embeddings = model.Embed(Tensor.From(_ids, [1, tokens]));
        ExplainedText text = ExplainedText.Of(_ids);
        _score = model switch
        {
            ILanguageModel { Info.Task: ModelTask.SequenceToSequence } writer =>
                Targets.Translation(writer, text, text, [new(tokens - 1, 3)], "logit", TranslationSides.Source),
            ILanguageModel decoder => Targets.Words(decoder, text, [new(tokens - 1, 3)], "logit"),
            _ => Targets.Labels(model, text, [0]),
        };
    }

    /// <summary>All scores of a text: logits of every position, or of the labels.</summary>
    public void Forward()
    {
        ModelInput input = new() { Embeddings = _embeddings };
        _ = _model.Forward(_model.Info.Task == ModelTask.SequenceToSequence ? input with { Target = input } : input);
    }

    /// <summary>Gradient of one label or one word's logit.</summary>
    public void Saliency() => _ = new Saliency().Attribute(_score, AttributionRequest.Default);

    /// <summary>Greedy search after a short prompt; null where the model does not write.</summary>
    public Action? Greedy => _model is not IGenerator writer ? null : () => _ = writer.Generate(
        new() { Ids = Tensor.From(_ids.AsSpan(0, Prompt), [1, Prompt]) },
        writer.GenerationDefaults with { MaxNewTokens = _written, MinNewTokens = _written });

    /// <summary>A GPT-2 of the same width, depth, heads and vocabulary, with the same task.</summary>
    public static JsonObject Twin(ITransformer model)
    {
        ModelInfo info = model.Info;
        bool labels = info.Task == ModelTask.SequenceClassification;
        return new()
        {
            ["model_type"] = "gpt2",
            ["architectures"] = new JsonArray(labels ? "GPT2ForSequenceClassification" : "GPT2LMHeadModel"),
            ["vocab_size"] = info.VocabSize,
            ["n_positions"] = 512,
            ["n_embd"] = info.DModel,
            ["n_layer"] = info.NLayers + info.NDecoderLayers,
            ["n_head"] = info.NHeads,
            ["n_inner"] = model.Parameters.First(p => p.Name.EndsWith("mlp.W_in", StringComparison.Ordinal)).Shape[1],
        };
    }
}
