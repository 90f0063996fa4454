using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>
/// Every kernel on its tiny and odd shapes, forward and backward with two seeds, against the CPU's. Small enough for oclgrind, which executes
/// kernels item by item and reports races, uninitialised reads and accesses out of bounds: <c>.ci/run</c> runs this class under it.
/// </summary>
public sealed class DeviceAgreementTests
{
    private const int Largest = 120; // elements of the first input

    public static TheoryData<string, string> NamesAndGpus
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (OpRow row in OpTable.All)
            {
                data.Add(row.Name, TestDevices.Names[1]);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndGpus))]
    public void TinyShapes_ForwardAndBackward_AgreeWithTheCpu(string name, string device)
    {
        foreach (OpCase call in OpTable.Get(name).Cases.Where(c => !c.IsBenchmark && c.Inputs[0].Shape.Elements <= Largest))
        {
            float[] expected = Everything(call);
            using Device.Scope scope = TestDevices.Use(device);

            TensorAssert.Close(Everything(call), expected, 1e-4, 1e-5, $"{name} {call}");
        }
    }

    /// <summary>Output and gradients for two seeds, in a row.</summary>
    private static float[] Everything(OpCase call)
    {
        Tensor[] inputs = call.Make(), wrt = [.. inputs.Where((_, i) => call.Inputs[i].HasGradient)];
        using var tape = new Tape();
        Tensor y = call.Apply(inputs);
        Gradients gradients = tape.Gradient(y, new Seeds(RandomTensor.Normal(8, y.Shape.Prepend(2))), wrt);
        return [.. y.ToArray(), .. wrt.SelectMany(x => gradients[x].ToArray())];
    }
}
