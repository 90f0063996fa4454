using CsCheck;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Properties;

/// <summary>What a model says of a text does not depend on the texts next to it, nor on padding.</summary>
public sealed class ModelProperties
{
    private static readonly Gen<int[]> s_text = Gen.Int[3, 48].Array[1, 12];

    [Theory]
    [InlineData("bert", "BertForSequenceClassification")]
    [InlineData("modernbert", "ModernBertForSequenceClassification")]
    [InlineData("gpt2", "GPT2ForSequenceClassification")]
    public void Forward_ABatchOfAnyTexts_SaysOfEachWhatItSaysAlone(string family, string architecture)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family, architecture, layers: 1);

        Gen.Select(s_text.Array[1, 5], Gen.Bool).Sample(
            (texts, left) =>
            {
                bool isLeft = left && family == "gpt2";

                float[] together = model.Forward(ModelInput.Batch(texts, model.Info.PadId ?? 0, isLeft)).ToArray();

                TensorAssert.Close(together, (float[])[.. texts.SelectMany(text => model.Forward(ModelInput.Of(text)).ToArray())]);
            }, iter: 60, threads: 1);
    }
}
