using Vitrine.Tests.Models.Tokenizers;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Tests.Training;

/// <summary>Every kind of training in small, for tests of what all of them have in common.</summary>
internal static class Lessons
{
    private static readonly ModelSizes s_sizes = new() { DModel = 16, NLayers = 1, NHeads = 2, MaxPositions = 24 };

    /// <summary>What <see cref="Start"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = ["classify", "lm", "lines", "mlm", "qa", "translate", "lora", "distill"];

    /// <summary>A fresh model on the ambient device, and what it is to learn.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="folder">An empty folder, or that of the same lesson.</param>
    public static (ITransformer Model, ITrainingTask Task) Start(string name, TempFolder folder)
    {
        switch (name)
        {
            case "classify":
                {
                    ITransformer model = Toys.Classifier(folder);
                    return (model, Classification(model));
                }
            case "lora":
                {
                    LoraModel model = LoraModel.Start(Toys.Classifier(folder), new() { Rank = 2 }, seed: 4);
                    return (model, Classification(model));
                }
            case "distill":
                {
                    string path = folder.File("teacher");
                    NewModel.Bert(path, "BertForSequenceClassification",
                        WordPieceTrainer.WholeWords(Toys.Texts(80, 1).Select(t => t.Text), 1),
                        s_sizes with { NLayers = 2 }, ["negative", "positive"]);
                    ITransformer teacher = NewModel.Start(path, seed: 3, deviation: 0.3),
                        student = Student.Of(path, teacher, folder.Path, [1]);
                    return (student, new DistillationTask(Classification(teacher), teacher, [1],
                        new() { Hard = 0.3f, Hidden = 0.5f, Attention = 0.5f }));
                }
            case "lm":
                {
                    NewModel.Gpt2(folder.Path, BytePairTrainer.Train([], 257), s_sizes);
                    ITransformer model = NewModel.Start(folder.Path, 1);
                    string text = string.Concat(Enumerable.Range(0, 120).Select(i => $"{i} is {(i % 2 == 0 ? "even" : "odd")}. "));
                    return (model, new LanguageModelTask(text, text[..100], model, model.Tokenizer!));
                }
            case "lines":
                {
                    NewModel.Gpt2(folder.Path, BytePairTrainer.Train([], 257), s_sizes);
                    ITransformer model = NewModel.Start(folder.Path, 1);
                    string[] lines = [.. SortingLines.Make(60, 3, 1), .. SortingLines.Make(60, 5, 2)];
                    return (model, new LineModelTask(lines, lines[..10], model, model.Tokenizer!, "="));
                }
            case "mlm":
                {
                    string[] texts = [.. Toys.Texts(60, 1).Select(t => t.Text), .. Enumerable.Repeat("the film is dull", 30)];
                    NewModel.Bert(folder.Path, "BertForMaskedLM", WordPieceTrainer.WholeWords(texts, 1), s_sizes, []);
                    ITransformer model = NewModel.Start(folder.Path, 1);
                    return (model, new MaskedLanguageTask(texts, texts[..10], model, model.Tokenizer!));
                }
            case "qa":
                {
                    string[] names = ["anna", "ben", "clara", "david"];
                    AnsweredQuestion[] questions = [.. Enumerable.Range(0, 80).Select(i =>
                {
                    string context = $"{names[i / 4 % 4]} left . {(i % 3 == 0 ? "it rained . " : "")}it was {names[i % 4]} who sang .";
                    return new AnsweredQuestion(context, "who sang ?", names[i % 4],
                        context.LastIndexOf(names[i % 4], StringComparison.Ordinal));
                })];
                    NewModel.Bert(folder.Path, "BertForQuestionAnswering",
                        WordPieceTrainer.WholeWords(questions.Select(q => q.Context + " " + q.Question), 1), s_sizes, []);
                    ITransformer model = NewModel.Start(folder.Path, 1);
                    return (model, new QuestionAnsweringTask(questions, questions[..10], model, model.Tokenizer!));
                }
            default:
                {
                    using TinyFolder tokenizer =
                        TinySentencePiece.Standard.Folder(["▁the", "▁cat", "s", "a", "aa", "猫", "t", "he", "▁", "▁t",
                    "the", "h", "e"]);
                    NewModel.Marian(folder.Path, tokenizer.Path, s_sizes);
                    ITransformer model = NewModel.Start(folder.Path, 1, deviation: 0.1);
                    TextPair[] pairs = [.. Enumerable.Range(0, 90).Select(i => i % 3 == 0 ? new TextPair("the cat", "猫猫") : i % 3 == 1
                    ? new TextPair("cats", "aa the") : new TextPair("the cats the", "猫"))];
                    return (model, new TranslationTask(pairs, pairs[..9], model, (MarianTokenizer)model.Tokenizer!));
                }
        }
    }

    private static ClassificationTask Classification(ITransformer model)
    {
        (IReadOnlyList<LabelledText> training, IReadOnlyList<LabelledText> held) = Toys.Split();
        // of several lengths: padding
        return new([.. training, new("negative", "the film is dull"), new("positive", "lovely")], held, model, model.Tokenizer!);
    }
}
