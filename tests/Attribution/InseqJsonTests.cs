using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests;

public sealed class InseqJsonTests
{
    public static TheoryData<string> Saved => ["inseq_gpt2_attention", "inseq_gpt2_saliency", "inseq_marian_ig", "inseq_marian_saliency"];

    [Theory]
    [MemberData(nameof(Saved))]
    public void Inseq_AFileItSavedItself_IsWrittenBackEqual(string name)
    {
        byte[] file = File.ReadAllBytes(GoldenFolder.Find("inseq_saved", name + ".json"));

        string written = InseqJson.Write(InseqJson.Read(file), InseqForm.Inseq06);

        Same(JsonNode.Parse(file), JsonNode.Parse(written), "$");
        Assert.Equal(KeysOf(System.Text.Encoding.UTF8.GetString(file)), KeysOf(written)); // the same lines but for packed numbers
    }

    [Theory]
    [MemberData(nameof(Saved))]
    public void Inseq_AFileThroughOurTerms_KeepsEveryBit(string name)
    {
        InseqOutput saved = InseqJson.Read(File.ReadAllBytes(GoldenFolder.Find("inseq_saved", name + ".json")));

        InseqOutput back = saved.ToResults().ToInseq("model");

        InseqSequence before = Assert.Single(saved.Sequences), after = Assert.Single(back.Sequences);
        Assert.Equal((before.Class, before.Start, before.End), (after.Class, after.Start, after.End));
        Assert.Equal(before.Source, after.Source);
        Assert.Equal(before.Target, after.Target);
        SameBits(before.SourceAttributions, after.SourceAttributions);
        SameBits(before.TargetAttributions, after.TargetAttributions);
        Assert.All(after.StepScores, step => SameBits(before.StepScores[step.Key], step.Value));
    }

    [Fact]
    public void Inseq_OurSaliency_IsTheNumbersThatInseqSaved()
    {
        InseqOutput saved = InseqJson.Read(File.ReadAllBytes(GoldenFolder.Find("inseq_saved", "inseq_gpt2_saliency.json")));
        InseqSequence expected = Assert.Single(saved.Sequences);
        var model = (ILanguageModel)ModelLoader.Load(GoldenFolder.Find("gpt2"));
        ScoreFunction f = Targets.Continuation(model, ExplainedText.Of([.. expected.Source.Select(t => t.Id)]),
            [.. expected.Target.Skip(expected.Start).Select(t => t.Id)]);

        AttributionResult ours = AttributionMethods.Get("saliency").Attribute(f, new() { KeepRaw = true, Compat = Compat.Inseq });

        InseqSequence actual = Assert.Single(new[] { ours }.ToInseq("gpt2").Sequences);
        Assert.Equal((expected.Class, expected.Start, expected.End), (actual.Class, actual.Start, actual.End));
        Assert.Equal(expected.TargetAttributions!.Shape, actual.TargetAttributions!.Shape);
        for (int i = 0; i < expected.TargetAttributions.Values.Length; i++)
        {
            float e = expected.TargetAttributions.Values[i], a = actual.TargetAttributions.Values[i];
            Assert.Equal(float.IsNaN(e), float.IsNaN(a));
            Assert.True(float.IsNaN(e) || MathF.Abs(e - a) <= 1e-7f + (1e-4f * MathF.Abs(e)), $"{i}: {e} {a}");
        }
    }

    [Fact]
    public void Inseq_WhatWeWrite_HasTheStructureOfItsOwnFiles()
    {
        byte[] file = File.ReadAllBytes(GoldenFolder.Find("inseq_saved_071", "marian_saliency_float32.json"));
        var model = (ILanguageModel)ModelLoader.Load(GoldenFolder.Find("marian"));
        ScoreFunction f = Targets.Translation(model, ExplainedText.Of([7, 21, 33, 48, 9, 0]), [1, 1, 33, 5, 44, 0]);
        AttributionResult result = AttributionMethods.Get("saliency").Attribute(f, new() { KeepRaw = true });

        string written = InseqJson.Write(new[] { result }.ToInseq("marian", isForced: true));

        SameKinds(JsonNode.Parse(file), JsonNode.Parse(written), "$");
        SameBits(Assert.Single(new[] { result }.ToInseq("marian").Sequences).SourceAttributions,
            Assert.Single(InseqJson.Read(System.Text.Encoding.UTF8.GetBytes(written)).Sequences).SourceAttributions);
    }

