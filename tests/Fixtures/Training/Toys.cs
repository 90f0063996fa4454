using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Tests.Training;

/// <summary>A toy language whose sentiment lies in one word, and a model to learn it.</summary>
internal static class Toys
{
    private static readonly string[] s_things = ["film", "plot", "cast", "music", "ending", "dialogue"];

    /// <summary>Texts of one length, in turns negative and positive.</summary>
    public static IReadOnlyList<LabelledText> Texts(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => new LabelledText(i % 2 == 0 ? "negative" : "positive",
            $"the {random.GetItems(s_things, 1)[0]} is {(i % 2 == 0 ? "dull" : "lovely")} and the {random.GetItems(s_things, 1)[0]} is "
            + $"long"))];
    }

    /// <summary>Eighty to learn, twenty to judge.</summary>
    public static (IReadOnlyList<LabelledText> Training, IReadOnlyList<LabelledText> Held) Split() => (Texts(80, 1), Texts(20, 2));

    /// <summary>A fresh BERT of one block.</summary>
    public static ITransformer Classifier(TempFolder folder)
    {
        NewModel.Bert(folder.Path, "BertForSequenceClassification", WordPieceTrainer.WholeWords(Texts(80, 1).Select(t => t.Text), 1),
            new ModelSizes { DModel = 16, NLayers = 1, NHeads = 2, MaxPositions = 24 }, ["negative", "positive"]);
        return NewModel.Start(folder.Path, seed: 3);
    }
}
