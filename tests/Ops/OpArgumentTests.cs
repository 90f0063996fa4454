using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>Every op refuses what it cannot compute, in one line that names the op, what it got and what it expected.</summary>
public class OpArgumentTests
{
    private static readonly Tensor s_x = RandomTensor.Normal(1, [3, 5]), s_ids = Tensor.From([0, 1, 2], [3]);

    private static readonly Int8Matrix s_w8 = Int8Matrix.Quantize(s_x);

    /// <summary>Op, call, and the facts its message must state.</summary>
    private static readonly (string Op, Func<Tensor> Call, string Got)[] s_bad =
    [
        ("mat_mul", () => s_x.MatMul(s_x), "[3, 5] x [3, 5]"),
        ("mat_mul", () => s_x.MatMul(s_x, s_x, transposeB: true), "[3, 5]"),
        ("mat_mul", () => s_x.MatMul(s_ids), "[3]"),
        ("int8_mat_mul", () => s_x.MatMul(s_w8), "[3, 5] x [3, 5]"),
        ("int8_mat_mul", () => s_x.MatMul(s_w8, s_x, transposeB: true), "[3, 5]"),
        ("int8_mat_mul", () => s_ids.MatMul(s_w8), "[3]"),
        ("int8_gather", () => s_w8.Gather(Tensor.From([0, 3], [2])), "3 at place 1"),
        ("int8_gather", () => s_w8.Gather(s_x), "float32 [3, 5]"),
        ("attention", () => TensorOps.Attention(s_x, s_x, s_x, null, false, 1), "[3, 5]"),
        ("softmax", () => s_x.Softmax(RandomTensor.Normal(1, [4, 5])), "[4, 5]"),
        ("softmax", () => s_ids.Softmax(), "int32 [3]"),
        ("softmax", () => Tensor.Scalar(1).Softmax(), "[]"),
        ("log_softmax", () => s_ids.LogSoftmax(), "int32 [3]"),
        ("layer_norm", () => s_x.LayerNorm(Tensor.Zeros([3]), Tensor.Zeros([5]), 1e-5f), "[3]"),
        ("layer_norm", () => s_x.LayerNorm(Tensor.Zeros([5]), Tensor.Zeros([5, 1]), 1e-5f), "[5, 1]"),
        ("rms_norm", () => s_x.RmsNorm(Tensor.Zeros([3]), 1e-5f), "[3]"),
        ("gelu", () => s_ids.Gelu(), "int32 [3]"),
        ("gelu_tanh", () => s_ids.GeluTanh(), "int32 [3]"),
        ("relu", () => s_ids.Relu(), "int32 [3]"),
        ("silu", () => s_ids.Silu(), "int32 [3]"),
        ("tanh", () => s_ids.Tanh(), "int32 [3]"),
        ("sigmoid", () => s_ids.Sigmoid(), "int32 [3]"),
        ("exp", () => s_ids.Exp(), "int32 [3]"),
        ("log", () => s_ids.Log(), "int32 [3]"),
        ("sqrt", () => s_ids.Sqrt(), "int32 [3]"),
        ("abs", () => s_ids.Abs(), "int32 [3]"),
        ("pow", () => s_ids.Pow(2), "int32 [3]"),
        ("add", () => s_x + Tensor.Zeros([3, 4]), "[3, 5] and [3, 4]"),
        ("sub", () => s_x - s_ids, "int32 [3]"),
        ("mul", () => s_ids * s_x, "int32 [3]"),
        ("div", () => s_x / Tensor.Zeros([2, 5]), "[3, 5] and [2, 5]"),
        ("scale", () => s_ids.Scale(2), "int32 [3]"),
        ("masked_fill", () => s_x.MaskedFill(s_ids, 0), "[3]"),
        ("masked_fill", () => s_x.MaskedFill(s_x, 0), "float32 [3, 5]"),
        ("masked_fill", () => s_x.MaskedFill(Tensor.From([1, 1], [2, 1, 1]), 0), "[2, 1, 1]"),
        ("dropout", () => s_x.Dropout(1, 1), "1"),
        ("dropout", () => s_x.Dropout(float.NaN, 1), "NaN"),
        ("sum", () => s_x.Sum([2]), "axis 2 of shape [3, 5]"),
        ("mean", () => s_x.Mean([0, -2]), "[0, 0]"),
        ("max", () => Tensor.Zeros([3, 0]).Max([1]), "[3, 0]"),
        ("norm", () => s_ids.Norm(), "int32 [3]"),
        ("gather", () => s_x.Gather(Tensor.From([0, 3], [2])), "3 at place 1"),
        ("gather", () => s_x.Gather(Tensor.From([-1], [1])), "-1 at place 0"),
        ("gather", () => s_x.Gather(s_x), "float32 [3, 5]"),
        ("pick", () => s_x.Pick(Tensor.From([0, 1, 5], [3])), "5 in row 2"),
        ("pick", () => s_x.Pick(Tensor.From([0, 1], [2])), "[2]"),
        ("cross_entropy", () => s_x.CrossEntropy(Tensor.From([0, 1, 5], [3])), "5"),
        ("cross_entropy", () => s_x.CrossEntropy(Tensor.From([0], [1])), "[1]"),
        ("cross_entropy", () => s_x.CrossEntropy(s_ids, labelSmoothing: 2), "2"),
        ("kl_div", () => s_x.KlDiv(Tensor.Zeros([5])), "[5]"),
        ("reshape", () => s_x.Reshape([4, 4]), "[3, 5] to [4, 4]"),
        ("permute", () => s_x.Permute(0, 0), "[0, 0]"),
        ("slice", () => s_x.Slice(1, 4, 2), "4..6"),
        ("slice", () => s_x.Slice(2, 0, 1), "axis 2"),
        ("concat", () => TensorOps.Concat(0, s_x, Tensor.Zeros([3, 4])), "[3, 4]"),
        ("concat", () => TensorOps.Concat(0, Tensor.Zeros([3]), s_ids), "int32 [3]"),
        ("expand", () => s_x.Expand([3, 6]), "[3, 5]"),
    ];

    public static TheoryData<string> Names => [.. OpTable.All.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Op_BadArguments_SaysWhatItGotAndWhatItExpects(string name)
    {
        (string, Func<Tensor> Call, string Got)[] calls = [.. s_bad.Where(bad => bad.Op == name)];

        Assert.NotEmpty(calls);
        foreach ((_, Func<Tensor> call, string got) in calls)
        {
            string message = Assert.Throws<ShapeException>(call).Message;
            Assert.StartsWith(name + ": ", message, StringComparison.Ordinal);
            Assert.Contains("got", message, StringComparison.Ordinal);
            Assert.Contains("expected", message, StringComparison.Ordinal);
            Assert.Contains(got, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }
}
