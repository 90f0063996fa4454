using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Loading;

/// <summary>Classes that config.json does not name.</summary>
public sealed class ArchitectureTests
{
    [Theory]
    [InlineData("bert", "", "BertForSequenceClassification", "bert.pooler.dense.weight", "classifier.weight")]
    [InlineData("bert", "BertModel", "BertForSequenceClassification", "pooler.dense.weight", "classifier.weight")]
    [InlineData("bert", "", "BertForTokenClassification", "bert.embeddings.word_embeddings.weight", "classifier.weight")]
    [InlineData("bert", "", "BertForQuestionAnswering", "qa_outputs.weight")]
    [InlineData("bert", "", "BertForMaskedLM", "cls.predictions.transform.dense.weight")]
    [InlineData("bert", "", null, "bert.embeddings.word_embeddings.weight")]
    [InlineData("bert", "BertForMaskedLM", null, "classifier.weight")]
    [InlineData("distilbert", "", "DistilBertForSequenceClassification", "pre_classifier.weight", "classifier.weight")]
    [InlineData("roberta", "", "RobertaForSequenceClassification", "classifier.out_proj.weight")]
    [InlineData("xlm-roberta", "", "XLMRobertaForTokenClassification", "classifier.weight")]
    [InlineData("electra", "", "ElectraForMaskedLM", "generator_predictions.dense.weight")]
    [InlineData("albert", "", "AlbertForSequenceClassification", "albert.pooler.weight", "classifier.weight")]
    [InlineData("gpt2", "", "GPT2LMHeadModel", "wte.weight")]
    [InlineData("gpt2", "GPT2Model", null, "wte.weight")]
    [InlineData("llama", "LlamaModel", "LlamaForCausalLM", "lm_head.weight")]
    [InlineData("llama", "", "LlamaForSequenceClassification", "score.weight")]
    [InlineData("t5", "T5WithLMHeadModel", "T5ForConditionalGeneration", "shared.weight")]
    [InlineData("bart", "", "BartForSequenceClassification", "classification_head.dense.weight")]
    [InlineData("unheard_of", "", null, "classifier.weight")]
    public void Decide_ByTheTensorsThatAreThere(string family, string named, string? expected, params string[] tensors)
    {
        Assert.Equal(expected, Architectures.Decide(family, named, tensors, out _));
    }

    [Fact]
    public void Load_HeadOfItsOwnUnderATiedFlag_IsUsedAndNamed()
    {
        using var folder = new TempFolder();
        float[] tied = Logits(TinyModels.Load(folder.Path, "gpt2"));
        Rewrite(folder, weights => [.. weights,
            new("lm_head.weight", weights.Single(w => w.Name.EndsWith("wte.weight", StringComparison.Ordinal)).Values)]);

        ITransformer same = ModelLoader.Load(folder.Path);

        Assert.Equal(tied, Logits(same));
        Assert.Empty(same.Notices);

        Rewrite(folder, weights => [.. weights.Select(w => w.Name == "lm_head.weight" ? new WeightData(w.Name, w.Values.Scale(-1)) : w)]);

        ITransformer own = ModelLoader.Load(folder.Path);

        Assert.Equal(tied.Select(x => -x), Logits(own));
        Assert.Contains(own.Notices, n => n.Contains("lm_head.weight is stored with values of its own", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_BiasThatOneLayerLacks_IsRefused()
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, "gpt2");
        Rewrite(folder, weights => [.. weights.Where(w => !w.Name.EndsWith("h.1.attn.c_attn.bias", StringComparison.Ordinal))]);

        Assert.Contains(
            "h.1.attn.c_attn.bias", Assert.Throws<WeightException>(() => ModelLoader.Load(folder.Path)).Message, StringComparison.Ordinal);

        Rewrite(folder, weights => [.. weights.Where(w => !w.Name.EndsWith("attn.c_attn.bias", StringComparison.Ordinal))]);

        Assert.Contains(ModelLoader.Load(folder.Path).Notices, n => n.Contains("taken as zeros", StringComparison.Ordinal));
    }

    private static float[] Logits(ITransformer model) => model.Forward(new() { Ids = Tensor.From([1, 2, 3], [1, 3]) }).ToArray();

    private static void Rewrite(TempFolder folder, Func<List<WeightData>, IEnumerable<WeightData>> change)
    {
        string path = folder.File("model.safetensors");
        List<WeightData> weights;
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            weights = [.. file.Names.Select(name => new WeightData(name, Tensor.From(
                file.ReadFloats(name), [.. file.Entry(name).Shape.Select(axis => (int)axis)])))];
        }
        SafetensorsWriter.Save(path, change(weights));
    }

