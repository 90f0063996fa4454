using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>One word at one position: of a masked token, a label of a token, or the next token.</summary>
/// <param name="Position">The position whose output is read, from 0.</param>
/// <param name="Id">Class or token id.</param>
public readonly record struct TokenTarget(int Position, int Id);

/// <summary>Which inputs of an encoder–decoder are explained.</summary>
public enum TranslationSides
{
    /// <summary>The source, and what has been said so far.</summary>
    Both,

    /// <summary>The source only; what has been said is a constant.</summary>
    Source,

    /// <summary>What has been said only; the source is a constant, encoded once.</summary>
    Target,
}

/// <summary>From a model, a text and a question to the score function that a method sees: one builder per task.</summary>
public static partial class Targets
{
    /// <summary>The labels of a whole text: <c>score[t] = step(logits, label t)</c>.</summary>
    /// <param name="model">A sequence classifier.</param>
    /// <param name="text">The text.</param>
    /// <param name="labels">Label indices; null: the one the model predicts.</param>
    /// <param name="step">Which number, e.g. <c>"logit"</c>, the default.</param>
    /// <exception cref="VitrineException">Another kind of model, or no such label.</exception>
    public static ScoreFunction Labels(ITransformer model, ExplainedText text, IReadOnlyList<int>? labels = null, StepOptions? step = null)
    {
        Require(model, ModelTask.SequenceClassification);
        step ??= "logit";
        ModelInput input = text.Input();
        int[] ids = labels is null ? [ArgMax(model.Forward(input).ToArray())] : [.. labels];
        int classes = model.Info.Labels.Count;
        CheckIds(ids, classes, "label");
        CheckNumber(model, step);
        int position = model.Info.PoolsFirst ? 0 : text.Tokens.Count - 1; // [CLS], or the last token
        return new ModelScore(
            model, step, [Side(model, text)],
            [.. ids.Select(id => new ScoreTarget { Label = model.Info.Labels[id], Id = id, Position = position, Reach =
                [text.Tokens.Count] })],
            embeddings =>
            {
                Tensor logits = model.Forward(input with { Embeddings = embeddings[0] });
                return logits.Reshape([logits.Shape[0], 1, classes]).Expand([logits.Shape[0], ids.Length, classes]);
            },
            (logits, asked) => model.Info.IsMultiLabel ? YesOrNo(logits, ids, asked) : new StepRows(ids, asked, () => logits),
            everywhere: model is Decoder decoder ? () =>
                Everywhere(decoder.Hidden(input).MatMul(model.Parameters.First(parameter => parameter.Name == "head.W_score").Value),
                    ids.Length) : null);
    }

    /// <summary>A head that says numbers has no probabilities, and no step that is made of them.</summary>
    private static void CheckNumber(ITransformer model, StepOptions step)
    {
        string[] allowed = ["logit", "contrast_logits", "contrast_logits_diff"];
        if (model.Info.IsNumber && StepFunctions.BuiltIn.Contains(step.Function) && !allowed.Contains(step.Function.Name))
        {
            throw new VitrineException($"score: this model says a number and has no probabilities; got {step.Function.Name}; expected "
                + $"logit, which is the number itself, or contrast_logits_diff with another input.");
        }
    }

    /// <summary>Labels that do not compete: each has a row of its own with the classes no and yes, whose logits are 0 and its own, for
    /// softmax(0, z) = σ(z).</summary>
    private static StepRows YesOrNo(Tensor logits, int[] ids, StepOptions step)
    {
        if (step.ContrastIds is not null)
        {
            throw new VitrineException("targets: these labels do not compete; got a contrast; expected a model that chooses one label. "
                + "Explain the other label by itself.");
        }
        Tensor yes = StepRows.Pick(logits, ids);                                               // [batch, label]
        yes = yes.Reshape([yes.Shape[0], ids.Length, 1]);
        Tensor rows = TensorOps.Concat(2, [yes.Scale(0), yes]);
        return new StepRows([.. ids.Select(_ => 1)], step, () => rows);
    }

