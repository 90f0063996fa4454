using System.Runtime.InteropServices;
using Vitrine.Tests.Support;
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

        Save(path, [new("big", WeightType.F32, [200_003], values), new("scalar", WeightType.F32, [], new[] { 2f })],
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

        Save(path, golden.Names.Reverse().Select(name => new WeightData(
            name, WeightType.F32, [.. golden.Entry(name).Shape.Select(axis => (int)axis)], golden.ReadFloats(name))), golden.Metadata);

        Assert.Equal(File.ReadAllBytes(golden.FilePath), File.ReadAllBytes(path));
    }

    [Fact]
    public void Save_MixedTypes_AlignsEveryTensorAndSortsByName()
    {
        string path = _folder.File("model.safetensors");

        Save(path, [
            new("b", WeightType.I8, [3], new float[3]), new("d", WeightType.F16, [1], new float[1]),
            new("c", WeightType.F32, [1], new float[1]), new("a", WeightType.F32, [1], new float[1]), new("e", WeightType.F64, [1], new float[1])]);

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(["e", "a", "c", "d", "b"], file.Names);
        Assert.All(file.Names, name => Assert.Equal(0, file.Entry(name).Offset % file.Entry(name).Type.Size()));
        Assert.Equal(0, file.Entry("e").Offset % 8);
    }

    [Fact]
    public void Save_ValueTooLarge_LeavesTheOldFileAndNothingElse()
    {
        string path = _folder.Write("model.safetensors", "old"u8);

        WeightException e = Assert.Throws<WeightException>(() =>
            Save(path, [new("x", WeightType.F16, [100_000], Values(99_999, 70_000f))]));

        Assert.Contains("70000 at element 99999", e.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Save_Cancelled_LeavesTheOldFileAndNothingElse()
    {
        string path = _folder.Write("model.safetensors", "old"u8);

        Assert.Throws<OperationCanceledException>(() =>
            SafetensorsWriter.Save(path, [new("x", WeightType.F32, [1], new float[1])], null, new CancellationToken(canceled: true)));

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Save_OverAFileThatIsOpen_LeavesTheReaderItsContents()
    {
        string path = _folder.File("model.safetensors");
        Save(path, [new("x", WeightType.F32, [1], new[] { 1f })]);
        using SafetensorsFile before = SafetensorsFile.Open(path);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows refuses to replace a mapped file");

        Save(path, [new("x", WeightType.F32, [1], new[] { 2f })]);

        using SafetensorsFile after = SafetensorsFile.Open(path);
        Assert.Equal([1f], before.ReadFloats("x"));
        Assert.Equal([2f], after.ReadFloats("x"));
    }

    [Fact]
    public void Save_BadRequests_AreRefusedBeforeAnythingIsWritten()
    {
        string path = _folder.File("model.safetensors");
        WeightData x = new("x", WeightType.F32, [2], new float[2]);

        Assert.Contains("twice", Assert.Throws<WeightException>(() => Save(path, [x, x])).Message, StringComparison.Ordinal);
        Assert.Throws<WeightException>(() => Save(path, [x with { Name = "__metadata__" }]));
        Assert.Throws<WeightException>(() => Save(path, [x with { Shape = [3] }]));
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