    [Theory]
    [InlineData("gpt2_saliency_float32", InseqForm.Float32)]
    [InlineData("gpt2_saliency_float16", InseqForm.Float16)]
    [InlineData("gpt2_saliency_float8", InseqForm.Float8)]
    [InlineData("gpt2_attention_float16", InseqForm.Float16)]
    [InlineData("marian_ig_float8", InseqForm.Float8)]
    [InlineData("marian_saliency_float32", InseqForm.Float32)]
    [InlineData("marian_source_only", InseqForm.Float32)]
    [InlineData("gpt2_occlusion", InseqForm.Float32)]
    [InlineData("gpt2_two", InseqForm.Float32)]
    [InlineData("t5_value_zeroing", InseqForm.Float32)]
    public void Inseq071_AFileItSavedItself_IsWrittenBackByteForByte(string name, InseqForm form)
    {
        byte[] file = File.ReadAllBytes(GoldenFolder.Find("inseq_saved_071", name + ".json"));

        string written = InseqJson.Write(InseqJson.Read(file), form);

        Assert.Equal(System.Text.Encoding.UTF8.GetString(file), written);
        Assert.Equal(written, InseqJson.Write(InseqJson.Read(InseqJson.Compressed(written)), form));
    }

    [Theory]
    [InlineData("gpt2_saliency_float32", InseqForm.Float16, "gpt2_saliency_float16")]
    [InlineData("gpt2_saliency_float32", InseqForm.Float8, "gpt2_saliency_float8")]
    public void Inseq071_OneFilesNumbersInAnotherPrecision_AreThoseItSaved(string name, InseqForm form, string expected) =>
        Assert.Equal(
            File.ReadAllText(GoldenFolder.Find("inseq_saved_071", expected + ".json")),
            InseqJson.Write(InseqJson.Read(File.ReadAllBytes(GoldenFolder.Find("inseq_saved_071", name + ".json"))), form));

    [Theory]
    [InlineData("gpt2_saliency_float32")]
    [InlineData("gpt2_attention_float16")]
    [InlineData("marian_saliency_float32")]
    [InlineData("marian_source_only")]
    [InlineData("gpt2_two")]
    public void Inseq071_AFileThroughOurTerms_KeepsEveryBit(string name)
    {
        InseqOutput saved = InseqJson.Read(File.ReadAllBytes(GoldenFolder.Find("inseq_saved_071", name + ".json")));

        InseqOutput back = saved.ToResults().ToInseq("model");

        Assert.Equal(saved.Sequences.Count, back.Sequences.Count);
        Assert.All(saved.Sequences.Zip(back.Sequences), pair =>
        {
            (InseqSequence before, InseqSequence after) = pair;
            Assert.Equal((before.Class, before.Start, before.End), (after.Class, after.Start, after.End));
            Assert.Equal(before.Source, after.Source);
            Assert.Equal(before.Target, after.Target);
            SameBits(before.SourceAttributions, after.SourceAttributions);
            SameBits(before.TargetAttributions, after.TargetAttributions);
            Assert.Equal(before.StepScores.Keys.Order(), after.StepScores.Keys.Order());
            Assert.All(after.StepScores, step => SameBits(before.StepScores[step.Key], step.Value));
        });
        Assert.Equal((bool)saved.Info["attribute_target"]!, (bool)back.Info["attribute_target"]!);
    }

