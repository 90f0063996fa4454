using System.Text.Json;
using Vitrine.Tensors;

namespace Vitrine.Tests.Ops;

/// <summary>What the tests of an op need besides its row: how a golden case calls it, and calls it must refuse.</summary>
/// <param name="Op">Its name.</param>
/// <param name="Golden">The call, from the inputs and the constants of <c>Golden/ops/{op}.json</c>.</param>
/// <param name="Refused">Calls with arguments it cannot compute with.</param>
internal sealed record OpSample(string Op, Func<Tensor[], JsonElement, Tensor> Golden, params OpSample.Bad[] Refused)
{
    private static readonly Tensor s_x = RandomTensor.Normal(1, [3, 5]), s_ids = Tensor.From([0, 1, 2], [3]);

    private static readonly Int8Matrix s_w8 = Int8Matrix.Quantize(s_x);

    /// <summary>One sample per row of the op table.</summary>
    public static IReadOnlyList<OpSample> All { get; } =
    [
        new("mat_mul", (t, c) => t[0].MatMul(t[1], t.Length > 2 ? t[2] : null, Flag(c, "transposeA"), Flag(c, "transposeB")),
            new Bad(() => s_x.MatMul(s_x), "[3, 5] x [3, 5]"),
            new Bad(() => s_x.MatMul(s_x, s_x, transposeB: true), "[3, 5]"),
            new Bad(() => s_x.MatMul(s_ids), "[3]")),
        new("int8_mat_mul", (t, c) => t[0].MatMul(new Int8Matrix(t[1], t[2]), t.Length > 3 ? t[3] : null, Flag(c, "transposeB")),
            new Bad(() => s_x.MatMul(s_w8), "[3, 5] x [3, 5]"),
            new Bad(() => s_x.MatMul(s_w8, s_x, transposeB: true), "[3, 5]"),
            new Bad(() => s_ids.MatMul(s_w8), "[3]")),
        new("int8_gather", (t, _) => new Int8Matrix(t[0], t[1]).Gather(t[2]),
            new Bad(() => s_w8.Gather(Tensor.From([0, 3], [2])), "3 at place 1"),
            new Bad(() => s_w8.Gather(s_x), "float32 [3, 5]")),
        new("attention", (t, c) => TensorOps.Attention(t[0], t[1], t[2], t.Length > 3 ? t[3] : null, Flag(c, "causal"), Number(c, "scale")),
            new Bad(() => TensorOps.Attention(s_x, s_x, s_x, null, false, 1), "[3, 5]")),
        new("softmax", (t, _) => t[0].Softmax(t.Length > 1 ? t[1] : null),
            new Bad(() => s_x.Softmax(RandomTensor.Normal(1, [4, 5])), "[4, 5]"),
            new Bad(() => s_ids.Softmax(), "int32 [3]"),
            new Bad(() => Tensor.Scalar(1).Softmax(), "[]")),
        new("log_softmax", (t, _) => t[0].LogSoftmax(),
            new Bad(() => s_ids.LogSoftmax(), "int32 [3]")),
        new("layer_norm", (t, c) => t[0].LayerNorm(t[1], t[2], Number(c, "epsilon")),
            new Bad(() => s_x.LayerNorm(Tensor.Zeros([3]), Tensor.Zeros([5]), 1e-5f), "[3]"),
            new Bad(() => s_x.LayerNorm(Tensor.Zeros([5]), Tensor.Zeros([5, 1]), 1e-5f), "[5, 1]")),
        new("rms_norm", (t, c) => t[0].RmsNorm(t[1], Number(c, "epsilon")),
            new Bad(() => s_x.RmsNorm(Tensor.Zeros([3]), 1e-5f), "[3]")),
        new("gelu", (t, _) => t[0].Gelu(),
            new Bad(() => s_ids.Gelu(), "int32 [3]")),
        new("gelu_tanh", (t, _) => t[0].GeluTanh(),
            new Bad(() => s_ids.GeluTanh(), "int32 [3]")),
        new("relu", (t, _) => t[0].Relu(),
            new Bad(() => s_ids.Relu(), "int32 [3]")),
        new("silu", (t, _) => t[0].Silu(),
            new Bad(() => s_ids.Silu(), "int32 [3]")),
        new("tanh", (t, _) => t[0].Tanh(),
            new Bad(() => s_ids.Tanh(), "int32 [3]")),
        new("sigmoid", (t, _) => t[0].Sigmoid(),
            new Bad(() => s_ids.Sigmoid(), "int32 [3]")),
        new("exp", (t, _) => t[0].Exp(),
            new Bad(() => s_ids.Exp(), "int32 [3]")),
        new("log", (t, _) => t[0].Log(),
            new Bad(() => s_ids.Log(), "int32 [3]")),
        new("sqrt", (t, _) => t[0].Sqrt(),
            new Bad(() => s_ids.Sqrt(), "int32 [3]")),
        new("abs", (t, _) => t[0].Abs(),
            new Bad(() => s_ids.Abs(), "int32 [3]")),
        new("pow", (t, c) => t[0].Pow(Number(c, "p")),
            new Bad(() => s_ids.Pow(2), "int32 [3]")),
        new("add", (t, _) => t[0] + t[1],
            new Bad(() => s_x + Tensor.Zeros([3, 4]), "[3, 5] and [3, 4]")),
        new("sub", (t, _) => t[0] - t[1],
            new Bad(() => s_x - s_ids, "int32 [3]")),
        new("mul", (t, _) => t[0] * t[1],
            new Bad(() => s_ids * s_x, "int32 [3]")),
        new("div", (t, _) => t[0] / t[1],
            new Bad(() => s_x / Tensor.Zeros([2, 5]), "[3, 5] and [2, 5]")),
        new("scale", (t, c) => t[0].Scale(Number(c, "factor"), Number(c, "shift")),
            new Bad(() => s_ids.Scale(2), "int32 [3]")),
        new("masked_fill", (t, c) => t[0].MaskedFill(t[1], Number(c, "value")),
            new Bad(() => s_x.MaskedFill(s_ids, 0), "[3]"),
            new Bad(() => s_x.MaskedFill(s_x, 0), "float32 [3, 5]"),
            new Bad(() => s_x.MaskedFill(Tensor.From([1, 1], [2, 1, 1]), 0), "[2, 1, 1]")),
        new("dropout", (t, c) => t[0].Dropout(Number(c, "p"), Whole(c, "seed")),
            new Bad(() => s_x.Dropout(1, 1), "1"),
            new Bad(() => s_x.Dropout(float.NaN, 1), "NaN")),
        new("sum", (t, c) => t[0].Sum(List(c, "axes")),
            new Bad(() => s_x.Sum([2]), "axis 2 of shape [3, 5]")),
        new("mean", (t, c) => t[0].Mean(List(c, "axes")),
            new Bad(() => s_x.Mean([0, -2]), "[0, 0]")),
        new("max", (t, c) => t[0].Max(List(c, "axes")),
            new Bad(() => Tensor.Zeros([3, 0]).Max([1]), "[3, 0]")),
        new("norm", (t, c) => t[0].Norm(List(c, "axes")),
            new Bad(() => s_ids.Norm(), "int32 [3]")),
        new("gather", (t, _) => t[0].Gather(t[1]),
            new Bad(() => s_x.Gather(Tensor.From([0, 3], [2])), "3 at place 1"),
            new Bad(() => s_x.Gather(Tensor.From([-1], [1])), "-1 at place 0"),
            new Bad(() => s_x.Gather(s_x), "float32 [3, 5]")),
        new("pick", (t, _) => t[0].Pick(t[1]),
            new Bad(() => s_x.Pick(Tensor.From([0, 1, 5], [3])), "5 in row 2"),
            new Bad(() => s_x.Pick(Tensor.From([0, 1], [2])), "[2]")),
        new("cross_entropy", (t, c) => t[0].CrossEntropy(t[1], Whole(c, "ignore"), Number(c, "smoothing")),
            new Bad(() => s_x.CrossEntropy(Tensor.From([0, 1, 5], [3])), "5"),
            new Bad(() => s_x.CrossEntropy(Tensor.From([0], [1])), "[1]"),
            new Bad(() => s_x.CrossEntropy(s_ids, labelSmoothing: 2), "2")),
        new("kl_div", (t, _) => t[0].KlDiv(t[1]),
            new Bad(() => s_x.KlDiv(Tensor.Zeros([5])), "[5]")),
        new("reshape", (t, c) => t[0].Reshape(Shape.Create(List(c, "shape"))),
            new Bad(() => s_x.Reshape([4, 4]), "[3, 5] to [4, 4]")),
        new("permute", (t, c) => t[0].Permute(List(c, "order")),
            new Bad(() => s_x.Permute(0, 0), "[0, 0]")),
        new("slice", (t, c) => t[0].Slice(Whole(c, "axis"), Whole(c, "start"), Whole(c, "length")),
            new Bad(() => s_x.Slice(1, 4, 2), "4..6"),
            new Bad(() => s_x.Slice(2, 0, 1), "axis 2")),
        new("concat", (t, c) => TensorOps.Concat(Whole(c, "axis"), t),
            new Bad(() => TensorOps.Concat(0, s_x, Tensor.Zeros([3, 4])), "[3, 4]"),
            new Bad(() => TensorOps.Concat(0, Tensor.Zeros([3]), s_ids), "int32 [3]")),
        new("expand", (t, c) => t[0].Expand(Shape.Create(List(c, "shape"))),
            new Bad(() => s_x.Expand([3, 6]), "[3, 5]")),
    ];

    /// <summary>The sample of an op.</summary>
    public static OpSample Get(string op) => All.Single(sample => sample.Op == op);

    private static bool Flag(JsonElement constants, string name) =>
        constants.TryGetProperty(name, out JsonElement value) && value.GetBoolean();

    private static float Number(JsonElement constants, string name) => constants.GetProperty(name).GetSingle();

    private static int Whole(JsonElement constants, string name) => constants.GetProperty(name).GetInt32();

    private static int[] List(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    /// <summary>A call that must be refused.</summary>
    /// <param name="Call">The call.</param>
    /// <param name="Got">The fact that its message must state.</param>
    internal sealed record Bad(Func<Tensor> Call, string Got);
}
