namespace Vitrine.Tensors;

/// <summary>How a smaller operand is read at the places of a larger shape, and how gradients are summed back.</summary>
internal static class Broadcasting
{
    /// <summary>The strides by which <paramref name="x"/> is read at every place of <paramref name="shape"/>: 0 where it repeats.</summary>
    public static int[] Strides(Tensor x, Shape shape)
    {
        int[] strides = new int[shape.Rank];
        int shift = shape.Rank - x.Shape.Rank;
        for (int i = shift; i < shape.Rank; i++)
        {
            strides[i] = x.Shape[i - shift] == 1 ? 0 : x.Strides[i - shift];
        }
        return strides;
    }

    /// <summary>
    /// The gradient of a broadcast operand: <paramref name="dy"/> <c>[seeds, …output]</c> summed over the axes along which the
    /// operand of shape <paramref name="shape"/> was repeated; gives <c>[seeds, …shape]</c>.
    /// </summary>
    public static Tensor SumTo(Tensor dy, Shape shape)
    {
        Shape output = dy.Shape[1..];
        if (output == shape)
        {
            return dy;
        }
        int added = output.Rank - shape.Rank;
        var axes = new List<int>();
        for (int i = 0; i < output.Rank; i++)
        {
            if (i < added || (shape[i - added] == 1 && output[i] != 1))
            {
                axes.Add(i + 1); // axis 0 is the seeds
            }
        }
        return Reduction.Sum(dy, [.. axes]).Reshape(shape.Prepend(dy.Shape[0]));
    }
}
