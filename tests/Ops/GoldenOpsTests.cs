using System.Text.Json;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>
/// Every op, forward and backward, against numbers that PyTorch computed in float64 (<c>tests/Golden/make_ops_golden.py</c>).
/// </summary>
public class GoldenOpsTests
{
    public static TheoryData<string> Names => [.. OpTable.All.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Op_GoldenCases_MatchForwardAndBackward(string name)
    {
        Tolerance tolerance = OpTable.Get(name).Tolerance;
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(GoldenFolder.Find("ops", name + ".json")));
        foreach (JsonElement sample in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            JsonElement[] given = [.. sample.GetProperty("inputs").EnumerateArray()],
                gradients = [.. sample.GetProperty("gradients").EnumerateArray()];
            // What has no gradient in the golden case is a constant here too.
            Tensor[] inputs = [.. given.Select((input, i) => gradients[i].ValueKind == JsonValueKind.Null
                ? Read(input).AsWeight() : Read(input))];
            Tensor[] wrt = [.. inputs.Where((_, i) => gradients[i].ValueKind != JsonValueKind.Null)];
            using var tape = new Tape();

            Tensor y = OpSample.Get(name).Golden(inputs, sample.GetProperty("constants"));
            Gradients actual = tape.Gradient(y, new Seeds(Read(sample.GetProperty("dy")).Reshape(y.Shape.Prepend(1))), wrt);

            Close(y, sample.GetProperty("y"), tolerance, name);
            for (int i = 0; i < inputs.Length; i++)
            {
                if (gradients[i].ValueKind != JsonValueKind.Null)
                {
                    Close(actual[inputs[i]].Select(0, 0), gradients[i], tolerance, $"{name} d input {i}");
                }
            }
        }
    }

    private static void Close(Tensor actual, JsonElement expected, Tolerance tolerance, string what)
    {
        Assert.Equal(Shape.Create(List(expected, "shape")), actual.Shape);
        double[] values = [.. expected.GetProperty("values").EnumerateArray().Select(v => v.GetDouble())];
        TensorAssert.Close(actual, values, Math.Max(2e-6, tolerance.Relative), Math.Max(2e-6, tolerance.Absolute), what);
    }

    private static Tensor Read(JsonElement tensor)
    {
        Shape shape = Shape.Create(List(tensor, "shape"));
        return tensor.GetProperty("type").GetString() switch
        {
            "int32" => Tensor.From(List(tensor, "values"), shape),
            "int8" => Tensor.From([.. tensor.GetProperty("values").EnumerateArray().Select(v => v.GetSByte())], shape),
            _ => Tensor.From([.. tensor.GetProperty("values").EnumerateArray().Select(v => v.GetSingle())], shape),
        };
    }

    private static int[] List(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];
}