    /// <summary>An answer: its start, its end, and both. What both together have is the sum of the two, of probabilities the
    /// product.</summary>
    /// <param name="model">A question answering model.</param>
    /// <param name="text">Question and context.</param>
    /// <param name="start">Position of the answer's first token; null: that of the best span (<see cref="SpanRule"/>).</param>
    /// <param name="end">Position of its last token; null: that of the best span.</param>
    /// <param name="step">Which number; null: <c>logit</c>. Classes are the positions.</param>
    /// <param name="parts">What becomes a target, in this order; null: start, end and both.</param>
    /// <exception cref="VitrineException">Another kind of model, or no such position.</exception>
    public static ScoreFunction AnswerSpan(
        ITransformer model, ExplainedText text, int? start = null, int? end = null, StepOptions? step = null,
            IReadOnlyList<AnswerPart>? parts = null) =>
        new AnswerScore(Answer(model, text, start, end, step), parts ?? [AnswerPart.Start, AnswerPart.End, AnswerPart.Whole]);

    /// <summary>The start and the end of an answer: two targets, each scored over all positions.</summary>
    /// <param name="model">A question answering model.</param>
    /// <param name="text">Question and context.</param>
    /// <param name="start">Position of the answer's first token; null: that of the best span (<see cref="SpanRule"/>).</param>
    /// <param name="end">Position of its last token; null: that of the best span.</param>
    /// <param name="step">Which number; null: <c>logit</c>. Classes are the positions.</param>
    /// <exception cref="VitrineException">Another kind of model, or no such position.</exception>
    public static ScoreFunction Answer(ITransformer model, ExplainedText text, int? start = null, int? end = null, StepOptions? step = null)
    {
        Require(model, ModelTask.QuestionAnswering);
        step ??= "logit";
        ModelInput input = text.Input();
        int length = text.Tokens.Count;
        if (start is null || end is null)
        {
            float[] probabilities = model.Forward(input).Transpose().Softmax().ToArray(); // [1, 2, pos]
            (start, end, _) = SpanRule.Ranked(text, probabilities, 1, start, end) is [var best] ? best : throw new VitrineException(
                $"targets: no answer is possible; got no token of a context{(start is { } from ? $" from {from} on" : "")}; expected "
                    + $"question and context.");
        }
        int[] ids = [start.Value, end.Value];
        CheckIds(ids, length, "position");
        return new ModelScore(
            model, step, [Side(model, text)],
            [.. ids.Select((id, i) => new ScoreTarget { Label = FormattableString.Invariant($"{(i == 0 ? "start" : "end")} {id}"), Id = id,
                Position = id, Reach = [length] })],
            embeddings => model.Forward(input with { Embeddings = embeddings[0] }).Transpose(), // [batch, 2, pos]
            (logits, asked) => new StepRows(ids, asked, () => logits));
    }

    /// <summary>The labels of single tokens.</summary>
    /// <param name="model">A token classifier.</param>
    /// <param name="text">The text.</param>
    /// <param name="targets">Position and label of each.</param>
    /// <param name="step">Which number, e.g. <c>"logit"</c>, the default.</param>
    /// <exception cref="VitrineException">Another kind of model, no such position or label.</exception>
    public static ScoreFunction TokenLabels(ITransformer model, ExplainedText text, IReadOnlyList<TokenTarget> targets, StepOptions? step =
        null)
    {
        Require(model, ModelTask.TokenClassification);
        step ??= "logit";
        ModelInput input = text.Input();
        int[] ids = [.. targets.Select(t => t.Id)], positions = [.. targets.Select(t => t.Position)];
        CheckIds(ids, model.Info.Labels.Count, "label");
        CheckIds(positions, text.Tokens.Count, "position");
        return new ModelScore(
            model, step, [Side(model, text)],
            [.. targets.Select(t => new ScoreTarget { Label = model.Info.Labels[t.Id], Id = t.Id, Position = t.Position, Reach =
                [text.Tokens.Count] })],
            embeddings => At(model.Forward(input with { Embeddings = embeddings[0] }), positions),
            (logits, asked) => new StepRows(ids, asked, () => logits));
    }

