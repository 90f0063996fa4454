using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine;

public sealed partial record TrainingJob
{
    /// <summary>Of a model that continues texts: whether every line is a text of its own, which ends with the end of text.</summary>
    public bool Lines { get; init; }

    /// <summary>With <see cref="Lines"/>: only what follows this token is learned, the rest is taken as given; null: all.</summary>
    public string? After { get; init; }

    /// <summary>Of a translation: whether it is in the first column, the text in the second.</summary>
    public bool Swap { get; init; }

    /// <summary>The data as the task that a model is made for: labels of texts, answers, masked words, continuations,
    /// translations.</summary>
    /// <param name="model">The model, with its tokenizer.</param>
    /// <exception cref="Tensors.VitrineException">The data are not of its kind, or there is no such task.</exception>
    public ITrainingTask TaskOf(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelTask kind = model.Info.Task;
        if ((Lines && kind != ModelTask.CausalLanguageModel) || (After is not null && !Lines))
        {
            throw new RequestException(Fault.Request,
                $"lines: of no use; got {(Lines ? model.Info.Architecture : "--after without --lines")}; expected a model that "
                    + $"continues texts, and --after together with --lines.");
        }
        ITokenizer tokenizer = WithTokenizer(model).Tokenizer!;
        return kind switch
        {
            ModelTask.SequenceClassification => Mixed(
                part => TextLines.Labelled(part.File).Select(text => text with { Sure = part.Sure }), text => text.Key,
                (training, held) => new ClassificationTask(training, held, model, tokenizer)),
            ModelTask.TokenClassification => Mixed(
                part => TextLines.Read(part.File).Select(MarkedText.Parse), text => text.Group,
                (training, held) => new TokenClassificationTask(training, held, model, tokenizer)),
            ModelTask.QuestionAnswering => Mixed(
                part => TextLines.Questions(part.File), question => question.Key,
                (training, held) => new QuestionAnsweringTask(training, held, model, tokenizer)),
            ModelTask.MaskedLanguageModel => Mixed(
                part => TextLines.Read(part.File), line => line,
                (training, held) => new MaskedLanguageTask(training, held, model, tokenizer)),
            ModelTask.CausalLanguageModel when Lines => Mixed(
                part => TextLines.Read(part.File), line => line,
                (training, held) => new LineModelTask(training, held, model, tokenizer, After)),
            ModelTask.CausalLanguageModel => Running(),
            ModelTask.SequenceToSequence => Mixed( // a translation that is judged was learned from no other text either
                part => TextLines.Pairs(part.File, Swap), pair => pair.Target,
                (training, held) => new TranslationTask(training, held, model, (MarianTokenizer)tokenizer)),
            _ => throw new RequestException(Fault.Model,
                $"train: nothing to train; got {model.Info.Architecture}; expected a model that classifies, answers, fills masks, writes "
                    + "or translates."),
        };

        LanguageModelTask Running()
        {
            (string training, string held) = RunningText();
            return new(training, held, model, tokenizer);
        }
    }

    /// <summary>All files as one running text, whose end is held out as it stands.</summary>
    /// <exception cref="RequestException">There are <see cref="More"/> files.</exception>
    public (string Training, string Held) RunningText()
    {
        if (More.Count > 0)
        {
            throw new RequestException(Fault.Request,
                "more: of no use; got --more of a running text; expected --data alone, or --lines with it.");
        }
        string text = string.Concat(Data.Select(part => TextLines.Whole(part.File)));
        int cut = (int)(text.Length * (1 - HeldOut));
        return (text[..cut], text[cut..]);
    }

    private ITrainingTask Mixed<T>(Func<DataPart, IEnumerable<T>> read, Func<T, string> key,
        Func<IReadOnlyList<T>, IReadOnlyList<T>, ITrainingTask> task)
    {
        DataMix<T> data = Read(read, key);
        return data.Mixed(task(data.Training, data.Held));
    }
}
