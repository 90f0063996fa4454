// Trains models/sentiment, the model that `vitrine explain` uses when none is named.
//
//   dotnet run -c Release --project samples/TrainSentiment -- --data DIR --out models/sentiment [--validate] [--recipe FILE]
//
// DIR holds rt-polarity.neg and rt-polarity.pos. With --validate it trains on eight tenths of the sentences and says after every epoch how good it is
// on the ninth: for choosing a recipe (FILE is JSON with some of Recipe's properties). Without, it trains on nine tenths, and in the end reads the
// last tenth, once, for the model card.
// Read Lessons.cs and Trainer.cs next.

using System.Globalization;
using System.Text.Json;
using Vitrine.Samples;
using Vitrine.Tensors;
using Vitrine.Transformers;

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and int at && at + 1 < args.Length ? args[at + 1] : null;

if (Option("--data") is not { } dataFolder || Option("--out") is not { } folder)
{
    Console.Error.WriteLine("usage: TrainSentiment --data DIR --out DIR [--validate] [--recipe FILE]");
    return 2;
}

try
{
    Recipe recipe = Option("--recipe") is { } file
        ? JsonSerializer.Deserialize<Recipe>(File.ReadAllText(file)) ?? new Recipe()
        : new Recipe();
    PolarityData data = PolarityData.Read(dataFolder);
    bool validate = args.Contains("--validate");
    LabelledText[] training = validate ? [.. data.Training] : [.. data.Training, .. data.Validation];

    Vocabulary vocabulary = WordPieceTrainer.WholeWords(training.Select(t => t.Text), recipe.LeastWordCount);
    ModelFolder.WriteTokenizer(folder, vocabulary, recipe);
    ITokenizer tokenizer = TokenizerLoader.Load(folder);
    var lessons = new Lessons(training, tokenizer, recipe);
    ModelFolder.WriteUntrained(folder, [.. Enumerable.Range(0, vocabulary.Count).Select(lessons.Teacher.Evidence)], recipe);
    ITransformer model = ModelLoader.Load(folder);

    new Trainer(model, lessons, recipe, Console.Error).Run(epoch =>
    {
        ModelFolder.WriteWeights(folder, model);
        Say($"epoch {epoch}: saved{(validate ? "; validation " + Result(Evaluation.Of(model, tokenizer, data.Validation)) : "")}");
    });

    if (!validate)
    {
        Evaluation heldOut = Evaluation.Of(ModelLoader.Load(folder), tokenizer, data.HeldOut); // as saved: rounded to float16
        File.WriteAllText(Path.Combine(folder, "README.md"),
            ModelCard.Text(heldOut, lessons.TeacherAccuracy(data.HeldOut), training.Length, vocabulary.Count, recipe));
        Say($"held out: {Result(heldOut)}");
    }

    return 0;
}
catch (Exception e) when (e is VitrineException or IOException or UnauthorizedAccessException or JsonException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

static void Say(string line) => Console.WriteLine(line);

static string Result(Evaluation e) => string.Create(
    CultureInfo.InvariantCulture, $"accuracy {100 * e.Accuracy:F2} ± {100 * e.StandardError:F2} %, cross-entropy {e.Loss:F4} nats");
