using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>
/// Every case of the recordings of which <c>tests/Golden</c> has a part: what the methods' and metrics' authors' code computed, what
/// Inseq 0.7.1 computed, and the files it wrote. They are looked for in <c>shared/golden</c> next to the source tree.
/// </summary>
public sealed class WholeGoldenTests(ITestOutputHelper output)
{
    private const string Saved = "inseq_saved_071";

    [Theory]
    [InlineData("methods_authors", 38)]
    [InlineData("metrics_authors", 29)]
    [InlineData("inseq_071", 159)]
    public void Golden_EveryRecordedCase_IsRunAndMatches(string folder, int count)
    {
        GoldenModel recorded = GoldenModel.Whole(Find(folder));
        var faults = new List<string>();
        int compared = 0;
        foreach (GoldenCase one in recorded.Cases)
        {
            var check = new GoldenCheck(one);
            try
            {
                GoldenHandlers.For(one.Name)!.Value.Run(recorded, one, check);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                check.Fail($"{e.GetType().Name}: {e.Message}");
            }
            faults.AddRange(check.Faults.Select(fault => $"{one.Name}: {fault}"));
            compared += check.Compared;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"golden {folder}: {recorded.Cases.Count} cases, {compared} results"));
        Assert.True(faults.Count == 0, string.Join(Environment.NewLine, faults.Take(40)));
        Assert.Equal(count, recorded.Cases.Count);
    }

    /// <summary>The sums and step scores that Inseq itself finds when it reads its files again; and the very bytes, written back.</summary>
    [Fact]
    public void Inseq_EveryFileItSaved_IsReadAsItReadsThemAndWrittenBackByteForByte()
    {
        string folder = Path.Combine(GoldenFolder.Whole, Find(Saved));
        using JsonDocument loaded = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "loaded.json")));
        JsonElement files = loaded.RootElement.GetProperty("files");
        Assert.Equal(33, files.EnumerateObject().Count());
        foreach (JsonProperty file in files.EnumerateObject())
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(folder, file.Name));
            if (file.Name.Contains("primitives", StringComparison.Ordinal))
            {
                Assert.Throws<Tensors.VitrineException>(() => InseqJson.Read(bytes));
                continue;
            }
            InseqOutput read = InseqJson.Read(bytes);
            if (!file.Value.TryGetProperty("refused", out _)) // it cannot aggregate twice
            {
                Same(file.Value, read.Sequences[0], file.Name);
            }
            InseqForm form = file.Name.Contains("float8", StringComparison.Ordinal) ? InseqForm.Float8
                : file.Name.Contains("float16", StringComparison.Ordinal) ? InseqForm.Float16 : InseqForm.Float32;
            Assert.Equal(Text(bytes), InseqJson.Write(read, form));
        }
    }

    private static void Same(JsonElement expected, InseqSequence actual, string file)
    {
        Same(expected.GetProperty("source_attributions"), actual.SourceAttributions, file);
        Same(expected.GetProperty("target_attributions"), actual.TargetAttributions, file);
        foreach (JsonProperty step in expected.GetProperty("step_scores").EnumerateObject())
        {
            Assert.All(step.Value.EnumerateArray().Select(value => value.GetDouble()).Zip(actual.StepScores[step.Name].Values),
                pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        }
    }

    private static void Same(JsonElement expected, InseqArray? actual, string file)
    {
        Assert.True(expected.ValueKind == JsonValueKind.Null == actual is null, file);
        if (actual is null)
        {
            return;
        }
        Assert.Equal(expected.GetProperty("shape").EnumerateArray().Select(axis => axis.GetInt32()), actual.Shape);
        Assert.Equal(expected.GetProperty("nan").GetInt32(), actual.Values.Count(float.IsNaN));
        double[] values = [.. actual.Values.Where(value => !float.IsNaN(value))];
        foreach ((string name, double sum) in new[] { ("sum", values.Sum()), ("abs", values.Sum(Math.Abs)) })
        {
            double known = expected.GetProperty(name).GetDouble();
            Assert.True(Math.Abs(sum - known) <= 1e-5 + (1e-4 * Math.Abs(known)), $"{file}: {name} {sum}, expected {known}");
        }
    }

    private static string Text(byte[] bytes)
    {
        if (bytes[0] != 0x1F)
        {
            return Encoding.UTF8.GetString(bytes);
        }
        using var zip = new StreamReader(new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress), Encoding.UTF8);
        return zip.ReadToEnd();
    }

    private static string Find(string folder)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(GoldenFolder.Whole, folder)), $"no golden {folder} in {GoldenFolder.Whole}");
        return folder;
    }
}
