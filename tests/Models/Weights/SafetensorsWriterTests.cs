using System.Runtime.InteropServices;
using Vitrine.Tests.Support;
using Vitrine.Tensors;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Weights;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Save_ThenOpen_GivesIdenticalBits()
    {
        float[] values = [.. Enumerable.Range(0, 200_003).Select(i => BitConverter.UInt32BitsToSingle((uint)i * 21479u))];
        string path = _folder.File("model.safetensors");

        Save(path, [new("big", Tensor.From(values, [200_003])), new("scalar", Tensor.From([2f], []))],
            new Dictionary<string, string> { ["format"] = "pt", ["note"] = "a \"quoted\" 标题" });

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.True(MemoryMarshal.AsBytes(values.AsSpan()).SequenceEqual(file.Bytes("big")));
        Assert.Equal([2f], file.ReadFloats("scalar"));
        Assert.Empty(file.Entry("scalar").Shape);
        Assert.Equal("a \"quoted\" 标题", file.Metadata["note"]);
    }

    [Fact]
    public void Save_GoldenModel_RestoresEveryByteOfEveryTensor()
    {
        using SafetensorsFile golden = SafetensorsFile.Open(GoldenFolder.Find("marian", "model.safetensors"));
        string path = _folder.File("copy.safetensors");

        Save(path, golden.Names.Reverse().Select(name => new WeightData(name, golden.Read(name))), golden.Metadata);

        Assert.Equal(File.ReadAllBytes(golden.FilePath), File.ReadAllBytes(path));
    }

    [Fact]
    public void Save_MixedTypes_AlignsEveryTensorAndSortsByName()
    {
        string path = _folder.File("model.safetensors");

        Tensor zeros = Tensor.Zeros([3]);

        Save(path, [new("b", zeros, WeightType.I8), new("d", zeros, WeightType.F16), new("c", zeros), new("a", zeros),
            new("e", zeros, WeightType.F64)]);

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(["e", "a", "c", "d", "b"], file.Names);
        Assert.All(file.Names, name => Assert.Equal(0, file.Entry(name).Offset % file.Entry(name).Type.Size()));
        Assert.Equal(0, file.Entry("e").Offset % 8);
    }

    [Fact]
    public void Save_TransposedView_WritesItsOwnOrder()
    {
        string path = _folder.File("model.safetensors");
        Tensor tensor = Tensor.From([1f, 2, 3, 4, 5, 6], [2, 3]).View([3, 2], [1, 3]);

        Save(path, [new("x", tensor)]);

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal([3L, 2], file.Entry("x").Shape);
        Assert.Equal([1f, 4, 2, 5, 3, 6], file.ReadFloats("x"));
    }

    [Fact]
    public void Save_ValueTooLarge_LeavesTheOldFileAndNothingElse()
    {
        string path = _folder.Write("model.safetensors", "old"u8);

        WeightException e = Assert.Throws<WeightException>(() =>
            Save(path, [new("x", Tensor.From(Values(99_999, 70_000f), [100_000]), WeightType.F16)]));

        Assert.Contains("70000 at element 99999", e.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Save_Cancelled_LeavesTheOldFileAndNothingElse()
    {
        string path = _folder.Write("model.safetensors", "old"u8);

        Assert.Throws<OperationCanceledException>(() =>
            SafetensorsWriter.Save(path, [new("x", Tensor.From(new float[1], [1]))], null, new CancellationToken(canceled: true)));

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Save_OverAFileThatIsOpen_LeavesTheReaderItsContents()
    {
        string path = _folder.File("model.safetensors");
        Save(path, [new("x", Tensor.From([1f], [1]))]);
        using SafetensorsFile before = SafetensorsFile.Open(path);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows refuses to replace a mapped file");

        Save(path, [new("x", Tensor.From([2f], [1]))]);

        using SafetensorsFile after = SafetensorsFile.Open(path);
        Assert.Equal([1f], before.ReadFloats("x"));
        Assert.Equal([2f], after.ReadFloats("x"));
    }

    [Fact]
    public void Save_BadRequests_AreRefusedBeforeAnythingIsWritten()
    {
        string path = _folder.File("model.safetensors");
        WeightData x = new("x", Tensor.From(new float[2], [2]));

        Assert.Contains("twice", Assert.Throws<WeightException>(() => Save(path, [x, x])).Message, StringComparison.Ordinal);
        Assert.Throws<WeightException>(() => Save(path, [x with { Name = "__metadata__" }]));
        Assert.Throws<WeightException>(() => Save(_folder.File("absent/model.safetensors"), [x]));
        Assert.Throws<WeightException>(() => Save(_folder.Path, [x]));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    private static void Save(string path, IEnumerable<WeightData> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        SafetensorsWriter.Save(path, tensors, metadata, TestContext.Current.CancellationToken);

    private static float[] Values(int index, float value)
    {
        float[] values = new float[index + 1];
        values[index] = value;
        return values;
    }
}
