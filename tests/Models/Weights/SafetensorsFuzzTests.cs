using System.Diagnostics;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Weights;

/// <summary>
/// Damaged files either load or throw <see cref="WeightException"/>: none crashes, hangs, or makes opening allocate more
/// than the file's size (and <see cref="Allowance"/>, for the file handle, the exception and its message).
/// </summary>
public sealed class SafetensorsFuzzTests(ITestOutputHelper output) : IDisposable
{
    private const int Files = 10_000;
    private const int Indices = 2_000;
    private const int Allowance = 64 * 1024;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_TenThousandDamagedFiles_LoadsOrThrowsWithinTheFilesSize()
    {
        byte[][] bases = [MixedFile(), LargeFile(), SafetensorsBytes.File("{}")];
        int loaded = 0;
        long worst = 0;
        TimeSpan slowest = default;

        for (int seed = 0; seed < Files; seed++)
        {
            byte[] file = new FileMutator(seed).Mutate(bases[seed % 8 == 7 ? 1 : seed % 64 == 6 ? 2 : 0]);
            string path = _folder.Write("model.safetensors", file);
            long start = Stopwatch.GetTimestamp();

            (bool isLoaded, long allocated) = OpenAndRead(path, seed);

            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            loaded += isLoaded ? 1 : 0;
            worst = Math.Max(worst, allocated - file.Length);
            slowest = elapsed > slowest ? elapsed : slowest;
            Assert.True(allocated <= file.Length + Allowance, $"seed {seed}: {allocated} bytes allocated for a file of {file.Length}");
            Assert.True(elapsed < s_longest, $"seed {seed}: {elapsed.TotalSeconds} s");
        }

        output.WriteLine($"{Files} files: {loaded} loaded, {Files - loaded} refused; most allocated beyond the file's size {worst} bytes; "
            + $"slowest {slowest.TotalMilliseconds:F1} ms");
        Assert.InRange(loaded, Files / 100, Files / 2);
    }

    [Fact]
    public void Open_DamagedIndices_LoadsOrThrows()
    {
        byte[] index = WriteShards();
        int loaded = 0;

        for (int seed = 0; seed < Indices; seed++)
        {
            _ = _folder.Write("model.safetensors.index.json", new FileMutator(seed).MutateText(index));
            try
            {
                using WeightsFolder folder = WeightsFolder.Open(_folder.Path);
                loaded++;
            }
            catch (WeightException)
            {
                // The other permitted outcome; anything else fails the test.
            }
        }

        output.WriteLine($"{Indices} indices: {loaded} loaded");
        Assert.InRange(loaded, 1, Indices / 2);
    }

    // Reads every tensor of a file that opens: what was checked at the door must hold inside.
    private static (bool Loaded, long Allocated) OpenAndRead(string path, int seed)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            foreach (string name in file.Names)
            {
                Assert.Equal(file.Entry(name).Count, file.ReadFloats(name).Length);
            }
            return (true, allocated);
        }
        catch (WeightException)
        {
            return (false, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}: {e.GetType().Name}", e);
        }
    }

    // Three files of ten tensors; returns their index.
    private byte[] WriteShards()
    {
        List<string> map = [];
        for (int shard = 1; shard <= 3; shard++)
        {
            string file = $"model-0000{shard}-of-00003.safetensors";
            string[] names = [.. Enumerable.Range(0, 10).Select(i => $"model.layers.{shard}.mlp.{i}.weight")];
            SafetensorsWriter.Save(_folder.File(file), names.Select(name => new WeightData(name, Tensor.Zeros([2]))));
            map.AddRange(names.Select(name => $"\"{name}\": \"{file}\""));
        }
        string index = """{"metadata": {"total_size": 240}, "weight_map": {""" + string.Join(",\n  ", map) + "}}";
        return System.Text.Encoding.UTF8.GetBytes(index);
    }

    // Far more data than header.
    private byte[] LargeFile()
    {
        string path = _folder.File("base.safetensors");
        SafetensorsWriter.Save(path, Enumerable.Range(0, 20)
            .Select(i => new WeightData($"model.layers.{i}.weight", Tensor.Full([30, 32], i))));
        return File.ReadAllBytes(path);
    }

    // Ten types, several ranks, empty tensors, metadata; twice as much data as header.
    private byte[] MixedFile()
    {
        string path = _folder.File("base.safetensors");
        List<WeightData> tensors = [];
        foreach (WeightType type in Enum.GetValues<WeightType>())
        {
            Shape[] shapes = [[], [7], [0, 3], [3, 5, 11], [2, 1, 1, 100]];
            tensors.AddRange(shapes.Select(shape => new WeightData(
                $"model.layers.{type}.{shape.Rank}", Tensor.Zeros(shape), type)));
        }
        SafetensorsWriter.Save(path, tensors, new Dictionary<string, string> { ["format"] = "pt" });
        return File.ReadAllBytes(path);
    }
}
