using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>The model that ships in models/sentiment is what its card says.</summary>
public partial class SentimentModelTests
{
    private static readonly string s_folder = Path.Combine(GoldenFolder.SourceTree(), "models", "sentiment");

    [Fact]
    public void HeldOutSentences_Accuracy_IsWhatTheCardStates()
    {
        ITransformer model = ModelLoader.Load(s_folder);

        LabelledText[] held = Held();

        double accuracy = new ClassificationTask(held, held, model, model.Tokenizer!).Evaluate(model)[0].Value;

        double stated = double.Parse(Stated().Match(File.ReadAllText(Path.Combine(s_folder, "README.md"))).Groups[1].Value,
            CultureInfo.InvariantCulture);
        Assert.Equal(stated, 100 * accuracy, 0.1); // one sentence on the border, on another machine
        Assert.True(accuracy >= 0.76, $"accuracy {accuracy}");
    }

    [Theory]
    [InlineData("a gorgeous , witty , seductive movie", "positive")]
    [InlineData("A gorgeous, witty, seductive movie.", "positive")]
    [InlineData("a warm , funny and engaging film", "positive")]
    [InlineData("a dull , lifeless and boring mess", "negative")]
    [InlineData("the plot is stupid and the jokes are not funny", "negative")]
    public void PlainSentence_IsJudgedRight(string sentence, string expected)
    {
        ITransformer model = ModelLoader.Load(s_folder);

        float[] logP = model.Forward(ModelInput.Of([.. TokenizerLoader.Load(s_folder).Encode(sentence).Ids])).LogSoftmax().ToArray();

        Assert.Equal(["negative", "positive"], model.Info.Labels);
        float p = MathF.Exp(logP[expected == "positive" ? 1 : 0]);
        Assert.True(p > 0.8f, $"{expected} with {p}");
    }

    [Fact]
    public void Folder_AllFiles_AreFewMegabytes() =>
        Assert.InRange(new DirectoryInfo(s_folder).EnumerateFiles().Sum(f => f.Length), 100_000, 8 << 20);

    /// <summary>What the command in the card holds out.</summary>
    private static LabelledText[] Held()
    {
        string folder = DataFolder.Find("sentence_polarity");
        return [.. HeldOut.Split(new[] { "positive=rt-polarity.pos", "negative=rt-polarity.neg" }
            .SelectMany(file => TextLines.Labelled(file.Replace("=", "=" + folder + Path.DirectorySeparatorChar,
                StringComparison.Ordinal))), text => text.Text, 0.1, seed: 2026).Held];
    }

    [GeneratedRegex(@"\*\*(\d+\.\d) % ±")]
    private static partial Regex Stated();
}
