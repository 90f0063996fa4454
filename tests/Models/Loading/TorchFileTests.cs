using System.IO.Compression;
using System.Text.Json;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Loading;

/// <summary>Checkpoints of torch, made byte by byte with CPython's pickle (tests/Golden/make_torch_golden.py).</summary>
public sealed class TorchFileTests : IDisposable
{
    private const int Damaged = 4000;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("zip.bin")]
    [InlineData("legacy.bin")]
    public void Open_EveryTypeAndStride_ReadsItsElements(string file)
    {
        using TorchFile torch = TorchFile.Open(GoldenFolder.Find("torch", file));
        JsonElement expected = JsonDocument.Parse(File.ReadAllBytes(GoldenFolder.Find("torch", "expected.json"))).RootElement;

        Assert.Equal(expected.EnumerateObject().Select(p => p.Name), torch.Names);
        foreach (JsonProperty tensor in expected.EnumerateObject())
        {
            Assert.Equal(tensor.Value[0].EnumerateArray().Select(axis => axis.GetInt64()), torch.Entry(tensor.Name).Shape);
            float[] values = [.. tensor.Value[1].EnumerateArray().Select(v => v.GetSingle())];
            Assert.Equal(values, torch.ReadFloats(tensor.Name));
            Assert.Equal(values, values.Length == 0 ? [] : torch.Copy(tensor.Name).ToArray());
            Assert.Equal(values, values.Length == 0 ? [] : torch.Read(tensor.Name).ToArray());
        }

        Assert.Equal(
            [WeightType.F32, WeightType.F16, WeightType.BF16, WeightType.I64, WeightType.I8, WeightType.BOOL, WeightType.F64],
            new[] { "plain", "half", "bf16", "longs", "chars", "bools", "scalar" }.Select(name => torch.Entry(name).Type));
    }

    [Fact]
    public void Read_AnEmptyLineOfAPickle_IsALine() => Assert.DoesNotContain("without an end",
        Assert.Throws<WeightException>(() => TorchPickle.Read("I\n."u8, "file", out _)).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_OtherGlobals_AreRefusedByName()
    {
        WeightException e = Assert.Throws<WeightException>(() => TorchFile.Open(GoldenFolder.Find("torch", "foreign.bin")));

        Assert.Contains("'posix.system'", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\u0080\u0002(lp0\n.", "the opcode 0x70")]
    [InlineData("\u0080\u0002K\u0007.", "another beginning")]
    [InlineData("just text", "another beginning")]
    public void Open_OtherFiles_SaysWhat(string content, string expected)
    {
        string path = _folder.Write("model.bin", System.Text.Encoding.Latin1.GetBytes(content));

        Assert.Contains(expected, Assert.Throws<WeightException>(() => TorchFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_Compressed_IsRefused()
    {
        string path = _folder.File("model.bin");
        using (ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            using Stream entry = archive.CreateEntry("archive/data.pkl", CompressionLevel.Optimal).Open();
            entry.Write(new byte[1000]);
        }

        Assert.Contains("compressed", Assert.Throws<WeightException>(() => TorchFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zip.bin")]
    [InlineData("legacy.bin")]
    public void Open_DamagedFiles_LoadOrThrowOurException(string file)
    {
        byte[] whole = File.ReadAllBytes(GoldenFolder.Find("torch", file));
        int loaded = 0;
        for (int seed = 0; seed < Damaged; seed++)
        {
            var random = new Random(seed);
            byte[] bytes = random.Next(6) == 0 ? whole[..random.Next(whole.Length)] : [.. whole];
            for (int n = random.Next(1, 6); n > 0 && bytes.Length > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) switch
                {
                    0 => 0xff,
                    1 => (byte)random.Next(256),
                    _ =>
                    (byte)(bytes[random.Next(bytes.Length)] ^ (1 << random.Next(8)))
                };
            }

            string path = _folder.Write("damaged.bin", bytes);
            Exception? e = Record.Exception(() =>
            {
                using TorchFile torch = TorchFile.Open(path);
                foreach (string name in torch.Names)
                {
                    _ = torch.ReadFloats(name);
                }
            });
            Assert.True(e is null or WeightException, $"seed {seed}: {e}");
            loaded += e is null ? 1 : 0;
        }

        Assert.InRange(loaded, 10, Damaged - 500);
    }

    [Fact]
    public void Folder_PytorchModelBin_LoadsAsSafetensorsDo()
    {
        TinyModels.Write(_folder.Path, "gpt2");
        float[] expected = Logits(_folder.Path);
        using (WeightsFolder weights = WeightsFolder.Open(_folder.Path))
        {
            WriteTorch(_folder.File("pytorch_model.bin"),
                weights.Names.ToDictionary(name => name, name => (weights.Entry(name).Shape, weights.FileOf(name).ReadFloats(name))));
        }

        File.Delete(_folder.File("model.safetensors"));

        Assert.Equal(expected, Logits(_folder.Path));
    }

    private static float[] Logits(string folder) =>
        ModelLoader.Load(folder).Forward(new() { Ids = Vitrine.Tensors.Tensor.From([1, 2, 3], [1, 3]) }).ToArray();

    /// <summary>Writes float32 tensors as torch.save does.</summary>
    internal static void WriteTorch(string path, Dictionary<string, (long[] Shape, float[] Values)> tensors)
    {
        var pickle = new List<byte> { 0x80, 2, (byte)'}', (byte)'(' };
        using ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create);
        int key = 0;
        foreach ((string name, (long[] shape, float[] values)) in tensors)
        {
            Text(name);
            pickle.AddRange("ctorch._utils\n_rebuild_tensor_v2\n(("u8);
            Text("storage");
            pickle.AddRange("ctorch\nFloatStorage\n"u8);
            Text($"{key}");
            Text("cpu");
            Number(values.Length);
            pickle.AddRange("tQ"u8);
            Number(0);
            Tuple(shape);
            Tuple([.. shape.Select((_, axis) => shape[(axis + 1)..].Aggregate(1L, (a, b) => a * b))]);
            pickle.AddRange([0x89, .. "ccollections\nOrderedDict\n)RtR"u8]);
            using Stream data = archive.CreateEntry($"archive/data/{key++}", CompressionLevel.NoCompression).Open();
            data.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values));
        }

        pickle.AddRange("u."u8);
        using Stream entry = archive.CreateEntry("archive/data.pkl", CompressionLevel.NoCompression).Open();
        entry.Write([.. pickle]);

        void Text(string text)
        {
            byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(text);
            pickle.AddRange([(byte)'X', .. BitConverter.GetBytes(utf8.Length), .. utf8]);
        }

        void Number(long value) => pickle.AddRange([(byte)'J', .. BitConverter.GetBytes((int)value)]);

        void Tuple(long[] values)
        {
            pickle.Add((byte)'(');
            Array.ForEach(values, Number);
            pickle.Add((byte)'t');
        }
    }
}
