using System.Text.Json.Nodes;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Loading;

/// <summary>The text part of models that see images is the language model of the same weights.</summary>
public sealed class LanguagePartTests
{
    [Theory]
    [InlineData("gemma3", "gemma3_text", "language_model.model.", "language_model.")]
    [InlineData("gemma3", "gemma3_text", "model.language_model.", "")]
    [InlineData("llava", "llama", "language_model.model.", "language_model.")]
    [InlineData("llava_next", "mistral", "model.language_model.", "")]
    [InlineData("mistral3", "mistral", "language_model.model.", "language_model.")]
    public void Load_TextPartOfAModelThatSeesImages_SameLogits(string outer, string family, string prefix, string headPrefix)
    {
        using TempFolder plain = new(), whole = new();
        ITransformer expected = TinyModels.Load(plain.Path, family);
        Write(plain, whole, outer, name =>
            name.StartsWith("model.", StringComparison.Ordinal) ? prefix + name["model.".Length..] : headPrefix + name);

        ITransformer model = ModelLoader.Load(whole.Path);

        Assert.Equal(expected.Forward(ModelInput.Of(3, 9, 4, 7)).ToArray(), model.Forward(ModelInput.Of(3, 9, 4, 7)).ToArray());
        Assert.Equal(expected.Info with { EosIds = [] }, model.Info with { EosIds = [] });
        Assert.Equal([1, 7], model.Info.EosIds); // the whole model's counts
        Assert.Empty(model.Weights.Unused);
        Assert.Equal(2, model.Weights.Ignored.Count);
        Assert.Contains(model.Notices,
            n => n.Contains("2 weights of multi_modal_projector, vision_tower are left out", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_PublishedGemma3_WritesDownOnlyWhatDiffers()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("config.json"), """
            {"model_type": "gemma3", "architectures": ["Gemma3ForConditionalGeneration"], "eos_token_id": [1, 106], "text_config": {
            "hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34,
            "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024}, "vision_config": {"model_type": "siglip_vision_model"}}
            """);

        ITransformer model = ModelLoader.Create(folder.Path); // Gemma 3 4B

        Assert.Equal(3_880_263_168, model.Parameters.Sum(p => (long)p.Shape.Elements));
        Assert.Equal((8, 262208, 131072), (model.Info.NHeads, model.Info.VocabSize, model.Info.MaxPositions));
    }

    [Theory]
    [InlineData("""{"model_type": "llava"}""", "'text_config' is missing")]
    [InlineData("""{"model_type": "llava", "text_config": {"model_type": "bert"}}""", "'bert'")]
    public void Load_NoDecoderInside_IsRefused(string config, string what)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("config.json"), config);

        ModelException e = Assert.Throws<ModelException>(() => ModelLoader.Create(folder.Path));

        Assert.Contains(what, e.Message, StringComparison.Ordinal);
    }

    private static void Write(TempFolder plain, TempFolder whole, string outer, Func<string, string> rename)
    {
        JsonObject text = JsonNode.Parse(File.ReadAllText(plain.File("config.json")))!.AsObject();
        var config = new JsonObject { ["model_type"] = outer, ["eos_token_id"] = new JsonArray(1, 7), ["text_config"] = text };
        File.WriteAllText(whole.File("config.json"), config.ToJsonString());
        using var file = SafetensorsFile.Open(plain.File("model.safetensors"));
        SafetensorsWriter.Save(whole.File("model.safetensors"),
        [
            .. file.Names.Select(name => new WeightData(rename(name), file.Read(name))),
            new("vision_tower.vision_model.post_layernorm.weight", RandomTensor.Normal(1, [4], 1)),
            new("multi_modal_projector.mm_input_projection_weight", RandomTensor.Normal(2, [4, 16], 1)),
        ]);
    }
}