    /// <summary>
    /// Words at positions of a language model: in place of <c>[MASK]</c> in a masked model, after the position in a causal one. One
    /// forward scores all; only their rows of logits are computed.
    /// </summary>
    /// <param name="model">A masked or causal language model.</param>
    /// <param name="text">The text that is read.</param>
    /// <param name="targets">Position that is read, and word.</param>
    /// <param name="step">Which number, e.g. <c>"probability"</c>, the default.</param>
    /// <param name="givenLength">How many tokens of <paramref name="text"/> were given and not generated; null: all.</param>
    /// <param name="labels">How the targets read; null: by themselves.</param>
    /// <exception cref="VitrineException">Another kind of model, no such position or word.</exception>
    public static ScoreFunction Words(
        ILanguageModel model, ExplainedText text, IReadOnlyList<TokenTarget> targets, StepOptions? step = null, int? givenLength = null,
            IReadOnlyList<string>? labels = null)
    {
        Require(model, ModelTask.MaskedLanguageModel, ModelTask.CausalLanguageModel);
        step ??= "probability";
        ModelInput input = text.Input();
        int[] ids = [.. targets.Select(t => t.Id)], positions = [.. targets.Select(t => t.Position)];
        CheckIds(ids, model.Info.VocabSize, "token id");
        CheckIds(positions, text.Tokens.Count, "position");
        bool causal = model.Info.Task == ModelTask.CausalLanguageModel;
        InputSide side = Side(model, text, givenLength);
        return new ModelScore(
            model, step, [side],
            [.. targets.Select((t, i) => Word(model, t, labels?[i], [causal ? t.Position + 1 : text.Tokens.Count]))],
            embeddings => At(model.Hidden(input with { Embeddings = embeddings[0] }), positions),
            (hidden, asked) => LanguageRows(model, hidden, ids, asked),
            causal && model is IGenerator && text.Mask is null ? FromPrefix : null,
            causal ? () => Everywhere(model.Hidden(input), ids.Length) : null);

        Func<Tensor, int, Tensor> FromPrefix()
        {
            var pass = new PrefixPass((IGenerator)model, side.Batch);
            return (embeddings, first) => At(pass.Hidden(embeddings, first), positions);
        }
    }

    /// <summary>Every token of a continuation, generated or forced, in one teacher-forced forward.</summary>
    /// <param name="model">A causal language model.</param>
    /// <param name="prompt">What was given.</param>
    /// <param name="continuation">Token ids that follow it; all are targets.</param>
    /// <param name="step">Which number, e.g. <c>"probability"</c>, the default.</param>
    /// <exception cref="VitrineException">Another kind of model, or nothing to explain.</exception>
    public static ScoreFunction Continuation(ILanguageModel model, ExplainedText prompt, IReadOnlyList<int> continuation,
        StepOptions? step = null)
    {
        Require(model, ModelTask.CausalLanguageModel, ModelTask.MaskedLanguageModel);
        return WrittenText.Of(continuation, Spelling.OfWritten(model)).Score(model, prompt, step: step);
    }

    /// <summary>Every token of a translation, generated or forced, in one teacher-forced forward.</summary>
    /// <param name="model">An encoder–decoder.</param>
    /// <param name="source">What is translated.</param>
    /// <param name="translation">Token ids of the translation without the decoder's start token; all are targets.</param>
    /// <param name="step">Which number, e.g. <c>"probability"</c>, the default.</param>
    /// <param name="sides">Which inputs are explained.</param>
    /// <exception cref="VitrineException">Another kind of model, or nothing to explain.</exception>
    public static ScoreFunction Translation(
        ILanguageModel model, ExplainedText source, IReadOnlyList<int> translation, StepOptions? step = null, TranslationSides sides =
            TranslationSides.Both)
    {
        Require(model, ModelTask.SequenceToSequence);
        return WrittenText.Of(translation, Spelling.OfWritten(model)).Score(model, source, step: step, sides: sides);
    }

