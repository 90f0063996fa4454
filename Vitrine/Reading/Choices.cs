using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>What a model says of a text, for each task, most probable first.</summary>
internal static class Choices
{
    /// <summary>The labels of a whole text.</summary>
    public static Choice[] Labels(LoadedModel loaded, ExplainedText text)
    {
        ITransformer model = loaded.Model;
        Tensor logits = Finite(loaded, model.Forward(Input(text)));
        if (model.Info.IsNumber)
        {
            return [.. logits.ToArray().Select((value, i) => new Choice(i, model.Info.Labels[i], double.NaN) { Value = value })];
        }
        return Ranked((model.Info.IsMultiLabel ? logits.Sigmoid() : logits.Softmax()).ToArray(), i => model.Info.Labels[i]);
    }

    /// <summary>The options of a multiple choice.</summary>
    public static Choice[] Options(LoadedModel loaded, IReadOnlyList<ExplainedText> options, IReadOnlyList<string> names)
    {
        ScoreFunction all = Targets.Options(loaded.Model, options, [.. Enumerable.Range(0, options.Count)], "probability");
        return Ranked(Finite(loaded, all.Score([.. all.Sides.Select(side => side.Embeddings.Reshape([1, .. side.Embeddings.Shape.Axes]))]))
            .ToArray(), i => names[i]);
    }

    /// <summary>Labels of the request's own.</summary>
    public static Choice[] ZeroShotLabels(LoadedModel loaded, IReadOnlyList<ExplainedText> pairs, TextRequest request)
    {
        float[] p = [.. ZeroShot.Predict(loaded.Model, pairs, request.AnyLabels).Select(x => (float)x)];
        return Ranked(Finite(loaded, Tensor.From(p, [p.Length])).ToArray(), i => request.Labels[i]);
    }

    /// <summary>The labels of one token.</summary>
    /// <param name="loaded">A token classifier.</param>
    /// <param name="text">The text.</param>
    /// <returns>One ranking per token.</returns>
    public static Choice[][] TokenLabels(LoadedModel loaded, ExplainedText text)
    {
        ITransformer model = loaded.Model;
        float[] probabilities = Finite(loaded, model.Forward(Input(text))).Softmax().ToArray();
        return [.. probabilities.Chunk(model.Info.Labels.Count).Select(row => Ranked(row, i => model.Info.Labels[i]))];
    }

    /// <summary>The words a language model expects at positions: at a mask, or next.</summary>
    /// <returns>One ranking per position, the <paramref name="top"/> best.</returns>
    public static Choice[][] Words(LoadedModel loaded, ExplainedText text, IReadOnlyList<int> positions, int top)
    {
        var model = (ILanguageModel)loaded.Model;
        Tensor hidden = Finite(loaded, model.Hidden(Input(text)));
        return [.. positions.Select(p => Ranked(
            model.Logits(hidden.Slice(1, p, 1)).Softmax().ToArray(), id => Spelling.Of(id, model.Tokenizer), top))];
    }

    /// <summary>The positions of the mask token.</summary>
    /// <exception cref="RequestException">There is none.</exception>
    public static int[] Masks(LoadedModel loaded, ExplainedText text)
    {
        int? mask = loaded.Model.Tokenizer?.Special.Mask;
        int[] positions = [.. Enumerable.Range(0, text.Tokens.Count).Where(i => text.Tokens[i].Id == mask)];
        return positions.Length > 0 ? positions : throw new RequestException(
            Fault.Text, $"text: nothing is masked; expected "
                + $"{(mask is { } id ? loaded.Tokenizer.Vocabulary.PieceOf(id) : "a mask token")} in the text.");
    }

    /// <summary>The spans that answer a question, best first: both ends inside the context, at most 30 tokens.</summary>
    public static AnswerSpan[] Answers(LoadedModel loaded, ExplainedText text, int top)
    {
        float[] p = Finite(loaded, loaded.Model.Forward(Input(text))).Transpose().Softmax().ToArray(); // [1, 2, pos]
        return [.. SpanRule.Ranked(text, p, top)
            .Select(span => new AnswerSpan(span.Start, span.End, TextBetween(text, span.Start, span.End), span.Probability))];
    }

    /// <summary>That there is no answer: start and end at the first token.</summary>
    public static AnswerSpan Nothing(LoadedModel loaded, ExplainedText text)
    {
        float[] p = Finite(loaded, loaded.Model.Forward(Input(text))).Transpose().Softmax().ToArray(); // [1, 2, pos]
        return new(0, 0, NullAnswer.Text, (double)p[0] * p[text.Tokens.Count]);
    }

    /// <summary>One span with its probability.</summary>
    public static AnswerSpan Span(LoadedModel loaded, ExplainedText text, int start, int end)
    {
        float[] p = Finite(loaded, loaded.Model.Forward(Input(text))).Transpose().Softmax().ToArray(); // [1, 2, pos]
        return new(start, end, TextBetween(text, start, end), (double)p[start] * p[text.Tokens.Count + end]);
    }

    /// <summary>What the model reads.</summary>
    public static ModelInput Input(ExplainedText text) => ModelInput.Of(text.Ids) with
    {
        Types = text.Types is { } types ? Tensor.From([.. types], [1, types.Count]) : null,
    };

    /// <summary>The characters from one token to another.</summary>
    public static string TextBetween(ExplainedText text, int start, int end) =>
        text.Tokens[start].Text is var index and >= 0 && index < text.Texts.Count
        ? text.Texts[index][text.Tokens[start].Start..text.Tokens[end].End]
        : string.Join(' ', Enumerable.Range(start, end - start + 1).Select(i => text.Tokens[i].Piece));

    private static Choice[] Ranked(float[] probabilities, Func<int, string> label, int? top = null) =>
        [.. Enumerable.Range(0, probabilities.Length).OrderByDescending(i => probabilities[i]).Take(top ?? int.MaxValue)
            .Select(i => new Choice(i, label(i), probabilities[i]))];

    /// <summary>The output itself, when all of it is finite; else the search for the weight that is not.</summary>
    /// <exception cref="RequestException">It is not.</exception>
    public static Tensor Finite(LoadedModel loaded, Tensor output)
    {
        if (Array.TrueForAll(output.ToArray(), float.IsFinite))
        {
            return output;
        }
        if (loaded.Folder is null)
        {
            throw new RequestException(Fault.Model,
                $"model: its output is not finite; got NaN or infinity from '{loaded.Name}'; expected finite weights.");
        }
        try
        {
            using WeightsFolder weights = WeightsFolder.Open(loaded.Folder);
            weights.CheckFinite();
        }
        catch (WeightException e)
        {
            throw new RequestException(Fault.Model, e.Message, e);
        }
        throw new RequestException(Fault.Model,
            $"model: its output is not finite although its weights are; got NaN or infinity from '{loaded.Folder}'. The checkpoint "
                + $"overflows float32.");
    }
}
