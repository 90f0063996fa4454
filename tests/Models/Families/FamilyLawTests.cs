using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models;

/// <summary>What docs/MODELS.md promises of every family, on a tiny model of each: training and adapters. Hooks, 8 bits, half precision and
/// writing have tests of their own over the same list.</summary>
public sealed class FamilyLawTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string> Families => [.. TinyModels.Families];

    public void Dispose() => _folder.Dispose();

    /// <summary>A family without a tiny model would be under none of the laws.</summary>
    [Fact]
    public void TinyModels_AreOfEveryFamily() =>
        Assert.Equal(ModelFamilies.All.Select(family => family.ModelType), TinyModels.Families.Order(StringComparer.Ordinal));

    /// <summary>f(w + εg) − f(w − εg) = 2ε‖g‖² up to ε³, where g are the gradients of all weights.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void Training_StepAlongTheGradient_ChangesTheLossByItsLength(string family)
    {
        ITransformer model = TinyModels.Load(_folder.Path, family);
        Parameter[] weights = [.. model.Parameters.Where(p => !p.IsBuffer)];
        Tensor[] before = [.. weights.Select(p => p.Value)];
        Tensor[] gradients;
        using (var tape = new Tape())
        {
            tape.Watch(before);
            Gradients all = tape.Gradient(Loss(model), before);
            gradients = [.. before.Select(w => all[w])];
        }
        double squares = gradients.Sum(g => g.ToArray().Sum(value => (double)value * value));
        Assert.All(weights.Zip(gradients), pair => Assert.True(pair.First.Name.EndsWith("b_K", StringComparison.Ordinal)
            || pair.Second.ToArray().Any(value => value != 0), pair.First.Name)); // softmax does not see what all keys share
        float step = (float)(0.004 / Math.Sqrt(squares));

        double up = After(step), down = After(-step);

        Assert.Equal(2 * step * squares, up - down, 0.02 * step * squares);

        double After(float factor)
        {
            foreach (((Parameter weight, Tensor was), Tensor gradient) in weights.Zip(before).Zip(gradients))
            {
                weight.Value = was + gradient.Scale(factor);
            }
            return Loss(model).ToArray()[0];
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Lora_Merged_IsTheAdaptedModel(string family)
    {
        ITransformer model = TinyModels.Load(_folder.Path, family);
        LoraModel adapted = LoraModel.Start(model, new() { Rank = 2 }, seed: 1);
        float[] plain = model.Forward(TinyInputs.For(model)).ToArray();
        int seed = 0;
        foreach (Parameter parameter in adapted.Parameters)
        {
            parameter.Value = RandomTensor.Normal(++seed, parameter.Shape, 0.2f);
        }

        float[] changed = adapted.Forward(TinyInputs.For(model)).ToArray();

        Assert.True(changed.Zip(plain, (a, b) => Math.Abs(a - b)).Max() > 1e-2);
        TensorAssert.Close(LoraAdapter.Merge(adapted).Forward(TinyInputs.For(model)).ToArray(), changed, 1e-4, 1e-4);
    }

    /// <summary>All outputs in fixed random proportions.</summary>
    private static Tensor Loss(ITransformer model)
    {
        Tensor output = model.Forward(TinyInputs.For(model));
        return (output * RandomTensor.Normal(77, output.Shape, 0.1f)).Sum([.. Enumerable.Range(0, output.Shape.Rank)]);
    }
}
