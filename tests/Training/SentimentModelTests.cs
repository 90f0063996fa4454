using System.Globalization;
using System.Security.Cryptography;
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

        LabelledText[] held = HeldOut();

        double accuracy = new ClassificationTask(held, held, model, model.Tokenizer!).Evaluate(model)[0].Value;

        double stated = double.Parse(Stated().Match(File.ReadAllText(Path.Combine(s_folder, "README.md"))).Groups[1].Value, CultureInfo.InvariantCulture);
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

    /// <summary>In each class the tenth whose hash comes first, as the card says.</summary>
    private static LabelledText[] HeldOut() => [.. new[] { ("neg", "negative"), ("pos", "positive") }.SelectMany(part =>
    {
        string[] lines = [.. File.ReadLines(Path.Combine(DataFolder.Find("sentence_polarity"), $"rt-polarity.{part.Item1}")).Select(line => line.Trim()).Where(line => line.Length > 0)];
        return lines.OrderBy(line => Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"2026\n{line}"))), StringComparer.Ordinal)
            .Take(lines.Length / 10).Select(line => new LabelledText(part.Item2, line));
    })];

    [GeneratedRegex(@"\*\*(\d+\.\d) % ±")]
    private static partial Regex Stated();
}
