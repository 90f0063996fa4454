using System.Text;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Weights;

/// <summary>Every rule of the format, broken one at a time.</summary>
public sealed class SafetensorsRulesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Header text, bytes of data, the part of the message that names the fault.
    public static TheoryData<string, int, string> BrokenHeaders() => new()
    {
        { " {}", 0, "does not begin with a brace" },
        { "[]", 0, "does not begin with a brace" },
        { "\ufeff{}", 0, "does not begin with a brace" },
        { "{", 0, "not the JSON of the format" },
        { "{}x", 0, "not the JSON of the format" },
        { "{}\0", 0, "not the JSON of the format" },
        { "{} {}", 0, "not the JSON of the format" },
        { "{/**/}", 0, "not the JSON of the format" },
        { Entry("F32", "[1]", "[0,4]") + ",}", 4, "not the JSON of the format" },
        { """{"x":1}""", 0, "wrong kind of value" },
        { """{"x":{"dtype":1,"shape":[],"data_offsets":[0,1]}}""", 1, "dtype has the wrong kind" },
        { """{"x":{"dtype":"F32","shape":{},"data_offsets":[0,1]}}""", 1, "shape has the wrong kind" },
        { """{"x":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}""", 4, "not the JSON of the format" },
        { """{"x":{"dtype":"F32","shape":[1],"data_offsets":"0,4"}}""", 4, "data_offsets has the wrong kind" },
        { """{"x":{"shape":[1],"data_offsets":[0,4]}}""", 4, "no dtype" },
        { """{"x":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "no shape" },
        { """{"x":{"dtype":"F32","shape":[1]}}""", 4, "no data_offsets" },
        { """{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}""", 4, "'more'" },
        { """{"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "'dtype'" },
        { """{"x":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}""", 4, "'shape'" },
        { """{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"data_offsets":[0,4]}}""", 4, "'data_offsets'" },
        { """{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0,
            "listed twice" },
        { """{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\u0078":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0,
            "listed twice" },
        { """{"__metadata__":{},"__metadata__":{}}""", 0, "__metadata__ is listed twice" },
        { """{"__metadata__":{"a":"1","a":"2"}}""", 0, "__metadata__ key is listed twice" },
        { "{\"__metadata__\":{" + string.Join(",", Enumerable.Range(0, 10_001).Select(i => $"\"{i}\":\"\"")) + "}}", 0,
            "__metadata__ is too long" },
        { """{"__metadata__":{"a":1}}""", 0, "__metadata__ value has the wrong kind" },
        { """{"__metadata__":{"a":null}}""", 0, "__metadata__ value has the wrong kind" },
        { """{"__metadata__":[]}""", 0, "__metadata__ has the wrong kind" },
        { """{"\ud800":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0, "half a surrogate pair" },
        { One("f32", "[1]", "[0,4]"), 4, "dtype is not one this reader knows" },
        { One("0", "[1]", "[0,4]"), 4, "dtype is not one this reader knows" },
        { One("F8_E4M3", "[4]", "[0,4]"), 4, "dtype is not one this reader knows" },
        { One("F32", "[-1]", "[0,4]"), 4, "whole number" },
        { One("F32", "[-0]", "[0,0]"), 0, "whole number" },
        { One("F32", "[1.0]", "[0,4]"), 4, "whole number" },
        { One("F32", "[1e0]", "[0,4]"), 4, "whole number" },
        { One("F32", "[\"1\"]", "[0,4]"), 4, "whole number" },
        { One("F32", "[18446744073709551617]", "[0,4]"), 4, "whole number" },
        { One("F32", "[9223372036854775808]", "[0,4]"), 4, "whole number" },
        { One("F32", "[1]", "[0]"), 4, "data_offsets is incomplete" },
        { One("F32", "[1]", "[0,4,4]"), 4, "data_offsets is too long" },
        { One("U8", "[" + string.Join(",", Enumerable.Repeat("1", 65)) + "]", "[0,1]"), 1, "shape is too long" },
        { One("F32", "[1]", "[4,0]"), 4, "run backwards" },
        { One("F32", "[2]", "[0,8]"), 4, "end beyond the file" },
        { One("F32", "[2]", "[0,9223372036854775807]"), 4, "end beyond the file" },
        { One("F32", "[2]", "[0,4]"), 4, "shape and data disagree" },
        { One("F32", "[0]", "[0,4]"), 4, "shape and data disagree" },
        { One("F16", "[1]", "[0,4]"), 4, "shape and data disagree" },
        { One("U8", "[4294967296,4294967296]", "[0,0]"), 0, "more bytes than 2^63" },
        { One("F64", "[2305843009213693952]", "[0,0]"), 0, "more bytes than 2^63" },
        { One("F64", "[1152921504606846976]", "[0,0]"), 0, "more bytes than 2^63" },
        { Two("[0,4]", "[3,7]"), 7, "overlaps" },
        { Two("[0,4]", "[0,4]"), 4, "overlaps" },
        { Two("[0,4]", "[5,9]"), 9, "hole" },
        { Two("[1,5]", "[5,9]"), 9, "hole" },
        { One("F32", "[1]", "[0,4]"), 5, "belong to no tensor" },
        { "{}", 1, "belong to no tensor" },
    };

    [Theory]
    [MemberData(nameof(BrokenHeaders))]
    public void Open_BrokenHeader_NamesTheFault(string header, int dataBytes, string fault)
    {
        string path = _folder.Write("model.safetensors", SafetensorsBytes.File(header, new byte[dataBytes]));

        WeightException e = Assert.Throws<WeightException>(() => SafetensorsFile.Open(path));

        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Matches("^safetensors: .+; got .+; expected .+\\. .+$", e.Message);
        Assert.Equal(path, e.FilePath);
    }

    public static TheoryData<byte[], string> BrokenFrames() => new()
    {
        { [], "empty" },
        { new byte[7], "begin with the length" },
        { new byte[8], "begin with the length" },
        { SafetensorsBytes.Framed(0, "{}"u8.ToArray()), "header length of 0" },
        { SafetensorsBytes.Framed(3, "{}"u8.ToArray()), "a header of 3 bytes in a file of 10" },
        { SafetensorsBytes.Framed(100_000_001, "{}"u8.ToArray()), "header length of 100000001" },
        { SafetensorsBytes.Framed(ulong.MaxValue, "{}"u8.ToArray()), "header length of 18446744073709551615" },
        { SafetensorsBytes.Framed(1UL << 63, "{}"u8.ToArray()), "header length of" },
        { SafetensorsBytes.File([(byte)'{', 0xff, (byte)'}']), "not UTF-8" },
        { SafetensorsBytes.File([(byte)'{', (byte)'"', 0xed, 0xa0, 0x80, (byte)'"', (byte)'}']), "not UTF-8" },
    };

    [Theory]
    [MemberData(nameof(BrokenFrames))]
    public void Open_BrokenFrame_NamesTheFault(byte[] file, string fault)
    {
        string path = _folder.Write("model.safetensors", file);

        WeightException e = Assert.Throws<WeightException>(() => SafetensorsFile.Open(path));

        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FaultInOneTensor_NamesItOnOneLine()
    {
        string header = """{"a\nb\u001b[31m":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""";
        string path = _folder.Write("model.safetensors", SafetensorsBytes.File(header, new byte[4]));

        WeightException e = Assert.Throws<WeightException>(() => SafetensorsFile.Open(path));

        Assert.Equal("a\nb\u001b[31m", e.TensorName);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    [Fact]
    public void Open_MissingFileOrFolder_ThrowsWeightException()
    {
        Assert.Throws<WeightException>(() => SafetensorsFile.Open(_folder.File("absent.safetensors")));
        Assert.Throws<WeightException>(() => SafetensorsFile.Open(_folder.Path));
    }

    [Fact]
    public void Open_HeaderOfNothingButTensors_AllocatesAFewTimesItsLength()
    {
        StringBuilder header = new("{");
        for (int i = 0; i < 100_000; i++)
        {
            _ = header.Append(i == 0 ? "" : ",").Append('"').Append(i).Append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
        }
        string path = _folder.Write("model.safetensors", SafetensorsBytes.File(header.Append('}').ToString()));
        long before = GC.GetAllocatedBytesForCurrentThread();

        using SafetensorsFile file = SafetensorsFile.Open(path);

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(100_000, file.Names.Count);
        Assert.InRange(allocated, 0, 7 * new FileInfo(path).Length / 2);
    }

    private static string Entry(string dtype, string shape, string offsets) =>
        $$"""{"x":{"dtype":"{{dtype}}","shape":{{shape}},"data_offsets":{{offsets}}}""";

    private static string One(string dtype, string shape, string offsets) => Entry(dtype, shape, offsets) + "}";

    private static string Two(string first, string second) =>
        Entry("F32", "[1]", first) + $$$""","y":{"dtype":"F32","shape":[1],"data_offsets":{{{second}}}}}""";
}
