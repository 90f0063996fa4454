using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models;

/// <summary>What a checkpoint's <c>generation_config.json</c> says is obeyed, or refused by name.</summary>
public class GenerationSettingsTests
{
    [Fact]
    public void Generate_SettingOfCheckpointNotSupported_IsRefusedByName()
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, "gpt2");
        File.WriteAllText(folder.File("generation_config.json"),
            "{ \"guidance_scale\": 2.0, \"typical_p\": 0.9, \"penalty_alpha\": 0.0, \"sequence_bias\": null }");
        var model = (IGenerator)ModelLoader.Load(folder.Path);

        ModelException e = Assert.Throws<ModelException>(() => model.Generate(ModelInput.Of(5), null, null,
            TestContext.Current.CancellationToken));

        Assert.Equal(["guidance_scale"], model.GenerationDefaults.Unsupported);
        Assert.Contains("guidance_scale", e.Message, StringComparison.Ordinal);
        Assert.Equal(["typical_p"], model.GenerationDefaults.UnsupportedDrawing);
        Assert.Contains(model.Notices, n => n.Contains("guidance_scale", StringComparison.Ordinal));
        Assert.Contains(model.Notices, n => n.Contains("typical_p", StringComparison.Ordinal));
    }

    [Fact]
    public void Settings_NotKnownHere_AreNamedAndWritingGoesOn()
    {
        using TempFolder folder = new(), plain = new();
        IGenerator model = Configured(folder, "gpt2", "{ \"max_new_tokens\": 4, \"stop_strings\": [\"a\"], \"max_time\": 0.5, "
            + "\"token_healing\": false, \"dola_layers\": null, \"watermarking_config\": {}, \"use_cache\": true }");

        Assert.Equal(["stop_strings", "max_time"], model.GenerationDefaults.NotObeyed);
        Assert.Contains(model.Notices, n => n.Contains("stop_strings, max_time", StringComparison.Ordinal)
            && n.Contains("not obeyed", StringComparison.Ordinal));
        Assert.Equal(Written(Configured(plain, "gpt2", "{ \"max_new_tokens\": 4 }")), Written(model));
    }

    [Fact]
    public void Settings_LengthsCountThePrompt_AsInHuggingFace()
    {
        using TempFolder one = new(), two = new(), three = new();
        IGenerator model = Configured(one, "gpt2", "{ \"max_length\": 7 }");
        int first = Written(model)[0];

        Assert.Equal(5, Written(model).Length);
        Assert.Equal(3, Written(model, model.GenerationDefaults with { MaxNewTokens = 3 }).Length); // given by hand, it alone counts

        IGenerator stops = Configured(two, "gpt2",
            FormattableString.Invariant($"{{ \"max_length\": 9, \"min_length\": 6, \"eos_token_id\": {first} }}"));

        Assert.DoesNotContain(first, Written(stops).Take(4)); // two of the prompt and four new ones before the end may come
        Assert.Equal([first], Written(stops, stops.GenerationDefaults with { MinLength = 0 }));

        IGenerator translates = Configured(three, "marian", "{ \"min_length\": 14, \"min_new_tokens\": 2, \"decoder_start_token_id\": 49 "
            + "}");

        Assert.Equal(13, translates.GenerationDefaults.MinNewTokens); // the start token is counted
    }

    [Fact]
    public void Settings_SuppressedTokens_DoNotAppear()
    {
        using TempFolder plain = new(), never = new(), atFirst = new();
        int[] free = Written(Configured(plain, "gpt2", "{ \"max_new_tokens\": 6 }"));

        int[] without = Written(Configured(never, "gpt2",
            FormattableString.Invariant($"{{ \"max_new_tokens\": 6, \"suppress_tokens\": [{free[0]}, -1] }}")));
        int[] later = Written(Configured(atFirst, "gpt2",
            FormattableString.Invariant($"{{ \"max_new_tokens\": 6, \"begin_suppress_tokens\": [{free[0]}] }}")));

        Assert.DoesNotContain(free[0], without);
        Assert.Equal(without[0], later[0]);
    }

    [Fact]
    public void Settings_BadWords_AreNotWritten_ButTheEndMayBe()
    {
        using TempFolder folder = new(), ends = new();
        IGenerator model = Configured(folder, "gpt2", "{ \"max_new_tokens\": 6 }");
        int[] free = Written(model);

        Assert.DoesNotContain(free[0], Written(model, model.GenerationDefaults with { BadWords = [[free[0]]] }));
        int[] pair = Written(model, model.GenerationDefaults with { BadWords = [[free[0], free[1]]] });
        Assert.Equal(free[0], pair[0]);
        Assert.DoesNotContain((free[0], free[1]), pair.Zip(pair.Skip(1)));
        IGenerator stops = Configured(ends, "gpt2",
            FormattableString.Invariant($"{{ \"max_new_tokens\": 6, \"eos_token_id\": {free[0]} }}"));
        Assert.Equal([free[0]], Written(stops, stops.GenerationDefaults with { BadWords = [[free[0]]] }));
    }

    [Fact]
    public void Settings_TokensBeyondTheVocabulary_AreNamedAndNotObeyed()
    {
        using TempFolder folder = new(), forced = new(), plain = new();
        IGenerator model = Configured(
            folder, "gpt2",
            "{ \"eos_token_id\": [50256, -1], \"pad_token_id\": 50256, \"min_new_tokens\": 2, \"bad_words_ids\": [[50256]], "
            + "\"suppress_tokens\": [50257], \"max_new_tokens\": 4 }");

        Assert.Equal(Written(Configured(plain, "gpt2", "{ \"max_new_tokens\": 4, \"eos_token_id\": [] }")), Written(model));
        Assert.All(
            ["eos_token_id", "bad_words_ids", "suppress_tokens", "pad_token_id"],
            name => Assert.Contains(model.Notices, n => n.Contains($"{name} names 5025", StringComparison.Ordinal)));
        Assert.Contains(
            "forced_eos_token_id",
            Assert.Throws<ModelException>(() => Written(Configured(forced, "gpt2", "{ \"forced_eos_token_id\": 50256 }"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_TemperatureZero_MattersOnlyWhenTokensAreDrawn()
    {
        using TempFolder folder = new(), plain = new();
        IGenerator model = Configured(folder, "gpt2",
            "{ \"do_sample\": false, \"temperature\": 0.0, \"top_p\": 0.0, \"max_new_tokens\": 4 }");

        Assert.Equal(Written(Configured(plain, "gpt2", "{ \"max_new_tokens\": 4 }")), Written(model));
        Assert.Contains(
            "generation_config.json", Assert.Throws<ModelException>(() => Written(model,
                model.GenerationDefaults with { Sample = true })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_PadIdMinusOne_MeansNone()
    {
        using var folder = new TempFolder();
        IGenerator model = (IGenerator)TinyModels.Load(folder.Path, "gpt2", edit: config => config["pad_token_id"] = -1);

        Assert.Null(model.Info.PadId);
    }

    private static IGenerator Configured(TempFolder folder, string family, string json)
    {
        TinyModels.Write(folder.Path, family);
        File.WriteAllText(folder.File("generation_config.json"), json);
        return (IGenerator)ModelLoader.Load(folder.Path);
    }

    private static int[] Written(IGenerator model, GenerationOptions? options = null) =>
        [.. model.Generate(ModelInput.Of(5, 9), options, null, TestContext.Current.CancellationToken).Sequences[0].Tokens];
}
