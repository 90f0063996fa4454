using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Weights;

public sealed class WeightsFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_ShardedGolden_HoldsTheBitsOfTheSingleFile()
    {
        using WeightsFolder single = WeightsFolder.Open(GoldenFolder.Find("gpt2"));
        using WeightsFolder sharded = WeightsFolder.Open(GoldenFolder.Find("variant_gpt2_sharded"));

        Assert.Equal(3, sharded.Files.Count);
        Assert.Equal(single.Names.Order(), sharded.Names.Order());
        Assert.All(single.Names, name => Assert.Equal(single.Read(name).ToArray(), sharded.Read(name).ToArray()));
    }

    [Fact]
    public void Open_PathOfAFile_OpensThatFile()
    {
        using WeightsFolder folder = WeightsFolder.Open(GoldenFolder.Find("gpt2", "train_grads_f64.safetensors"));

        Assert.Equal(WeightType.F64, folder.Entry("grad.transformer.wte.weight").Type);
        Assert.Equal([97, 32], folder.Read("grad.transformer.wte.weight").Shape.Axes.ToArray());
    }

    [Theory]
    [InlineData("model.gguf", "'model.gguf'", "fetch the checkpoint")]
    [InlineData("tf_model.h5", "'tf_model.h5'", "convert them")]
    [InlineData("other.bin", "'other.bin'", "Rename the file")]
    [InlineData("adapter.safetensors", "'adapter.safetensors'", "Rename the file")]
    [InlineData("notes.txt", "a folder without weights", "Check the path")]
    public void Open_FolderWithoutModel_SaysWhatToDo(string present, string found, string advice)
    {
        _ = _folder.Write(present, "x"u8);

        WeightException e = Assert.Throws<WeightException>(() => WeightsFolder.Open(_folder.Path));

        Assert.Contains(found, e.Message, StringComparison.Ordinal);
        Assert.Contains(advice, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NoFolder_SaysSo()
    {
        WeightException e = Assert.Throws<WeightException>(() => WeightsFolder.Open(_folder.File("absent")));

        Assert.Contains("no such folder", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"1.safetensors","b":"2.safetensors"}}""", null)]
    [InlineData("""{"metadata":{"total_size":8,"more":[{"a":1}]},"weight_map":{"a":"1.safetensors","b":"2.safetensors"}} """, null)]
    [InlineData("""{"weight_map":{"a":"1.safetensors"}}""", null)] // the second file is not mentioned at all
    [InlineData("""{"weight_map":{"a":"1.safetensors","b":"1.safetensors"}}""", "in no file")]
    [InlineData("""{"weight_map":{"a":"2.safetensors","b":"1.safetensors"}}""", "not where the index says")]
    [InlineData("""{"weight_map":{"b":"2.safetensors","c":"1.safetensors"}}""", "in no file")]
    [InlineData("""{"weight_map":{"a":"1.safetensors","b":"3.safetensors"}}""", "cannot be opened")]
    [InlineData("""{"weight_map":{"a":"1.safetensors","b":"both.safetensors"}}""", "in two files")]
    [InlineData("""{"weight_map":{"b":"both.safetensors"}}""", null)] // what the index omits is read all the same
    [InlineData("""{"weight_map":{"a":"1.safetensors","a":"1.safetensors"}}""", "lists a tensor twice")]
    [InlineData("""{"weight_map":{"a":"1.safetensors"},"weight_map":{}}""", "weight_map twice")]
    [InlineData("""{"weight_map":{"a":"../1.safetensors"}}""", "outside its folder")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""", "outside its folder")]
    [InlineData("""{"weight_map":{"a":".."}}""", "outside its folder")]
    [InlineData("""{"weight_map":{"a":"x\u0000y"}}""", "cannot be opened")]
    [InlineData("""{"weight_map":{"a":1}}""", "outside its folder")]
    [InlineData("""{"weight_map":[]}""", "wrong kind")]
    [InlineData("""{}""", "no weight_map")]
    [InlineData("""[]""", "not a JSON object")]
    [InlineData("""{"weight_map":{"a":"1.safetensors"}}}""", "cannot be read")]
    [InlineData("""{"weight_map":{"\ud800":"1.safetensors"}}""", "cannot be read")]
    [InlineData("", "cannot be read")]
    public void Open_Index_MustAgreeWithTheFiles(string index, string? fault)
    {
        _ = _folder.Write("1.safetensors", Named("a"));
        _ = _folder.Write("2.safetensors", Named("b"));
        _ = _folder.Write("both.safetensors", SafetensorsBytes.File(
            """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 1, 2));
        _ = _folder.Write("model.safetensors.index.json", System.Text.Encoding.UTF8.GetBytes(index));

        if (fault is null)
        {
            using WeightsFolder folder = WeightsFolder.Open(_folder.Path);
            Assert.Equal(1f, folder.Read("a").ToArray()[0]);
            return;
        }
        WeightException e = Assert.Throws<WeightException>(() => WeightsFolder.Open(_folder.Path));
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WeightType.F64)]
    [InlineData(WeightType.F32)]
    [InlineData(WeightType.F16)]
    [InlineData(WeightType.BF16)]
    public void CheckFinite_NaNOrInfinityAnywhere_IsFound(WeightType type)
    {
        foreach (int index in new[] { 0, 1, 7, 8, 15, 16, 31, 32, 255, 256 })
        {
            foreach (float bad in new[] { float.NaN, float.NegativeInfinity })
            {
                float[] values = [.. Enumerable.Repeat(-3f, 257)];
                values[index] = bad;
                string path = _folder.File("model.safetensors");
                SafetensorsWriter.Save(path, [new("a", Tensor.From([1f], [1]), type), new("b", Tensor.From(values, [257]), type)],
                    cancellation: TestContext.Current.CancellationToken);
                using WeightsFolder folder = WeightsFolder.Open(_folder.Path);

                WeightException e = Assert.Throws<WeightException>(folder.CheckFinite);

                Assert.Equal("b", e.TensorName);
                Assert.Contains($"element {index} of {type} [257]", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bert_cls")]
    [InlineData("marian")]
    [InlineData("llama")]
    public void CheckFinite_GoldenModel_Passes(string model)
    {
        using WeightsFolder folder = WeightsFolder.Open(GoldenFolder.Find(model));

        folder.CheckFinite();
    }

    private static byte[] Named(string name) =>
        SafetensorsBytes.File($$$"""{"{{{name}}}":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1);
}