    [Fact]
    public void Load_WithoutArchitectures_HasTheHeadOfItsWeightsAndSaysSo()
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, "bert");
        string config = File.ReadAllText(folder.File("config.json"));
        string named = ModelLoader.Load(folder.Path).Info.Task.ToString();
        File.WriteAllText(folder.File("config.json"), System.Text.RegularExpressions.Regex.Replace(config,
            "\"architectures\":\\s*\\[[^]]*\\],?", ""));

        ITransformer model = ModelLoader.Load(folder.Path);

        Assert.Equal(named, model.Info.Task.ToString());
        Assert.Contains(model.Notices, n => n.Contains("no architecture", StringComparison.Ordinal));
    }

    public static TheoryData<string> Families => [.. TinyModels.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void Load_WithoutModelType_IsToldByItsClass(string family)
    {
        using var folder = new TempFolder();
        float[] expected = All(TinyModels.Load(folder.Path, family));

        ITransformer model = Without(folder, "model_type");

        Assert.Equal(family, model.Info.ModelType);
        Assert.Equal(expected, All(model));
        Assert.Contains(model.Notices, n => n.Contains($"read as {family}, by its class", StringComparison.Ordinal));
    }

    /// <summary>Families that compute the same count as one; settings that tell families apart are written as published files have
    /// them.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void Load_WithoutModelTypeAndClass_IsToldByItsTensors(string family)
    {
        using var folder = new TempFolder();
        float[] expected = All(TinyModels.Load(folder.Path, family, edit: config =>
        {
            config["hidden_act"] ??= config["rms_norm_eps"] is not null || family is "llama" or "mistral" or "qwen2" ? "silu" : null;
            config["hidden_activation"] = family == "gemma" ? "gelu_pytorch_tanh" : null;
            config["no_rope_layers"] = family == "smollm3" ? new JsonArray(1, 0) : null;
            config["activation_function"] ??= family == "m2m_100" ? "relu" : null;
            config["static_position_embeddings"] = family == "pegasus" ? true : null;
            config["extra_pos_embeddings"] = family == "blenderbot" ? 0 : null;
        }));

        ITransformer model = Without(folder, "model_type", "architectures");

        string read = family switch { "xlm-roberta" or "camembert" => "roberta", _ => family };
        Assert.Equal(read, model.Info.ModelType);
        Assert.Equal(expected, All(model));
        Assert.Contains(model.Notices, n => n.Contains($"read as {read}, by the weights", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_WithoutModelTypeClassAndKnownTensors_SaysThatNothingTellsTheFamily()
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, "gpt2");
        string weights = folder.File("model.safetensors");
        File.WriteAllBytes(weights, System.Text.Encoding.Latin1.GetBytes(
            System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(weights)).Replace("ln_1", "ln_7", StringComparison.Ordinal)));

        string message = Assert.Throws<ModelException>(() => Without(folder, "model_type", "architectures")).Message;

        Assert.Contains("'model_type' is missing, and neither 'architectures' nor the weights tell the family", message,
            StringComparison.Ordinal);
    }

    private static float[] All(ITransformer model) => model.Forward(TinyInputs.For(model)).ToArray();

    private static ITransformer Without(TempFolder folder, params string[] keys)
    {
        JsonObject config =
            JsonNode.Parse(File.ReadAllText(folder.File("config.json")))!.AsObject();
        Array.ForEach(keys, key => config.Remove(key));
        File.WriteAllText(folder.File("config.json"), config.ToJsonString());
        return ModelLoader.Load(folder.Path);
    }
}
