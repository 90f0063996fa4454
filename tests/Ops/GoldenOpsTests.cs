using System.Text.Json;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>Every op, forward and backward, against numbers that PyTorch computed in float64 (<c>tests/Golden/make_ops_golden.py</c>).</summary>
public class GoldenOpsTests
{
    /// <summary>How a golden case's constants turn into a call.</summary>
    private static readonly Dictionary<string, Func<Tensor[], JsonElement, Tensor>> s_calls = new()
    {
        ["mat_mul"] = (t, c) => t[0].MatMul(t[1], t.Length > 2 ? t[2] : null, Flag(c, "transposeA"), Flag(c, "transposeB")),
        ["int8_mat_mul"] = (t, c) => t[0].MatMul(new Int8Matrix(t[1], t[2]), t.Length > 3 ? t[3] : null, Flag(c, "transposeB")),
        ["int8_gather"] = (t, _) => new Int8Matrix(t[0], t[1]).Gather(t[2]),
        ["attention"] = (t, c) => TensorOps.Attention(t[0], t[1], t[2], t.Length > 3 ? t[3] : null, Flag(c, "causal"), Number(c, "scale")),
        ["softmax"] = (t, _) => t[0].Softmax(t.Length > 1 ? t[1] : null),
        ["log_softmax"] = (t, _) => t[0].LogSoftmax(),
        ["layer_norm"] = (t, c) => t[0].LayerNorm(t[1], t[2], Number(c, "epsilon")),
        ["rms_norm"] = (t, c) => t[0].RmsNorm(t[1], Number(c, "epsilon")),
        ["gelu"] = (t, _) => t[0].Gelu(),
        ["gelu_tanh"] = (t, _) => t[0].GeluTanh(),
        ["relu"] = (t, _) => t[0].Relu(),
        ["silu"] = (t, _) => t[0].Silu(),
        ["tanh"] = (t, _) => t[0].Tanh(),
        ["sigmoid"] = (t, _) => t[0].Sigmoid(),
        ["exp"] = (t, _) => t[0].Exp(),
        ["log"] = (t, _) => t[0].Log(),
        ["sqrt"] = (t, _) => t[0].Sqrt(),
        ["abs"] = (t, _) => t[0].Abs(),
        ["pow"] = (t, c) => t[0].Pow(Number(c, "p")),
        ["add"] = (t, _) => t[0] + t[1],
        ["sub"] = (t, _) => t[0] - t[1],
        ["mul"] = (t, _) => t[0] * t[1],
        ["div"] = (t, _) => t[0] / t[1],
        ["scale"] = (t, c) => t[0].Scale(Number(c, "factor"), Number(c, "shift")),
        ["masked_fill"] = (t, c) => t[0].MaskedFill(t[1], Number(c, "value")),
        ["dropout"] = (t, c) => t[0].Dropout(Number(c, "p"), Whole(c, "seed")),
        ["sum"] = (t, c) => t[0].Sum(List(c, "axes")),
        ["mean"] = (t, c) => t[0].Mean(List(c, "axes")),
        ["max"] = (t, c) => t[0].Max(List(c, "axes")),
        ["norm"] = (t, c) => t[0].Norm(List(c, "axes")),
        ["gather"] = (t, _) => t[0].Gather(t[1]),
        ["pick"] = (t, _) => t[0].Pick(t[1]),
        ["cross_entropy"] = (t, c) => t[0].CrossEntropy(t[1], Whole(c, "ignore"), Number(c, "smoothing")),
        ["kl_div"] = (t, _) => t[0].KlDiv(t[1]),
        ["reshape"] = (t, c) => t[0].Reshape(Shape.Create(List(c, "shape"))),
        ["permute"] = (t, c) => t[0].Permute(List(c, "order")),
        ["slice"] = (t, c) => t[0].Slice(Whole(c, "axis"), Whole(c, "start"), Whole(c, "length")),
        ["concat"] = (t, c) => TensorOps.Concat(Whole(c, "axis"), t),
        ["expand"] = (t, c) => t[0].Expand(Shape.Create(List(c, "shape"))),
    };

    public static TheoryData<string> Names => [.. OpTable.All.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Op_GoldenCases_MatchForwardAndBackward(string name)
    {
        Tolerance tolerance = OpTable.Get(name).Tolerance;
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(GoldenFolder.Find("ops", name + ".json")));
        foreach (JsonElement sample in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            JsonElement[] given = [.. sample.GetProperty("inputs").EnumerateArray()], gradients = [.. sample.GetProperty("gradients").EnumerateArray()];
            // What has no gradient in the golden case is a constant here too.
            Tensor[] inputs = [.. given.Select((input, i) => gradients[i].ValueKind == JsonValueKind.Null ? Read(input).AsWeight() : Read(input))];
            Tensor[] wrt = [.. inputs.Where((_, i) => gradients[i].ValueKind != JsonValueKind.Null)];
            using var tape = new Tape();

            Tensor y = s_calls[name](inputs, sample.GetProperty("constants"));
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

    private static bool Flag(JsonElement constants, string name) => constants.TryGetProperty(name, out JsonElement value) && value.GetBoolean();

    private static float Number(JsonElement constants, string name) => constants.GetProperty(name).GetSingle();

    private static int Whole(JsonElement constants, string name) => constants.GetProperty(name).GetInt32();

    private static int[] List(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];
}
