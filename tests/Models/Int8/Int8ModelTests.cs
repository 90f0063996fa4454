using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Int8;

/// <summary>Models in 8 bits: what is rounded, and that nothing else changes.</summary>
public class Int8ModelTests
{
    /// <summary>Family and class.</summary>
    public static TheoryData<string, string> Classes => new()
    {
        { "bert", "BertForMaskedLM" }, { "bert", "BertForSequenceClassification" }, { "bert", "BertForQuestionAnswering" },
        { "gpt2", "GPT2LMHeadModel" }, { "gpt2", "GPT2ForSequenceClassification" }, { "llama", "LlamaForCausalLM" },
        { "marian", "MarianMTModel" },
        { "distilbert", "DistilBertForSequenceClassification" }, { "electra", "ElectraForPreTraining" }, { "albert", "AlbertForMaskedLM" },
        { "deberta-v2", "DebertaV2ForSequenceClassification" }, { "modernbert", "ModernBertForMaskedLM" },
        { "t5", "T5ForConditionalGeneration" }, { "bart", "BartForConditionalGeneration" },
    };

    public static TheoryData<string, string> FamiliesAndDevices => TestDevices.With(TinyModels.Families);

    [Theory]
    [MemberData(nameof(Classes))]
    public void Forward_EverythingRounded_EqualsDequantizedAtEveryHookWithGradients(string family, string architecture)
    {
        using var folder = new TempFolder();
        var twins = Int8Twins.Of(TinyModels.Write(folder.Path, family, architecture));

        Dictionary<string, float[]> actual = Everything(twins.Int8), expected = Everything(twins.Floats);

        Assert.Equal(expected.Keys, actual.Keys);
        Assert.All(expected, pair => TensorAssert.Close(actual[pair.Key], pair.Value, 1e-4,
            1e-4 * Math.Max(1e-2, pair.Value.Where(float.IsFinite).Max(Math.Abs)), pair.Key));
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void Forward_OutliersKept_EqualsDequantizedAtEveryHookWithGradients(string family, string architecture)
    {
        using var folder = new TempFolder();
        var twins = Int8Twins.Of(TinyModels.Write(folder.Path, family, architecture), outliers: 2);

        Dictionary<string, float[]> actual = Everything(twins.Int8), expected = Everything(twins.Floats);

        Assert.Contains(twins.Int8.Parameters, p => p.Int8?.Outliers is { } kept && kept.Columns.Count < kept.Width);
        Assert.All(twins.Int8.Parameters, p => Assert.True(p.Kind == ParameterKind.Linear || p.Int8?.Outliers is null));
        Assert.All(expected, pair => TensorAssert.Close(actual[pair.Key], pair.Value, 1e-4,
            1e-4 * Math.Max(1e-2, pair.Value.Where(float.IsFinite).Max(Math.Abs)), pair.Key));
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void Forward_HalfPrecision_EqualsWidenedAtEveryHookWithGradients(string family, string architecture)
    {
        using var folder = new TempFolder();
        var twins = Int8Twins.Of(TinyModels.Write(folder.Path, family, architecture), Quantization.Half);

        Dictionary<string, float[]> actual = Everything(twins.Int8), expected = Everything(twins.Floats);

        Assert.Equal(expected.Keys, actual.Keys);
        Assert.All(expected, pair => TensorAssert.Close(actual[pair.Key], pair.Value, 1e-4,
            1e-4 * Math.Max(1e-2, pair.Value.Where(float.IsFinite).Max(Math.Abs)), pair.Key));
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void Load_ThresholdZeroOrInfinite_KeepsAllOrNothing(string family, string architecture)
    {
        using var folder = new TempFolder();
        ITransformer floats = ModelLoader.Load(TinyModels.Write(folder.Path, family, architecture));
        ITransformer plain = ModelLoader.Load(folder.Path, Quantization.Int8),
            none = ModelLoader.Load(folder.Path, Quantization.Int8, float.PositiveInfinity);
        ITransformer all = ModelLoader.Load(folder.Path, Quantization.Int8, 0);
        ModelInput input = TinyInputs.For(floats);

        Assert.Equal(plain.Forward(input).ToArray(), none.Forward(input).ToArray());
        Assert.All(floats.Parameters.Zip(all.Parameters), pair => Assert.Equal(pair.First.Value.ToArray(), pair.Second.Value.ToArray()));
        TensorAssert.Close(all.Forward(input).ToArray(), floats.Forward(input).ToArray(), 1e-4, 1e-5);
    }

    [Theory]
    [InlineData(Quantization.None, 4f, "none")]
    [InlineData(Quantization.Int8, -1f, "-1")]
    [InlineData(Quantization.Int8All, float.NaN, "NaN")]
    public void Load_ThresholdThatMakesNoSense_IsRefused(Quantization quantization, float outliers, string part)
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, "gpt2");

        Assert.Contains(part, Assert.Throws<ModelException>(() => ModelLoader.Load(folder.Path, quantization, outliers)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(FamiliesAndDevices))]
    public void Forward_OnAnyDevice_EqualsTheCpu(string family, string device)
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, family);
        ITransformer model = ModelLoader.Load(folder.Path, Quantization.Int8All, 2);
        float[] expected = model.Forward(TinyInputs.For(model)).ToArray();
        using Device.Scope scope = TestDevices.Use(device);

        ITransformer there = ModelLoader.Load(folder.Path, Quantization.Int8All, 2);

        TensorAssert.Close(there.Forward(TinyInputs.For(there)).ToArray(), expected, 1e-4, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void Load_Int8_RoundsTheLayersOfAllBlocks(string family, string architecture)
    {
        using var folder = new TempFolder();
        ITransformer model = ModelLoader.Load(TinyModels.Write(folder.Path, family, architecture), Quantization.Int8);

        Assert.All(model.Parameters, p => Assert.Equal(
            (p.Name.Contains(".attn.W_", StringComparison.Ordinal) || p.Name.Contains(".mlp.W_", StringComparison.Ordinal)
                || p.Name.Contains(".cross_attn.W_", StringComparison.Ordinal)), p.Int8 is not null));
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void Load_Int8All_RoundsEveryMatrix(string family, string architecture)
    {
        using var folder = new TempFolder();
        ITransformer model = ModelLoader.Load(TinyModels.Write(folder.Path, family, architecture), Quantization.Int8All);

        Assert.All(model.Parameters, p => Assert.Equal(p.Shape.Rank == 2 && !p.IsBuffer, p.Int8 is not null));
    }

    [Fact]
    public void Load_PartsOfOneStoredTensor_ShareTheirIntegers()
    {
        using var folder = new TempFolder();
        ITransformer model = ModelLoader.Load(TinyModels.Write(folder.Path, "gpt2"), Quantization.Int8);

        Storage[] parts = [.. new[] { "W_Q", "W_K",
            "W_V" }.Select(name => model.Parameters.Single(p => p.Name == $"blocks.0.attn.{name}").Int8!.Values.Storage)];

        Assert.Same(parts[0], parts[1]);
        Assert.Same(parts[0], parts[2]);
    }

    [Fact]
    public void Value_OfARoundedParameter_IsNearAndCanBeReplaced()
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, "gpt2");
        Parameter rounded = ModelLoader.Load(folder.Path, Quantization.Int8).Parameters.Single(p => p.Name == "blocks.1.mlp.W_in");
        Tensor exact = ModelLoader.Load(folder.Path).Parameters.Single(p => p.Name == "blocks.1.mlp.W_in").Value;

        Assert.Equal(exact.Shape, rounded.Value.Shape);
        TensorAssert.Close(rounded.Value.ToArray(), exact.ToArray(), 0, 0.01);

        rounded.Value = exact;

        Assert.Null(rounded.Int8);
        Assert.Equal(exact.ToArray(), rounded.Value.ToArray());

        rounded.Int8 = Int8Matrix.Quantize(exact.Transpose());

        TensorAssert.Close(rounded.Value.ToArray(), exact.ToArray(), 0, 0.01);
        Assert.Throws<ShapeException>(() => rounded.Int8 = Int8Matrix.Quantize(exact));
    }

    [Fact]
    public void Load_WeightThatIsNotFinite_NamesFileAndTensor()
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, "gpt2");
        using (var weights = WeightsFolder.Open(folder.Path))
        {
            const string Bad = "transformer.h.1.attn.c_proj.weight";
            WeightData[] data = [.. weights.Names.Select(name => new WeightData(name, name == Bad
                ? Tensor.Full([16, 16], float.NaN) : weights.Read(name)))];
            SafetensorsWriter.Save(folder.File("model.safetensors"), data, cancellation: TestContext.Current.CancellationToken);
        }

