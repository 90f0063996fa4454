using Vitrine.Tests.Support;
using Vitrine.Tensors;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Weights;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_EmptyHeader_HasNoTensors()
    {
        using SafetensorsFile file = Open(SafetensorsBytes.File("{}   \n"));

        Assert.Empty(file.Names);
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Open_ScalarEmptyAndUnicodeNames_AreRead()
    {
        string header =
            """{"__metadata__":{"format":"pt"},"标量":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"":{"dtype":"I8","shape":[3,0,2],"data_offsets":[4,4]},"z":{"data_offsets":[4,6],"shape":[1,2],"dtype":"U8"}}""";

        using SafetensorsFile file = Open(SafetensorsBytes.File(header, 0, 0, 0x80, 0x3f, 7, 9));

        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(["标量", "", "z"], file.Names);
        Assert.Equal([1f], file.ReadFloats("标量"));
        Assert.Equal([3L, 0, 2], file.Entry("").Shape);
        Assert.Empty(file.ReadFloats(""));
        Assert.Equal([7, 9], file.Bytes("z").ToArray());
        Assert.Equal("U8 [1, 2]", file.Entry("z").ToString());
    }

    [Fact]
    public void Entry_UnknownName_ListsTheNearest()
    {
        using SafetensorsFile file = SafetensorsFile.Open(GoldenFolder.Find("gpt2", "model.safetensors"));

        WeightException e = Assert.Throws<WeightException>(() => file.Entry("h.1.ln_2.weight"));

        Assert.Contains("nearest: 'transformer.h.1.ln_2.weight'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadFloats_GoldenModel_HasTheSizesOfItsConfig()
    {
        using SafetensorsFile file = SafetensorsFile.Open(GoldenFolder.Find("gpt2", "model.safetensors"));

        float[] wte = file.ReadFloats("transformer.wte.weight");

        Assert.Equal([97L, 32], file.Entry("transformer.wte.weight").Shape);
        Assert.Equal(97 * 32, wte.Length);
        Assert.All(wte, value => Assert.True(float.IsFinite(value)));
        Assert.Contains(wte, value => value != 0);
    }

    [Fact]
    public unsafe void Address_OfATensor_IsWhereItsBytesLie()
    {
        using SafetensorsFile file = Open(SafetensorsBytes.One("U8", "[3]", 5, 6, 7));

        Assert.Equal(6, file.Address("x")[1]);
    }

    [Fact]
    public unsafe void Read_AlignedF32_ViewsTheFileAndOutlivesIt()
    {
        SafetensorsFile file = SafetensorsFile.Open(GoldenFolder.Find("gpt2", "model.safetensors"));
        float[] expected = file.ReadFloats("transformer.wpe.weight");

        Tensor tensor = file.Read("transformer.wpe.weight");

        Assert.True(tensor.CpuPointer == file.Address("transformer.wpe.weight"));
        file.Dispose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(expected, tensor.ToArray());
        Assert.Equal([32, 32], tensor.Shape.Axes.ToArray());
        Assert.True(tensor.IsWeight);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(" ", false)]
    public unsafe void Read_UnalignedF32_IsCopied(string padding, bool viewed)
    {
        string header = """{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";
        header += new string(' ', 8 - (header.Length % 8)) + padding;
        using SafetensorsFile file = Open(SafetensorsBytes.File(header, 0, 0, 0x80, 0x3f));

        Tensor tensor = file.Read("x");

        Assert.Equal(viewed, tensor.CpuPointer == file.Address("x"));
        Assert.Equal(1f, tensor.Item());
        Assert.True(tensor.IsWeight);
    }

    [Fact]
    public void Read_AxisBeyondInt32_IsRefused()
    {
        using SafetensorsFile file = Open(SafetensorsBytes.One("F16", "[4294967296,0]"));

        Assert.Throws<WeightException>(() => file.Read("x"));
        Assert.Empty(file.ReadFloats("x"));
    }

    [Fact]
    public void Read_AfterDispose_ThrowsObjectDisposed()
    {
        SafetensorsFile file = Open(SafetensorsBytes.One("U8", "[3]", 5, 6, 7));

        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => file.ReadFloats("x"));
        Assert.Throws<ObjectDisposedException>(() => file.Bytes("x").Length);
    }

    [Fact]
    public void Read_FromSeveralThreads_GivesTheSameBits()
    {
        using SafetensorsFile file = SafetensorsFile.Open(GoldenFolder.Find("bert_cls", "model.safetensors"));
        Dictionary<string, float[]> expected = file.Names.ToDictionary(name => name, file.ReadFloats);

        Parallel.For(0, 200, i =>
        {
            string name = file.Names.ElementAt(i % file.Names.Count);
            Assert.Equal(expected[name], file.ReadFloats(name));
        });
    }

    private SafetensorsFile Open(byte[] bytes) => SafetensorsFile.Open(_folder.Write("model.safetensors", bytes));
}