    /// <summary>Words at positions of an encoder–decoder's target side.</summary>
    /// <param name="model">An encoder–decoder.</param>
    /// <param name="source">What is translated.</param>
    /// <param name="prefix">What the decoder reads, its start token first.</param>
    /// <param name="targets">Position of <paramref name="prefix"/> that is read, and word.</param>
    /// <param name="step">Which number, e.g. <c>"probability"</c>, the default.</param>
    /// <param name="sides">Which inputs are explained.</param>
    /// <param name="labels">How the targets read; null: by themselves.</param>
    /// <exception cref="VitrineException">Another kind of model, no such position or word.</exception>
    public static ScoreFunction Translation(
        ILanguageModel model, ExplainedText source, ExplainedText prefix, IReadOnlyList<TokenTarget> targets, StepOptions? step = null,
        TranslationSides sides = TranslationSides.Both, IReadOnlyList<string>? labels = null)
    {
        Require(model, ModelTask.SequenceToSequence);
        step ??= "probability";
        int[] ids = [.. targets.Select(t => t.Id)], positions = [.. targets.Select(t => t.Position)];
        CheckIds(ids, model.Info.VocabSize, "token id");
        CheckIds(positions, prefix.Tokens.Count, "position");
        (InputSide from, InputSide to) = (Side(model, source), Side(model, prefix, 1, "target"));
        (ModelInput input, ModelInput said) = (source.Input(), prefix.Input());
        return new ModelScore(
            model, step,
            sides switch { TranslationSides.Source => [from], TranslationSides.Target => [to], _ => [from, to] },
            [.. targets.Select((t, i) => Word(model, t, labels?[i], sides switch
            {
                TranslationSides.Source => [from.Length],
                TranslationSides.Target => [t.Position + 1],
                _ => [from.Length, t.Position + 1],
            }))],
            embeddings =>
            {
                int batch = embeddings[0].Shape[0];
                Tensor sourceEmbeddings = sides == TranslationSides.Target ? Repeat(from.Batch, batch) : embeddings[0];
                Tensor targetEmbeddings = sides == TranslationSides.Source ? Repeat(to.Batch, batch) : embeddings[^1];
                return At(model.Hidden(input with { Embeddings = sourceEmbeddings, Target = said with { Embeddings = targetEmbeddings } }),
                    positions);
            },
            (hidden, asked) => LanguageRows(model, hidden, ids, asked))
        {
            Decoded = sides == TranslationSides.Source ? prefix.Tokens : null,
        };
    }

    private static StepRows LanguageRows(ILanguageModel model, Tensor hidden, int[] ids, StepOptions step) => new(
        ids,
        step,
        () => model.Logits(hidden),
        () => model.Logits(hidden, Tensor.From([.. Enumerable.Repeat(ids, hidden.Shape[0]).SelectMany(row => row)],
            [hidden.Shape[0], ids.Length])));

    private static ScoreTarget Word(ILanguageModel model, TokenTarget target, string? label, int[] reach) => new()
    {
        Label = label ?? Spelling.Of(target.Id, Spelling.OfWritten(model)),
        Id = target.Id,
        Position = target.Position,
        Reach = reach,
    };

    private static InputSide Side(ITransformer model, ExplainedText text, int? givenLength = null, string name = "source") => new()
    {
        Name = name,
        Texts = text.Texts,
        Tokens = text.Tokens,
        Embeddings = model.Embed(Tensor.From(text.Ids, [text.Tokens.Count])),
        GivenLength = givenLength ?? text.Tokens.Count,
        Mask = text.Mask,
    };

    /// <summary>Rows of every position, for each target: <c>[1, pos, k]</c> → <c>[pos, target, k]</c>.</summary>
    private static Tensor Everywhere(Tensor rows, int targets) =>
        rows.Reshape([rows.Shape[1], 1, rows.Shape[2]]).Expand([rows.Shape[1], targets, rows.Shape[2]]);

    private static Tensor Repeat(Tensor one, int batch) => one.Expand([batch, one.Shape[1], one.Shape[2]]);

    /// <summary>Rows at positions: <c>[batch, pos, k]</c> → <c>[batch, target, k]</c>. Neighbours are a slice, which copies
    /// nothing.</summary>
    private static Tensor At(Tensor x, int[] positions)
    {
        if (positions.Select((p, i) => p == positions[0] + i).All(next => next))
        {
            return x.Slice(1, positions[0], positions.Length);
        }
        (int batch, int length, int width) = (x.Shape[0], x.Shape[1], x.Shape[2]);
        int[] rows = [.. Enumerable.Range(0, batch).SelectMany(example => positions.Select(p => (example * length) + p))];
        return x.Reshape([batch * length, width]).Gather(Tensor.From(rows, [batch, positions.Length]));
    }

    private static int ArgMax(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }

    private static void Require(ITransformer model, params ModelTask[] tasks)
    {
        if (!tasks.Contains(model.Info.Task))
        {
            throw new VitrineException($"targets: this model does something else; got {model.Info.Architecture} for {model.Info.Task}; "
                + $"expected a model for {string.Join(" or ", tasks)}.");
        }
    }

    private static void CheckIds(int[] ids, int count, string what)
    {
        int bad = Array.FindIndex(ids, id => id < 0 || id >= count);
        if (bad >= 0)
        {
            throw new VitrineException($"targets: no such {what}; got {ids[bad]}; expected 0 to {count - 1}.");
        }
    }
}