        WeightException e = Assert.Throws<WeightException>(() => ModelLoader.Load(folder.Path, Quantization.Int8));

        Assert.Contains("transformer.h.1.attn.c_proj.weight", e.Message, StringComparison.Ordinal);
        Assert.Contains("model.safetensors", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("int8", Quantization.Int8)]
    [InlineData("INT8-all", Quantization.Int8All)]
    [InlineData("none", Quantization.None)]
    [InlineData("fp16", Quantization.Half)]
    public void Parse_KnownName_IsTheChoice(string name, Quantization expected) => Assert.Equal(expected, Quantizations.Parse(name));

    [Fact]
    public void Parse_UnknownName_ListsTheChoices() =>
        Assert.Contains("int8-all", Assert.Throws<ModelException>(() => Quantizations.Parse("int4")).Message, StringComparison.Ordinal);

    /// <summary>The output, every activation and its gradient, and the gradient to the embeddings.</summary>
    private static Dictionary<string, float[]> Everything(ITransformer model)
    {
        ModelInput input = TinyInputs.Embedded(model, TinyInputs.For(model));
        var all = new Dictionary<string, float[]>();
        using ActivationCache cache = model.Cache("*");
        using var tape = new Tape();
        Tensor y = model.Forward(input);
        all["output"] = y.ToArray();
        all["d embeddings"] = tape.Gradient(y, input.Embeddings!)[input.Embeddings!].ToArray();
        foreach (string hook in cache.Names)
        {
            all[hook] = cache[hook].ToArray();
            try
            {
                all["d " + hook] = tape.Gradient(y, cache[hook])[cache[hook]].ToArray();
            }
            catch (UnreachedException)
            {
                all["d " + hook] = []; // an activation that nothing reads
            }
        }
        return all.ToDictionary(pair => pair.Key, pair => pair.Value.Length == 0 ? [0f] : pair.Value);
    }
}
