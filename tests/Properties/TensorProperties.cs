using CsCheck;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Properties;

/// <summary>Views and broadcasting against plain index arithmetic.</summary>
public sealed class TensorProperties
{
    private static readonly Gen<int[]> s_shape = Gen.Int[1, 4].Array[0, 4];

    [Fact]
    public void Broadcast_AnyTwoShapes_IsTheLongerAxisFromTheRight() => Gen.Select(s_shape, s_shape).Sample((a, b) =>
    {
        int rank = Math.Max(a.Length, b.Length);
        (int Of, int And)[] axes = [.. Enumerable.Range(0, rank).Select(i => (Axis(a, i, rank), Axis(b, i, rank)))];
        if (axes.Any(axis => axis.Of != axis.And && axis.Of != 1 && axis.And != 1))
        {
            Assert.Throws<ShapeException>(() => Shape.Broadcast(Shape.Create(a), Shape.Create(b), "add"));
            return;
        }
        int[] expected = [.. axes.Select(axis => Math.Max(axis.Of, axis.And))];

        Tensor sum = Counting(a) + Counting(b);

        Assert.Equal(expected, sum.Shape.Axes.ToArray());
        Assert.Equal(Indices(expected).Select(at => Value(a, at) + Value(b, at)), sum.ToArray());
    }, iter: 300, threads: 1);

    [Fact]
    public void Permute_AnyOrder_MovesEveryElement() =>
        s_shape.SelectMany(shape => Gen.Shuffle(Enumerable.Range(0, shape.Length).ToArray()).Select(order => (shape, order))).Sample(x =>
        {
            Tensor moved = Counting(x.shape).Permute(x.order);

            Assert.Equal(x.order.Select(axis => x.shape[axis]), moved.Shape.Axes.ToArray());
            Assert.Equal(Indices([.. x.order.Select(axis => x.shape[axis])]).Select(at =>
                Value(x.shape, [.. Enumerable.Range(0, at.Length).Select(axis => at[Array.IndexOf(x.order, axis)])])), moved.ToArray());
            Assert.Equal(Counting(x.shape).ToArray(),
                moved.Permute([.. Enumerable.Range(0, x.order.Length).Select(axis => Array.IndexOf(x.order, axis))]).ToArray());
        }, iter: 200, threads: 1);

    [Fact]
    public void SliceThenConcat_AtAnyPlace_IsTheWhole() =>
        Gen.Int[1, 5].Array[1, 4].SelectMany(shape => Gen.Int[0, shape.Length - 1].SelectMany(axis =>
            Gen.Int[1, shape[axis]].Select(cut => (shape, axis, cut)))).Sample(x =>
        {
            Tensor whole = Counting(x.shape), first = whole.Slice(x.axis, 0, x.cut);
            Tensor[] parts = x.cut == x.shape[x.axis] ? [first] : [first, whole.Slice(x.axis, x.cut, x.shape[x.axis] - x.cut)];

            Assert.Equal(whole.ToArray(), TensorOps.Concat(x.axis, parts).ToArray());
            Assert.Equal(Indices([.. first.Shape.Axes]).Select(at => Value(x.shape, at)), first.ToArray());
        }, iter: 200, threads: 1);

    [Fact]
    public void Reshape_OfAView_KeepsTheOrderOfElements() =>
        Gen.Int[1, 4].Array[2, 4].Sample(shape =>
        {
            Tensor turned = Counting(shape).Transpose();

            Assert.Equal(turned.ToArray(), turned.Reshape([turned.Shape.Elements]).ToArray());
        }, iter: 100, threads: 1);

    private static int Axis(int[] shape, int i, int rank) => i < rank - shape.Length ? 1 : shape[i - rank + shape.Length];

    private static Tensor Counting(int[] shape)
    {
        var of = Shape.Create(shape);
        return Tensor.From([.. Enumerable.Range(0, of.Elements).Select(i => (float)i)], of);
    }

    // The element of Counting(shape) at an index of the shape that it is broadcast to.
    private static float Value(int[] shape, int[] at) =>
        shape.Select((length, i) => (length, at: at[at.Length - shape.Length + i])).Aggregate(0, (sum, axis) =>
            (sum * axis.length) + (axis.length == 1 ? 0 : axis.at));

    private static IEnumerable<int[]> Indices(int[] shape) => shape.Aggregate<int, IEnumerable<int[]>>([[]], (all, length) =>
        all.SelectMany(at => Enumerable.Range(0, length).Select(i => (int[])[.. at, i])));
}
