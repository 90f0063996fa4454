using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Writes what <c>torch.save</c> writes of an ordered dictionary of float tensors: a zip with <c>data.pkl</c> and raw storages.
/// </summary>
internal static class TorchArchive
{
    /// <summary>Writes tensors so that <c>torch.load</c> reads them, with <c>weights_only</c> too.</summary>
    public static void Write(Stream stream, IReadOnlyList<(string Name, int[] Shape, float[] Values)> tensors)
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        using var pickle = new MemoryStream();
        void Op(params byte[] bytes) => pickle.Write(bytes);
        void Text(string text)
        {
            byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(text);
            Op((byte)'X');
            pickle.Write(BitConverter.GetBytes(utf8.Length));
            pickle.Write(utf8);
        }
        void Int(int value)
        {
            Op((byte)'J');
            pickle.Write(BitConverter.GetBytes(value));
        }
        void Global(string module, string name) => pickle.Write(System.Text.Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));
        void Tuple(IEnumerable<int> values)
        {
            Op((byte)'(');
            foreach (int v in values)
            {
                Int(v);
            }
            Op((byte)'t');
        }
        Op(0x80, 2);
        Global("collections", "OrderedDict");
        Op((byte)')', (byte)'R', (byte)'(');
        for (int i = 0; i < tensors.Count; i++)
        {
            (string name, int[] shape, float[] values) = tensors[i];
            Text(name);
            Global("torch._utils", "_rebuild_tensor_v2");
            Op((byte)'(', (byte)'(');
            Text("storage");
            Global("torch", "FloatStorage");
            Text(i.ToString(CultureInfo.InvariantCulture));
            Text("cpu");
            Int(values.Length);
            Op((byte)'t', (byte)'Q');
            Int(0);
            Tuple(shape);
            Tuple(Shape.Create(shape).RowMajorStrides());
            Op(0x89);
            Global("collections", "OrderedDict");
            Op((byte)')', (byte)'R', (byte)'t', (byte)'R');
            using Stream storage = zip.CreateEntry($"params/data/{i.ToString(CultureInfo.InvariantCulture)}",
                CompressionLevel.NoCompression).Open();
            byte[] bytes = new byte[values.Length * sizeof(float)];
            for (int v = 0; v < values.Length; v++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(v * sizeof(float)), values[v]);
            }
            storage.Write(bytes);
        }
        Op((byte)'u', (byte)'.');
        using (Stream data = zip.CreateEntry("params/data.pkl", CompressionLevel.NoCompression).Open())
        {
            data.Write(pickle.ToArray());
        }
        using (Stream version = zip.CreateEntry("params/version", CompressionLevel.NoCompression).Open())
        {
            version.Write("3\n"u8);
        }
    }
}