    [Fact]
    public void Inseq071_AFileOfPrimitives_IsRefusedByName()
    {
        byte[] file = File.ReadAllBytes(GoldenFolder.Find("inseq_saved_071", "gpt2_saliency_primitives.json"));

        Assert.True(InseqJson.Is(file));
        Assert.Contains("use_primitives", Assert.Throws<VitrineException>(() => InseqJson.Read(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inseq_SourceOnlyTranslation_HasTargetTokensAndNoTargetScores()
    {
        var model = (ILanguageModel)ModelLoader.Load(GoldenFolder.Find("marian"));
        ScoreFunction f = Targets.Translation(model, ExplainedText.Of([7, 21, 33, 48, 9, 0]), [17, 33, 5, 44, 0], "probability",
            TranslationSides.Source);

        InseqSequence written = Assert.Single(new[] { new Saliency().Attribute(f, new() { KeepRaw = true }) }.ToInseq("marian").Sequences);

        InseqSequence saved =
            Assert.Single(InseqJson.Read(File.ReadAllBytes(GoldenFolder.Find("inseq_saved_071", "marian_source_only.json"))).Sequences);
        Assert.Null(written.TargetAttributions);
        Assert.Equal(saved.SourceAttributions!.Shape, written.SourceAttributions!.Shape);
        Assert.Equal(saved.Target.Select(token => token.Id), written.Target.Select(token => token.Id));
        Assert.Equal((saved.Start, saved.End, saved.Class), (written.Start, written.End, written.Class));
    }

    [Theory]
    [InlineData(0f, 0)]
    [InlineData(448f, 0x7E)]
    [InlineData(449f, 0x7E)]
    [InlineData(float.PositiveInfinity, 0x7E)]
    [InlineData(float.NaN, 0x7F)]
    [InlineData(0.0009765625f, 0)] // 2⁻¹⁰, half of the smallest: to even
    [InlineData(0.00098f, 1)]
    [InlineData(0.015625f, 8)] // 2⁻⁶, the smallest of full precision
    [InlineData(1f, 0x38)]
    [InlineData(1.0625f, 0x38)] // a tie: to even
    [InlineData(1.1875f, 0x3A)] // a tie: to even
    [InlineData(-2f, 0xC0)]
    public void Float8_OfANumber_IsTheNearest(float number, byte bits) =>
        Assert.Equal(bits, Float8.Write(float.IsNaN(number) ? BitConverter.Int32BitsToSingle(0x7FC00000) : number));

    [Fact]
    public void Float8_OfEveryByte_ReadsBack() =>
        Assert.All(Enumerable.Range(0, 256), bits => Assert.Equal((byte)bits, Float8.Write(Float8.Read((byte)bits)) is var back
            && (bits & 127) == 127 ? (byte)(bits & 0x80 | back & 0x7F) : back));

    [Fact]
    public void Inseq_SafetensorsOfInseq071_AreRead()
    {
        string folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        SafetensorsWriter.Save(folder, [new WeightData("attribution", Tensor.From([1f, 2, 3, 4, float.NaN, 6], [3, 2]))],
            cancellation: TestContext.Current.CancellationToken);
        string base64 = Convert.ToBase64String(File.ReadAllBytes(folder));
        File.Delete(folder);
        string json = File.ReadAllText(GoldenFolder.Find("inseq_saved", "inseq_gpt2_saliency.json"));
        JsonNode root = JsonNode.Parse(json)!;
        JsonNode sequence = root["attributes"]!["sequence_attributions"]![0]!["attributes"]!;
        sequence["target_attributions"] = base64;

        InseqOutput read = InseqJson.Read(System.Text.Encoding.UTF8.GetBytes(root.ToJsonString()));

        SameBits(new([3, 2], [1, 2, 3, 4, float.NaN, 6]), read.Sequences[0].TargetAttributions);
    }

    [Theory]
    [InlineData("[1.5, NaN, -Infinity]")]
    public void Inseq_PlainListsWithBareNumbers_AreRead(string list)
    {
        string json = File.ReadAllText(GoldenFolder.Find("inseq_saved", "inseq_gpt2_saliency.json"));
        JsonNode root = JsonNode.Parse(json)!;
        root["attributes"]!["sequence_attributions"]![0]!["attributes"]!["step_scores"] = new JsonObject
        {
            ["entropy"] = new JsonObject { ["__ndarray__"] = "HERE", ["dtype"] = "float32", ["shape"] = new JsonArray(3) },
        };

        InseqOutput read = InseqJson.Read(System.Text.Encoding.UTF8.GetBytes(root.ToJsonString()
            .Replace("\"HERE\"", list, StringComparison.Ordinal)));

        SameBits(new([3], [1.5f, float.NaN, float.NegativeInfinity]), read.Sequences[0].StepScores["entropy"]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"__instance_type__\": [\"inseq.data.attribution\", \"FeatureAttributionOutput\"], \"attributes\": "
        + "{\"sequence_attributions\": [1]}}")]
    [InlineData("not json")]
    public void Inseq_AnotherFile_IsRefused(string json) =>
        Assert.Throws<VitrineException>(() => InseqJson.Read(System.Text.Encoding.UTF8.GetBytes(json)).ToResults());

    [Fact]
    public void Inseq_ATargetWithoutProbability_LeavesThatStepOut()
    {
        AttributionResult all = InseqJson.Read(File.ReadAllBytes(GoldenFolder.Find("inseq_saved_071", "gpt2_two.json"))).ToResults()[0];
        AttributionResult some = all with { Targets = [all.Targets[0] with { Probability = null }, .. all.Targets.Skip(1)] };

        Assert.Contains("probability", Assert.Single(new[] { all }.ToInseq("m").Sequences).StepScores.Keys);
        Assert.DoesNotContain("probability", Assert.Single(new[] { some }.ToInseq("m").Sequences).StepScores.Keys);
    }

    [Fact]
    public void Inseq_AClassification_IsRefused()
    {
        ScoreFunction f = Targets.Labels(ModelLoader.Load(GoldenFolder.Find("bert_cls")), ExplainedText.Of([2, 5, 6, 3]));

        AttributionResult result = AttributionMethods.Get("saliency").Attribute(f, AttributionRequest.Default);

        Assert.Contains("written text", Assert.Throws<VitrineException>(() => new[] { result }.ToInseq("m")).Message,
            StringComparison.Ordinal);
    }

    private static InseqArray Read(JsonNode? node) =>
        InseqArray.Read(JsonField.Parse("array", System.Text.Encoding.UTF8.GetBytes(node!.ToJsonString())));

    private static string KeysOf(string json) =>
        string.Join('\n', json.Split('\n').Select(line => line.Contains("__ndarray__", StringComparison.Ordinal)
            ? line.Split("b64")[0] : line)).TrimEnd();

    private static void SameBits(InseqArray? expected, InseqArray? actual)
    {
        Assert.Equal(expected?.Shape, actual?.Shape);
        Assert.Equal(expected?.Values.Select(BitConverter.SingleToInt32Bits), actual?.Values.Select(BitConverter.SingleToInt32Bits));
    }

    // Equal but for the packing of numbers, which depends on the gzip in use.
    private static void Same(JsonNode? expected, JsonNode? actual, string path)
    {
        switch (expected)
        {
            case JsonObject map when map.ContainsKey("__ndarray__"):
                SameBits(Read(map), Read(actual));
                Assert.Equal(((string)map["__ndarray__"]!).Split(':')[0], ((string)actual!["__ndarray__"]!).Split(':')[0]);
                Assert.Equal(map.Select(p => p.Key), actual.AsObject().Select(p => p.Key));
                break;
            case JsonObject map:
                Assert.Equal(map.Select(p => p.Key), actual!.AsObject().Select(p => p.Key));
                Assert.All(map, pair => Same(pair.Value, actual[pair.Key], $"{path}.{pair.Key}"));
                break;
            case JsonArray list:
                Assert.Equal(list.Count, actual!.AsArray().Count);
                Assert.All(Enumerable.Range(0, list.Count), i => Same(list[i], actual[i], $"{path}[{i}]"));
                break;
            default:
                Assert.True(expected?.ToJsonString() == actual?.ToJsonString(), path);
                break;
        }
    }

    // The same keys in the same order, and the same kinds of values; step scores and arguments are free.
    private static void SameKinds(JsonNode? expected, JsonNode? actual, string path)
    {
        if (path.EndsWith("step_scores", StringComparison.Ordinal) || path.EndsWith("_args", StringComparison.Ordinal))
        {
            Assert.Equal(expected?.GetValueKind(), actual?.GetValueKind());
            return;
        }
        Assert.True(expected?.GetValueKind() is not JsonValueKind.True and not JsonValueKind.False
            ? expected?.GetValueKind() == actual?.GetValueKind() : actual?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
            $"{path}: {expected} {actual}");
        if (expected is JsonObject map)
        {
            Assert.Equal(map.Select(p => p.Key), actual!.AsObject().Select(p => p.Key));
            Assert.All(map, pair => SameKinds(pair.Value, actual[pair.Key], $"{path}.{pair.Key}"));
        }
        else if (expected is JsonArray { Count: > 0 } list)
        {
            Assert.All(actual!.AsArray(), item => SameKinds(list[0], item, $"{path}[]"));
        }
    }
}
