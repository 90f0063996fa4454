namespace Vitrine.Tensors;

/// <summary>What one launch costs at least, from its tensors, its numbers and the op table: for the profile and the benchmarks.</summary>
internal static class KernelCost
{
    // Arithmetic per element of the largest operand, as the op table counts it; products are counted from the launch.
    private static readonly Lazy<Dictionary<string, OpCost>> s_perElement = new(PerElement);

    /// <summary>
    /// Bytes that must move: every operand read once, every result written once. An axis of stride 0 repeats elements and moves nothing.
    /// </summary>
    public static double Bytes(KernelCall call) => call.Kernel switch
    {
        "copy_strided" or "copy_strided_2" or "copy_strided_1" => 2.0 * call.Work.X * call.Tensors[0]!.DType.Size(),
        // Of a table only the rows that are asked for.
        "gather_forward" => Moved(call.Tensors[1]) + (2 * Moved(call.Tensors[2])),
        "half_gather_forward" => Moved(call.Tensors[1]) + (1.5 * Moved(call.Tensors[2])),
        "int8_gather_forward" => Moved(call.Tensors[2]) + (1.25 * Moved(call.Tensors[3])) + (4.0 * call.Work.X),
        "gather_backward" => Moved(call.Tensors[0]) + (3 * Moved(call.Tensors[1])),
        "pick_forward" => 12.0 * call.Work.X,
        "adamw_step" => 7 * Moved(call.Tensors[0]), // what is changed is read and written
        "sgd_step" => 5 * Moved(call.Tensors[0]),
        "average_step" => 3 * Moved(call.Tensors[0]),
        "exchange" => 4 * Moved(call.Tensors[0]),
        _ => call.Tensors.Distinct().Sum(Moved),
    };

    /// <summary>Arithmetic, as if nothing were skipped; 0 where the op table counts none.</summary>
    public static OpCost Arithmetic(KernelCall call) => call.Kernel switch
    {
        "mat_mul_forward" or "mat_mul_row" or "mat_mul_mma" or "half_mat_mul_forward" or "half_mat_mul_row" or "half_mat_mul_mma"
            or "int8_mat_mul_forward" or "int8_mat_mul_row" =>
                Products((double)call.Work.X * call.Work.Y * call.Work.Z * call.Scalars[0].Int),
        "attention_forward" or "attention_forward_wide" =>
            Attention(call.Scalars[2].Int) * Pairs(call, call.Work.X, call.Work.Y, call.Work.Z),
        "attention_backward" => AttentionBackward(call),
        "attention_backward_dot" => AttentionPart(call, 1),
        "attention_backward_q" or "attention_backward_q_seeds" => AttentionPart(call, 2),
        "attention_backward_kv" or "attention_backward_kv_seeds" =>
            AttentionPart(call, (call.Tensors[7] is null ? 0 : 2) + (call.Tensors[8] is null ? 0 : 1)),
        _ when s_perElement.Value.TryGetValue(call.Kernel, out OpCost cost) =>
            cost * call.Tensors.Max(t => t is null ? 0 : (double)t.Shape.Elements),
        _ => default,
    };

    /// <summary>
    /// Attention for one pair of a query and a key: two products of <paramref name="width"/> numbers, and the softmax between them.
    /// </summary>
    public static OpCost Attention(int width) => new((4.0 * width) + 29, (2.0 * width) + 20);

    private static OpCost Products(double count) => new(2 * count, count);

    // One product for the pattern, then for every seed dP, and one for each gradient that is wanted: tensors 6, 7 and 8.
    private static OpCost AttentionBackward(KernelCall call)
    {
        int seeds = call.Scalars[^1].Int, gradients = call.Tensors[6..].Count(t => t is not null);
        bool needsScores = call.Tensors[6] is not null || call.Tensors[7] is not null;
        return Products(Pairs(call, call.Work.X, call.Work.Y,
            call.Work.Z) * call.Scalars[2].Int * (1 + (seeds * (gradients + (needsScores ? 1 : 0)))));
    }

    // A GPU's kernels of backward, each with a pattern of its own: last scalars are heads, batch, queries, seeds.
    private static OpCost AttentionPart(KernelCall call, int productsPerSeed) =>
        Products(Pairs(call, call.Scalars[20].Int, call.Scalars[18].Int,
            call.Scalars[19].Int) * call.Scalars[2].Int * (1 + (call.Scalars[21].Int * productsPerSeed)));

    /// <summary>Pairs of a query and a key that it sees, in all heads: scalars as in <see cref="Tensors.Attention"/>.</summary>
    private static double Pairs(KernelCall call, int queries, int heads, int batch)
    {
        double keys = call.Scalars[0].Int, seen = call.Scalars[3].Int != 0 ? keys - ((queries - 1) / 2.0) : keys;
        return queries * seen * heads * batch;
    }

    private static double Moved(Tensor? tensor)
    {
        if (tensor is null)
        {
            return 0;
        }
        double bytes = tensor.DType.Size();
        for (int axis = 0; axis < tensor.Shape.Rank; axis++)
        {
            bytes *= tensor.Strides[axis] == 0 ? 1 : tensor.Shape[axis];
        }
        return bytes;
    }

    private static Dictionary<string, OpCost> PerElement()
    {
        var costs = new Dictionary<string, OpCost> { ["sum_rows"] = 1, ["sum_columns"] = 1 };
        foreach (OpRow row in OpTable.All)
        {
            if (row.Benchmarks.FirstOrDefault(call => call.Flops > 0) is { } call)
            {
                double each = 1.0 / call.Inputs[0].Shape.Elements;
                costs[row.Name + "_forward"] = call.Cost * each;
                if (call.BackwardCost.Flops > 0)
                {
                    costs[row.Name + "_backward"] = call.BackwardCost * each;
                }
            }
        }
        return costs;
    }
}
