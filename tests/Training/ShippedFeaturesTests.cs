using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>The autoencoder below models/shakespeare is what its card says, on text that it was not trained on.</summary>
public sealed partial class ShippedFeaturesTests
{
    private const string Hook = "blocks.2.hook_resid_post";

    private static readonly string s_folder = Path.Combine(GoldenFolder.SourceTree(), "models", "shakespeare");

    private static readonly ITransformer s_model = ModelLoader.Load(s_folder);

    private static readonly SparseAutoencoder s_sae = SparseAutoencoder.Load(Path.Combine(s_folder, "sae"));

    [Fact]
    public void Splice_OnHeldOutText_CostsWhatTheCardSays()
    {
        InsideResult result = SaeSplice.Loss(s_model, s_sae, [.. HeldOut().Take(12)]);

        Assert.Equal(12, result.Numbers["l0"], 1e-6);
        Assert.InRange(result.Numbers["loss_recovered"], 0.96, 1);
        Assert.InRange(result.Numbers["explained_variance"], 0.88, 0.95);
    }

    [Fact]
    public void Features_OfTheCard_FireWhereTheirNamesSay()
    {
        string card = File.ReadAllText(Path.Combine(s_folder, "sae", "README.md"));
        (int Feature, HashSet<string> Tokens, double Share)[] named = [.. Rows().Matches(card).Select(m => (
            int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture),
            m.Groups[3].Value == "line break" ? new HashSet<string> { "\n" }
                : Ticked().Matches(m.Groups[3].Value).Select(t => t.Groups[1].Value).ToHashSet(StringComparer.OrdinalIgnoreCase),
            double.Parse(m.Groups[5].Value, CultureInfo.InvariantCulture)))];
        double[] inside = new double[named.Length], all = new double[named.Length], chance = new double[named.Length];
        double tokens = 0;
        foreach (int[] ids in HeldOut().Take(60))
        {
            float[] features = s_sae.Encode(PatchSweep.Capture(s_model, ModelInput.Of(ids), [Hook])[Hook]).ToArray();
            string[] spelt = [.. ids.Select(id => PromptPair.Spelt(s_model.Tokenizer!, id)).Select(t => t == "\n" ? t : t.Trim())];
            tokens += ids.Length;
            for (int n = 0; n < named.Length; n++)
            {
                for (int p = 0; p < ids.Length; p++)
                {
                    double a = features[(p * s_sae.Config.DSae) + named[n].Feature];
                    all[n] += a;
                    inside[n] += named[n].Tokens.Contains(spelt[p]) ? a : 0;
                    chance[n] += named[n].Tokens.Contains(spelt[p]) ? 1 : 0;
                }
            }
        }

        Assert.Equal(11, named.Length);
        for (int n = 0; n < named.Length; n++)
        {
            Assert.True(inside[n] / all[n] > named[n].Share - 0.12, $"feature {named[n].Feature}: {inside[n] / all[n]}");
            Assert.True(chance[n] / tokens < 0.2, $"feature {named[n].Feature}: {chance[n] / tokens} by chance");
        }
    }

    // Windows of the last tenth.
    private static IEnumerable<int[]> HeldOut()
    {
        string text = File.ReadAllText(DataFolder.Find("shakespeare/input.txt"));
        text = text[(text.Length - 110_000)..];
        return Enumerable.Range(0, 60).Select(i => s_model.Tokenizer!.Encode(text.Substring(i * 1800, 230)).Ids)
            .Where(ids => ids.Length <= s_model.Info.MaxPositions);
    }

    [GeneratedRegex(@"^\| (\d+) \| ([^|]+) \| ([^|]+) \| (\d+) \| (0\.\d+) \|$", RegexOptions.Multiline)]
    private static partial Regex Rows();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Ticked();
}
