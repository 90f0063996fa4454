using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>
/// Every method of the registry on a model in 8 bits or in half precision, against the same model in float32 with the rounded weights'
/// values.
/// </summary>
public class Int8MethodTests
{
    private const float None = float.PositiveInfinity;

    private static readonly (string Model, Quantization Choice, float Outliers)[] s_models =
    [
        ("bert_cls", Quantization.Int8All, None), ("bert_mlm", Quantization.Int8All, None), ("gpt2", Quantization.Int8All, None),
        ("gpt2", Quantization.Int8All, 2.5f),
        ("llama", Quantization.Int8All, None), ("marian", Quantization.Int8All, None), ("bert_cls", Quantization.Half, None),
        ("gpt2", Quantization.Half, None),
        ("marian", Quantization.Half, None),
    ];

    public static TheoryData<string> Methods => [.. AttributionMethods.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_OnAModelInFewerBits_EqualsDequantized(string method)
    {
        foreach ((string name, Quantization choice, float outliers) in s_models)
        {
            GoldenFolder.Find(name, "model.safetensors");
            var twins = Int8Twins.Of(GoldenModel.Named(name).Folder, choice, outliers);
            string hook = twins.Int8.HookPoints.First(p => p.Name.EndsWith("hook_mlp_out", StringComparison.Ordinal)).Name;
            AttributionRequest request = new()
            {
                Baseline = Baseline.Token(3),
                Baselines = [Baseline.Token(3), Baseline.Zero],
                Steps = 3,
                Samples = 6,
                Hooks = [hook],
                Neurons = [[1, 2]],
                ByteBudget = 16 << 20,
            };

            (AttributionResult? actual, string? refused) = Run(method, twins.Int8, request);
            (AttributionResult? expected, string? refusedToo) = Run(method, twins.Floats, request);

            Assert.Equal(refusedToo, refused);
            foreach ((SideScores side, SideScores other) in (actual?.Sides ?? []).Zip(expected?.Sides ?? []))
            {
                for (int t = 0; t < side.Scores.Count; t++)
                {
                    TensorAssert.Close(side.Scores[t], other.Scores[t], 1e-4, 1e-4 * Math.Max(1e-2, other.Scores[t].Max(Math.Abs)),
                        $"{name} {side.Name} target {t}");
                }
            }
        }
    }

    private static (AttributionResult?, string?) Run(string method, ITransformer model, AttributionRequest request)
    {
        try
        {
            return (AttributionMethods.Get(method).Attribute(Models.Function(model, "logit"), request), null);
        }
        catch (VitrineException e)
        {
            return (null, e.Message); // a method that does not suit this kind of model must say the same of both
        }
    }
}
