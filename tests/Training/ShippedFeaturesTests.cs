using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Attributions;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>The autoencoder below models/shakespeare is what its card says, on text that it was not trained on.</summary>
public sealed partial class ShippedFeaturesTests
{
    private static readonly string s_folder = Path.Combine(GoldenFolder.SourceTree(), "models", "shakespeare", "sae");

    private static readonly string s_card = File.ReadAllText(Path.Combine(s_folder, "README.md")),
        s_text = File.ReadAllText(Path.Combine(s_folder, "held-out.txt"));

    private static readonly Explainer s_explainer = Explainer.Load(Path.GetDirectoryName(s_folder)!);

    private static readonly SparseAutoencoder s_sae = SparseAutoencoder.Load(s_folder);

    [Fact]
    public void Splice_OnHeldOutText_CostsWhatTheCardSays()
    {
        InsideResult result = s_explainer.Inside.Splice(s_sae, s_text);

        (string Name, double Value)[] said = [.. Loss().Matches(s_card).Select(m => (m.Groups[1].Value, Number(m.Groups[2].Value)))];
        Assert.Equal(7, said.Length);
        Assert.All(said, row => Assert.Equal(result.Numbers[row.Name], row.Value, row.Name == "dead_features" ? 1.5 : 6e-3));
    }

    [Fact]
    public void Features_OfTheCard_FireWhereTheirNamesSay()
    {
        using DataFile data = DataFile.Open(Path.Combine(s_folder, "features.tsv"));
        IReadOnlyList<NamedFeature> named = InsideFeatures.NamesOf(data);
        InsideResult result = s_explainer.Inside.FeatureNames(s_sae, s_text, named, top: 10,
            cancellation: TestContext.Current.CancellationToken);

        (int Feature, string Name, double[] Shares)[] said = [.. Rows().Matches(s_card).Select(m => (
            (int)Number(m.Groups[1].Value), m.Groups[2].Value, m.Groups[3].Value.Split('|').Select(Number).ToArray()))];
        Assert.Equal(named.Select(n => (n.Feature, n.Name)), said.Select(row => (row.Feature, row.Name)));
        for (int row = 0; row < said.Length; row++)
        {
            double[] measured = [result["activations"][row], .. Enumerable.Range(0, 5).Select(m => result["named"][row, m])];
            for (int i = 0; i < measured.Length; i++)
            {
                Assert.True(Math.Abs(measured[i] - said[row].Shares[i]) <= (i == 0 ? 3 : 0.03),
                    $"feature {said[row].Feature}: {said[row].Shares[i]} on the card, {measured[i]} measured");
            }
            // What makes a name: far above chance on most of what it fires on, and on nearly all of its largest.
            Assert.True(said[row].Name == "why" || measured[2] > 0.75 && measured[3] >= 0.9 && measured[2] > 5 * measured[5],
                $"feature {said[row].Feature}");
        }
    }

    [Fact]
    public void HeldOutText_IsTheEndOfTheTextThatTrainingLeftOut()
    {
        string all = File.ReadAllText(DataFolder.Find("shakespeare/input.txt"));

        Assert.EndsWith(s_text, all, StringComparison.Ordinal);
        Assert.True(s_text.Length < all.Length / 20);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\| (\d+) \| ([^|]+) \| (\d+(?: \| [0-9.]+){5}) \|$", RegexOptions.Multiline)]
    private static partial Regex Rows();

    [GeneratedRegex(@"^\| [^|]+`([a-z_0-9]+)` \| ([0-9.]+)", RegexOptions.Multiline)]
    private static partial Regex Loss();
}
