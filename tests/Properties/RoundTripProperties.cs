using CsCheck;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Properties;

/// <summary>What is written is read back as it was, whatever it holds.</summary>
public sealed class RoundTripProperties : IDisposable
{
    // Any characters but halves of surrogate pairs, which UTF-8 does not have.
    private static readonly Gen<string> s_text = Gen.OneOf(
        Gen.Char['\u0001', '\u00ff'], Gen.Char['\u3040', '\u30ff'], Gen.Char[",\"\n\r\t\\"])
        .Array[1, 12].Select(characters => new string(characters));

    private static readonly Gen<float> s_finite = Gen.Single.Where(float.IsFinite);

    private static readonly Gen<(int[] Axes, float[] Values)> s_tensor = Gen.Int[0, 4].Array[0, 4].SelectMany(axes =>
        Gen.Single.Array[axes.Aggregate(1, (a, b) => a * b)].Select(values => (axes, values)));

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Safetensors_AnyTensors_ComeBackToTheBit() =>
        Gen.Select(s_text, s_tensor).Array[0, 5].Sample(
            all =>
            {
                string path = _folder.File("a.safetensors");
                var tensors = all.DistinctBy(t => t.Item1).ToDictionary(t => t.Item1, t => t.Item2);
                SafetensorsWriter.Save(path,
                    tensors.Select(t => new WeightData(t.Key, Tensor.From(t.Value.Values, Shape.Create(t.Value.Axes)))),
                    tensors.Keys.ToDictionary(name => name + "'", name => name));

                using SafetensorsFile file = SafetensorsFile.Open(path);

                Assert.Equal(tensors.Keys.Order(StringComparer.Ordinal), file.Names.Order(StringComparer.Ordinal));
                Assert.All(tensors, t =>
                {
                    Assert.Equal(t.Value.Axes.Select(axis => (long)axis), file.Entry(t.Key).Shape);
                    Assert.Equal(t.Value.Values.Select(BitConverter.SingleToInt32Bits),
                        file.ReadFloats(t.Key).ToArray().Select(BitConverter.SingleToInt32Bits));
                    Assert.Equal(t.Key, file.Metadata[t.Key + "'"]);
                });
            }, iter: 200, threads: 1);

    [Fact]
    public void Result_AnyScoresAndPieces_ComesBackFromItsJson() =>
        Gen.Select(s_text, Gen.Single).Array[1, 8].Sample(
            pieces =>
            {
                AttributionResult result = Result(pieces);

                AttributionResult back = AttributionJson.FromJson(result.ToJson());

                Assert.Equal(result.ToJson(), back.ToJson());
                Assert.Equal(Bits(pieces.Select(p => p.Item2)), Bits(back.Sides[0].Scores[0].ToArray()));
                Assert.Equal(pieces.Select(p => p.Item1), back.Sides[0].Tokens.Select(t => t.Piece));
            }, iter: 200, threads: 1);

    [Fact]
    public void Csv_AnyPieces_AreReadBackFromTheTable() =>
        Gen.Select(s_text, s_finite).Array[1, 8].Sample(
            pieces =>
            {
                string table = new[] { Result(pieces) }.ToCsv();

                using DataFile data = DataFile.Open(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(table)),
                    new() { Format = DataFormat.Csv });
                DataRow[] rows = [.. data.Rows];

                Assert.Equal(pieces.Select(p => p.Item1), rows.Select(row => row["token"]));
                Assert.Equal(pieces.Select(p => p.Item2), rows.Select(row => float.Parse(row["score"]!,
                    System.Globalization.CultureInfo.InvariantCulture)));
            }, iter: 200, threads: 1);

    [Fact]
    public void Inseq_AnyScoresOfAWrittenText_ComeBackFromItsJson() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 4]).SelectMany((given, written) => s_finite.Array[given + written - 1].Array[written]
            .Select(rows => (given, rows))).Sample(
            text =>
            {
                // A written token is explained by what stands before it.
                float[][] rows = [.. text.rows.Select((row, i) => row.Select((v, at) => at < text.given + i ? v : 0).ToArray())];
                AttributionResult result = Attributions.Results.Written(
                    string.Join(' ', Enumerable.Range(0, text.given + rows.Length).Select(i => $"p{i}")), text.given, rows);

                InseqOutput back = InseqJson.Read(System.Text.Encoding.UTF8.GetBytes(InseqJson.Write(new[] { result }.ToInseq("model"))));

                AttributionResult read = Assert.Single(back.ToResults());
                Assert.Equal(rows.SelectMany(row => row), read.Sides[0].Scores.SelectMany(row => row.ToArray().Take(rows[0].Length)));
            }, iter: 100, threads: 1);

    private static AttributionResult Result((string Piece, float Score)[] pieces) => new()
    {
        Method = "saliency",
        StepName = "logit",
        Targets = [new() { Label = pieces[0].Piece, Score = pieces[0].Score, Reach = [pieces.Length] }],
        Sides = [new() { Name = "source", Tokens = [.. pieces.Select((p, i) => new InputToken(i, p.Piece))], GivenLength = pieces.Length,
            Scores = [[.. pieces.Select(p => p.Score)]] }],
    };

    private static IEnumerable<int> Bits(IEnumerable<float> values) =>
        values.Select(value => float.IsNaN(value) ? int.MinValue : BitConverter.SingleToInt32Bits(value));
}
