using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>Probabilities that mean what they say.</summary>
public class CalibrationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(0.4)]
    public void Temperature_OfLogitsThatAreTooSure_IsHowMuch(double factor)
    {
        (float[][] logits, int[] labels) = Sampled(20_000, factor);

        Assert.Equal(factor, Calibration.Temperature(logits, labels), factor * 0.05);
    }

    [Fact]
    public void Error_OfTrueProbabilities_IsNearZeroAndOfDoubledLogitsNot()
    {
        (float[][] honest, int[] labels) = Sampled(20_000, 1);
        float[][] boastful = [.. honest.Select(row => row.Select(x => 4 * x).ToArray())];

        Assert.InRange(Calibration.Error(honest, labels), 0, 0.015);
        Assert.InRange(Calibration.Error(boastful, labels), 0.1, 0.5);
    }

    [Fact]
    public void Error_ByHand_IsTheMeanGap()
    {
        // Two texts in one bin: said 0.731 twice, right once; |0.5 − 0.731|.
        Assert.Equal(0.2310586, Calibration.Error([[1, 0], [1, 0]], [0, 1]), 1e-6);
    }

    [Fact]
    public void Temperature_WithoutTexts_IsAnError() => Assert.Throws<TrainingException>(() => Calibration.Temperature([], []));

    [Fact]
    public void Save_AtATemperature_DividesTheLogitsAndLeavesTheModel()
    {
        using var folder = new TempFolder();
        ITransformer model = Toys.Classifier(folder);
        ModelInput input = ModelInput.Of(model.Tokenizer!.Encode("the film is dull").Ids);
        float[] before = model.Forward(input).ToArray();

        Calibration.Save(model, folder.File("model.safetensors"), 2.5);

        Assert.Equal(before, model.Forward(input).ToArray());
        // float16
        TensorAssert.Close(ModelLoader.Load(folder.Path).Forward(input).ToArray(), [.. before.Select(x => x / 2.5f)], rtol: 1e-2,
            atol: 1e-4);
    }

    /// <summary>Labels drawn from the probabilities of some logits, which are then made too sure.</summary>
    private static (float[][] Logits, int[] Labels) Sampled(int count, double factor)
    {
        var random = new Random(5);
        float[] odds = [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 6) - 3))];
        int[] labels = [.. odds.Select(x => random.NextDouble() < 1 / (1 + Math.Exp(-x)) ? 1 : 0)];
        return ([.. odds.Select(x => new[] { 0, (float)(factor * x) })], labels);
    }
}
