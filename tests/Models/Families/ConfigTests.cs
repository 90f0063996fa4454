using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models;

/// <summary>What config.json may say: both dialects of the recorded folders, what is refused, and what makes no sense.</summary>
public class ConfigTests
{
    private static string Refused => Path.Combine(GoldenFolder.Path, "refuse");

    /// <summary>DeBERTa v3 has 256 buckets and 512 positions.</summary>
    [Theory]
    [InlineData(8, 4)]
    [InlineData(24, 12)]
    [InlineData(24, 4)]
    public void Config_BucketsOfDeberta_MayBeHalfOfThePositions(int positions, int buckets)
    {
        using var folder = new TempFolder();

        ITransformer model = TinyModels.Load(folder.Path, "deberta-v2", edit: config =>
            (config["max_position_embeddings"], config["position_buckets"]) = (positions, buckets));

        Assert.Equal(positions, model.Info.MaxPositions);
    }

    [Fact]
    public void Config_PatternOfCohere2_LetsEveryThirdLayerSeeAll()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "cohere2", layers: 4, edit: config => config["sliding_window_pattern"] = 3);
        using ActivationCache cache = model.Cache("blocks.*.attn.hook_pattern");

        model.Forward(ModelInput.Of(5, 9, 12, 7, 3, 8));

        Assert.Equal([false, false, true, false], Enumerable.Range(0, 4)
            .Select(layer => cache[$"blocks.{layer}.attn.hook_pattern"].Slice(2, 5, 1).Slice(3, 0, 1).ToArray().All(share => share > 0)));
    }

    /// <summary>The folders that hold the same settings as transformers 5 writes them.</summary>
    public static TheoryData<string> Dialects() =>
        [.. GoldenModel.All.Where(m => m.Unsupported is null && File.Exists(Path.Combine(m.Folder, "config.transformers5.json")))
            .Select(m => m.Name)];

    public static TheoryData<string> Refusals() =>
        Directory.Exists(Refused)
            ? [.. Directory.EnumerateDirectories(Refused).Select(folder => Path.GetFileName(folder))
                .Where(name => name != "gemma3_multimodal") // its text part is read
                .Order(StringComparer.Ordinal)]
            : [];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Dialects))]
    public void Config_AsTransformers5WritesIt_SameBits(string name)
    {
        GoldenModel golden = GoldenModel.Named(name);
        using var folder = new TempFolder();
        File.Copy(Path.Combine(golden.Folder, "config.transformers5.json"), folder.File("config.json"));
        File.Copy(Path.Combine(golden.Folder, "model.safetensors"), folder.File("model.safetensors"));
        ModelInput input = GoldenForward.Input(golden.Cases.First(c => c.Name.StartsWith("forward/", StringComparison.Ordinal)));

        Assert.Equal(golden.Model.Forward(input).ToArray(), ModelLoader.Load(folder.Path).Forward(input).ToArray());
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Refusals))]
    public void Config_OfAKindThatIsNotRead_IsRefusedByName(string name)
    {
        string folder = Path.Combine(Refused, name);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();
        string kind = (string?)(config["rope_scaling"]?["rope_type"] ?? config["rope_scaling"]?["type"] ?? config["model_type"]) ?? "";

        ModelException e = Assert.Throws<ModelException>(() => ModelLoader.Create(folder));

        Assert.Contains($"'{kind}'", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Decoders whose settings are tried out: each family once.</summary>
    public static TheoryData<string> Decoders() =>
        [.. GoldenModel.All.Where(m => m.Unsupported is null && m.Cases.Any(c => c.Name == "generate/greedy8_two_eos"))
            .Select(m => m.Name)];

    /// <summary>
    /// Every setting missing, null, of another type, or out of any range: the model runs all the same, or one sentence says what is wrong.
    /// </summary>
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Decoders))]
    public void Config_WithOneSettingThatMakesNoSense_RunsOrSaysSo(string name)
    {
        GoldenModel golden = GoldenModel.Named(name);
        using var folder = new TempFolder();
        File.Copy(Path.Combine(golden.Folder, "model.safetensors"), folder.File("model.safetensors"));
        string file = File.ReadAllText(Path.Combine(golden.Folder, "config.json"));
        string[] keys = [.. JsonNode.Parse(file)!.AsObject().Select(pair => pair.Key)];
        foreach (string key in keys)
        {
            foreach (string? value in s_senseless)
            {
                JsonObject config = JsonNode.Parse(file)!.AsObject();
                _ = config.Remove(key);
                if (value is not null)
                {
                    config[key] = JsonNode.Parse(value);
                }
                File.WriteAllText(folder.File("config.json"), config.ToJsonString());
                Exception? e = Record.Exception(() => ModelLoader.Load(folder.Path).Forward(ModelInput.Of(5, 3, 8)));
                Assert.True(e is null or VitrineException, $"{key} = {value ?? "nothing"}: {e}");
                Assert.DoesNotContain(" at Vitrine.", e?.Message ?? "", StringComparison.Ordinal);
            }
        }
    }

    private static readonly string?[] s_senseless =
        [null, "null", "0", "-1", "3", "1000000000", "2147483647", "1e300", "\"banana\"", "true", "[]", "[null]", "{}",
            "{\"rope_type\": 3}"];
}
