using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Int8;

/// <summary>Models with weights in half precision: that nothing is lost where nothing must be, and half the memory is kept free.</summary>
public sealed class HalfModelTests : IDisposable
{
    private readonly TempFolder _folder = new(), _place = new();

    public static TheoryData<string> Families => [.. TinyModels.Families];

    public static TheoryData<string, string> FamiliesAndDevices => TestDevices.With(TinyModels.Families);

    public void Dispose()
    {
        _folder.Dispose();
        _place.Dispose();
    }

    [Theory]
    [MemberData(nameof(FamiliesAndDevices))]
    public void Forward_Float16OnDisk_EqualsFloat32OfTheSameNumbers(string family, string device)
    {
        string stored = InHalf(family);
        ITransformer floats = ModelLoader.Load(stored);
        float[] expected = floats.Forward(TinyInputs.For(floats)).ToArray();
        using Device.Scope scope = TestDevices.Use(device);

        ITransformer half = ModelLoader.Load(stored, Quantization.Half);

        Assert.All(half.Parameters, p => Assert.Equal(p.Shape.Rank == 2 && !p.IsBuffer, p.Half is not null));
        Assert.All(half.Parameters.Zip(floats.Parameters), pair => Assert.Equal(pair.Second.Value.ToArray(), pair.First.Value.ToArray()));
        TensorAssert.Close(half.Forward(TinyInputs.For(half)).ToArray(), expected, 1e-4, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Load_Float16OnDisk_IsMapped(string family)
    {
        ITransformer half = ModelLoader.Load(InHalf(family), Quantization.Half);

        // Queries, keys and values that are stored by head lie in pieces, and are gathered.
        Assert.All(half.Parameters.Where(p => p.Half is not null && p.Place.Part is not { Groups: > 1 }),
            p => Assert.IsNotType<byte[]>(((CpuStorage)p.Half!.Storage).Owner));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Write_AnyFamily_IsAsRoundedAtLoad(string family)
    {
        ITransformer rounded = ModelLoader.Load(TinyModels.Write(_folder.Path, family), Quantization.Half), written;
        Int8Folder.Write(_folder.Path, _place.File("half"), Quantization.Half, cancellation: TestContext.Current.CancellationToken);

        written = ModelLoader.Load(_place.File("half"), Quantization.Half);

        Assert.Empty(written.Weights.Unused);
        Assert.Equal(rounded.Forward(TinyInputs.For(rounded)).ToArray(), written.Forward(TinyInputs.For(written)).ToArray());
        Assert.Contains("\"torch_dtype\": \"float16\"", File.ReadAllText(Path.Combine(_place.File("half"), "config.json")),
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(FamiliesAndDevices))]
    public void Load_Half_TakesHalfTheMemoryOfEveryMatrix(string family, string device)
    {
        TinyModels.Write(_folder.Path, family);
        using Device.Scope scope = TestDevices.Use(device);

        ITransformer floats = ModelLoader.Load(_folder.Path), half = ModelLoader.Load(_folder.Path, Quantization.Half);

        long matrices = Bytes(floats, p => p.Kind != ParameterKind.Other), others = Bytes(floats, p => p.Kind == ParameterKind.Other);
        Assert.Equal((matrices / 2) + others, Bytes(half, _ => true));

        static long Bytes(ITransformer model, Func<Parameter, bool> which) =>
            model.Parameters.Where(which).Select(p => (p.Half ?? p.Value).Storage).Distinct().Sum(storage => storage.Bytes);
    }

    [Fact]
    public void Value_SetOnAHalfParameter_MakesItFloat32()
    {
        Parameter half = ModelLoader.Load(TinyModels.Write(_folder.Path, "gpt2"),
            Quantization.Half).Parameters.Single(p => p.Name == "blocks.1.mlp.W_in");

        half.Value = half.Value;

        Assert.Null(half.Half);
        Assert.Equal(DType.Float32, half.Value.DType);
    }

    [Fact]
    public void Load_AWeightBeyondTheRange_NamesFileAndTensor()
    {
        const string Bad = "transformer.h.1.attn.c_proj.weight";
        TinyModels.Write(_folder.Path, "gpt2");
        using (var weights = WeightsFolder.Open(_folder.Path))
        {
            WeightData[] data =
                [.. weights.Names.Select(name => new WeightData(name, name == Bad ? Tensor.Full([16, 16], 1e6f) : weights.Read(name)))];
            SafetensorsWriter.Save(_folder.File("model.safetensors"), data, cancellation: TestContext.Current.CancellationToken);
        }

        WeightException e = Assert.Throws<WeightException>(() => ModelLoader.Load(_folder.Path, Quantization.Half));

        Assert.Contains(Bad, e.Message, StringComparison.Ordinal);
        Assert.Contains("1000000", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OutliersOfHalfPrecision_AreRefused()
    {
        TinyModels.Write(_folder.Path, "gpt2");

        Assert.Contains("fp16", Assert.Throws<ModelException>(() => ModelLoader.Load(_folder.Path, Quantization.Half, 4)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>A checkpoint all of whose tensors are F16.</summary>
    private string InHalf(string family)
    {
        TinyModels.Write(_folder.Path, family);
        using var weights = WeightsFolder.Open(_folder.Path);
        SafetensorsWriter.Save(_place.File("model.safetensors"),
            weights.Names.Select(name => new WeightData(name, weights.Read(name), WeightType.F16)),
            cancellation: TestContext.Current.CancellationToken);
        File.Copy(_folder.File("config.json"), _place.File("config.json"));
        return _place.Path;
    }
}
