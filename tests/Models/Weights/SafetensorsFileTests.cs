using Vitrine.Tests.Support;
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
        string header = """{"__metadata__":{"format":"pt"},"标量":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"":{"dtype":"I8","shape":[3,0,2],"data_offsets":[4,4]},"z":{"data_offsets":[4,6],"shape":[1,2],"dtype":"U8"}}""";

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
