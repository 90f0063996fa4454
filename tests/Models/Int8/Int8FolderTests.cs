using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Int8;

/// <summary>Folders with 8-bit weights: ours, and those that bitsandbytes writes.</summary>
public sealed class Int8FolderTests : IDisposable
{
    private readonly TempFolder _folder = new(), _place = new();

    private string Target => _place.File("int8");

    public static TheoryData<string, Quantization> Choices =>
        new(TinyModels.Families.SelectMany(family => new[] { (family, Quantization.Int8), (family, Quantization.Int8All) }));

    public void Dispose()
    {
        _folder.Dispose();
        _place.Dispose();
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void Write_AnyFamily_LoadsMappedWithTheSameBits(string family, Quantization quantization)
    {
        TinyModels.Write(_folder.Path, family);
        ITransformer rounded = ModelLoader.Load(_folder.Path, quantization);

        Write(_folder.Path, Target, quantization);

        ITransformer written = ModelLoader.Load(Target);
        Assert.Empty(written.Weights.Unused);
        Assert.Equal(rounded.Parameters.Select(p => p.Name), written.Parameters.Select(p => p.Name));
        foreach ((Parameter expected, Parameter actual) in rounded.Parameters.Zip(written.Parameters))
        {
            Assert.Equal(expected.Int8?.Values.ToSByteArray(), actual.Int8?.Values.ToSByteArray());
            Assert.Equal(expected.Value.ToArray(), actual.Value.ToArray());
            CheckMapped(family, actual.Int8?.Values ?? actual.Value);
        }
        ModelInput input = TinyInputs.For(rounded);
        Assert.Equal(rounded.Forward(input).ToArray(), written.Forward(input).ToArray());
    }

    // Rows of fused projections that are stored head by head (NeoX, BLOOM, CodeGen) are copied apart; all other weights lie in the file.
    private static void CheckMapped(string family, Tensor values)
    {
        if (family is not ("bloom" or "gpt_neox" or "codegen"))
        {
            Assert.IsNotType<byte[]>(((CpuStorage)values.Storage).Owner);
        }
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void Write_OutliersKept_LoadsMappedWithTheSameBits(string family, Quantization quantization)
    {
        TinyModels.Write(_folder.Path, family);
        ITransformer rounded = ModelLoader.Load(_folder.Path, quantization, 2);

        Write(_folder.Path, Target, quantization, 2);

        ITransformer written = ModelLoader.Load(Target);
        Assert.Empty(written.Weights.Unused);
        Assert.Contains(written.Parameters, p => p.Int8?.Outliers is not null);
        foreach ((Parameter expected, Parameter actual) in rounded.Parameters.Zip(written.Parameters))
        {
            Assert.Equal(expected.Int8?.Outliers?.Columns, actual.Int8?.Outliers?.Columns);
            Assert.Equal(expected.Value.ToArray(), actual.Value.ToArray());
            CheckMapped(family, actual.Int8?.Outliers?.Values ?? actual.Int8?.Values ?? actual.Value);
        }
        ModelInput input = TinyInputs.For(rounded);
        Assert.Equal(rounded.Forward(input).ToArray(), written.Forward(input).ToArray());
        // others must refuse it
        Assert.Equal("vitrine_int8",
            (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(Target, "config.json")))!["quantization_config"]!["quant_method"]);
    }

    [Fact]
    public void Load_OutliersOfAModelInEightBits_AreRefused()
    {
        WriteBitsAndBytes(format: 0, scales: 48, WeightType.F32);

        WeightException e = Assert.Throws<WeightException>(() => ModelLoader.Load(_folder.Path, Quantization.Int8, 4));

        Assert.Contains("in 8 bits already", e.Message, StringComparison.Ordinal);
        Assert.Contains("c_attn.weight", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new float[] { 3, 1 }, "ascending")]
    [InlineData(new float[] { 1, 16 }, "below 16")]
    [InlineData(new float[] { 1 }, "do not fit")]
    public void Load_OutlierColumnsThatDoNotFit_NameFileAndTensor(float[] columns, string part)
    {
        WriteBitsAndBytes(format: 0, scales: 48, WeightType.F32,
            new("transformer.h.0.attn.c_attn.outlier_columns", Tensor.From(columns, [columns.Length]), WeightType.I32),
            new("transformer.h.0.attn.c_attn.outliers", Tensor.Zeros([48, 2])));

        WeightException e = Assert.Throws<WeightException>(() => ModelLoader.Load(_folder.Path));

        Assert.Contains(part, e.Message, StringComparison.Ordinal);
        Assert.Contains("model.safetensors", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("variant_gpt2_sharded")]
    [InlineData("variant_gpt2_noprefix")]
    [InlineData("variant_bert_mlm_gamma_beta")]
    [InlineData("variant_marian_untied_keys")]
    public void Write_OldSpellings_AreWrittenAsToday(string golden)
    {
        GoldenFolder.Find(golden);
        string source = GoldenModel.Named(golden).Folder;

        Write(source, Target, Quantization.Int8);

        ITransformer rounded = ModelLoader.Load(source, Quantization.Int8), written = ModelLoader.Load(Target);
        Assert.Equal(rounded.Parameters.Select(p => (p.Name, p.Shape, p.Int8 is null)),
            written.Parameters.Select(p => (p.Name, p.Shape, p.Int8 is null)));
        Assert.All(rounded.Parameters.Zip(written.Parameters),
            pair => Assert.Equal(pair.First.Value.ToArray(), pair.Second.Value.ToArray()));
    }

    [Fact]
    public void Write_HalfPrecision_KeepsTheTypeOfWhatIsNotRounded()
    {
        TinyModels.Write(_folder.Path, "gpt2");
        ParameterLayout.Save(ModelLoader.Load(_folder.Path), _folder.File("model.safetensors"), WeightType.F16);

        Write(_folder.Path, Target, Quantization.Int8);

        using var weights = WeightsFolder.Open(Target);
        Assert.Equal(WeightType.F16, weights.Entry("transformer.wte.weight").Type);
        Assert.Equal(WeightType.I8, weights.Entry("transformer.h.0.attn.c_attn.weight").Type);
        Assert.Equal([48, 16], weights.Entry("transformer.h.0.attn.c_attn.weight").Shape); // rows are outputs, also in GPT-2
        Assert.Equal(WeightType.F32, weights.Entry("transformer.h.0.attn.c_attn.SCB").Type);
    }

    [Fact]
    public void Write_Int8_SaysHowInTheConfigAndCopiesTheRest()
    {
        TinyModels.Write(_folder.Path, "bert", "BertForSequenceClassification");
        File.WriteAllText(_folder.File("vocab.txt"), "[PAD]\n[UNK]\n");
        File.WriteAllText(_folder.File("pytorch_model.bin"), "x");

        Write(_folder.Path, Target, Quantization.Int8);

        JsonNode quantization = JsonNode.Parse(File.ReadAllText(Path.Combine(Target, "config.json")))!["quantization_config"]!;
        Assert.Equal("bitsandbytes", (string?)quantization["quant_method"]);
        Assert.True((bool)quantization["load_in_8bit"]!);
        Assert.Contains("classifier", quantization["llm_int8_skip_modules"]!.AsArray().Select(n => (string?)n));
        Assert.Equal(["config.json", "model.safetensors", "vocab.txt"],
            Directory.EnumerateFiles(Target).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Write_TargetInTheWay_IsRefusedAndUntouched()
    {
        TinyModels.Write(_folder.Path, "gpt2");
        Directory.CreateDirectory(Target);
        File.WriteAllText(Path.Combine(Target, "mine.txt"), "mine");

        Assert.Contains("in the way", Assert.Throws<ModelException>(() => Write(_folder.Path, Target, Quantization.Int8)).Message,
            StringComparison.Ordinal);
        Assert.Contains("in the way", Assert.Throws<ModelException>(() => Write(_folder.Path, _folder.Path, Quantization.Int8)).Message,
            StringComparison.Ordinal);
        Assert.Equal(["mine.txt"], Directory.EnumerateFileSystemEntries(Target).Select(Path.GetFileName));
    }

    [Fact]
    public void Write_CancelledOrFailing_LeavesNothing()
    {
        TinyModels.Write(_folder.Path, "gpt2");
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.Throws<OperationCanceledException>(() => Int8Folder.Write(_folder.Path, Target, Quantization.Int8,
            cancellation: cancelled.Token));
        Assert.Throws<ModelException>(() => Write(_folder.Path, Target, Quantization.None));

        Assert.Empty(Directory.EnumerateFileSystemEntries(_place.Path));
    }

    [Fact]
    public void Write_ModelInEightBits_IsRefused()
    {
        TinyModels.Write(_folder.Path, "gpt2");
        Write(_folder.Path, Target, Quantization.Int8);

        Assert.Contains("already", Assert.Throws<ModelException>(() => Write(Target, _place.File("again"), Quantization.Int8)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Int8FolderWithMoreRoundingAsked_RoundsTheRest()
    {
        TinyModels.Write(_folder.Path, "gpt2");
        Write(_folder.Path, Target, Quantization.Int8);

        ITransformer model = ModelLoader.Load(Target, Quantization.Int8All);

        Assert.All(model.Parameters, p => Assert.Equal(p.Shape.Rank == 2, p.Int8 is not null));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_BitsAndBytesCheckpoint_IsIntegersTimesScalesOver127(bool halfPrecision)
    {
        WriteBitsAndBytes(format: 0, scales: 48, halfPrecision ? WeightType.F16 : WeightType.F32);

        ITransformer model = ModelLoader.Load(_folder.Path);

        Tensor w = model.Parameters.Single(p => p.Name == "blocks.0.attn.W_K").Value; // the second third of c_attn's rows
        for (int i = 0; i < 16; i++)
        {
            for (int o = 0; o < 16; o++)
            {
                float expected = ((16 + o + i) % 255 - 127) * (0.25f * (1 + ((16 + o) % 3))) / 127;
                Assert.Equal(expected, w.Select(0, i).Select(0, o).Item(), 1e-6f);
            }
        }
        Assert.Empty(model.Weights.Unused);
    }

    [Theory]
    [InlineData(2, 48, "weight_format")]
    [InlineData(0, 47, "48, one per row")]
    public void Load_BitsAndBytesLayoutsOfGpus_AreRefused(int format, int scales, string part)
    {
        WriteBitsAndBytes(format, scales, WeightType.F32);

        Assert.Contains(part, Assert.Throws<WeightException>(() => ModelLoader.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"quant_method\": \"gptq\", \"bits\": 8}", "gptq")]
    [InlineData("{\"quant_method\": \"bitsandbytes\", \"load_in_4bit\": true}", "load_in_4bit")]
    [InlineData("true", "quantization_config")]
    public void Load_OtherQuantizations_AreRefusedByName(string config, string part)
    {
        TinyModels.Write(_folder.Path, "gpt2", edit: json => json["quantization_config"] = JsonNode.Parse(config));

        Assert.Contains(part, Assert.Throws<ModelException>(() => ModelLoader.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    private static void Write(string source, string target, Quantization quantization, float outliers = float.PositiveInfinity) =>
        Int8Folder.Write(source, target, quantization, outliers, cancellation: TestContext.Current.CancellationToken);

    // c_attn of the first block as Linear8bitLt saves it: [d_out, d_in], the rows' magnitudes next to it.
    private void WriteBitsAndBytes(int format, int scales, WeightType scaleType, params WeightData[] more)
    {
        TinyModels.Write(_folder.Path, "gpt2", edit: json => json["quantization_config"] =
            JsonNode.Parse("""{"load_in_8bit": true, "quant_method": "bitsandbytes"}"""));
        const string Layer = "transformer.h.0.attn.c_attn";
        using var weights = WeightsFolder.Open(_folder.Path);
        sbyte[] integers = [.. Enumerable.Range(0, 48 * 16).Select(i => (sbyte)((((i / 16) + (i % 16)) % 255) - 127))];
        WeightData[] data =
        [
            .. weights.Names.Where(name => name != $"{Layer}.weight").Select(name => new WeightData(name, weights.Read(name))),
            new($"{Layer}.weight", Tensor.From(integers, [48, 16]), WeightType.I8),
            new($"{Layer}.SCB", Tensor.From([.. Enumerable.Range(0, scales).Select(i => 0.25f * (1 + (i % 3)))], [scales]), scaleType),
            new($"{Layer}.weight_format", Tensor.Scalar(format), WeightType.U8),
            .. more,
        ];
        SafetensorsWriter.Save(_folder.File("model.safetensors"), data, cancellation: TestContext.Current.CancellationToken);
    }
}
