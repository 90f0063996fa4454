using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// Rotary positions: a pair of numbers of a head's vector is turned by the angle position · frequency, so that q·k depends
/// on the distance of two positions only. Paper: Su et al. 2021, “RoFormer”. Of the first r dimensions, pair i is (x_i, x_{i + r/2}) in
/// GPT-NeoX, Llama and nearly all others, (x_{2i}, x_{2i+1}) in the paper and GPT-J; dimensions from r on are left as they are.
/// </summary>
internal sealed class Rotary
{
    private readonly Tensor _cos, _sin; // [batch or 1, pos, 1, r / 2]
    private readonly bool _interleaved;

    /// <summary>The angles of a batch of positions.</summary>
    /// <param name="positions">int32 <c>[batch or 1, pos]</c></param>
    /// <param name="options">Which dimensions turn, and how fast.</param>
    public Rotary(Tensor positions, RotaryOptions options)
    {
        int[] at = positions.ToIntArray();
        double[] frequencies = options.Frequencies();
        int half = frequencies.Length;
        float[] cos = new float[at.Length * half], sin = new float[at.Length * half];
        for (int row = 0; row < at.Length; row++)
        {
            for (int i = 0; i < half; i++)
            {
                (double s, double c) = Math.SinCos(at[row] * frequencies[i]);
                (sin[(row * half) + i], cos[(row * half) + i]) = ((float)s, (float)c);
            }
        }
        Shape shape = [positions.Shape[0], positions.Shape[1], 1, half];
        (_cos, _sin, _interleaved) = (Tensor.From(cos, shape), Tensor.From(sin, shape), options.Interleaved);
    }

    /// <summary>Turns queries or keys, <c>[batch, pos, head, d_head]</c>.</summary>
    public Tensor Turn(Tensor x)
    {
        int half = _cos.Shape[3], rest = x.Shape[3] - (2 * half);
        if (_interleaved)
        {
            Tensor pairs = x.Slice(3, 0, 2 * half).Reshape([x.Shape[0], x.Shape[1], x.Shape[2], half, 2]);
            (Tensor a, Tensor b) = Turn(pairs.Select(4, 0), pairs.Select(4, 1));
            Shape one = a.Shape.Append(1);
            Tensor turned = TensorOps.Concat(4, a.Reshape(one), b.Reshape(one)).Reshape(x.Shape.With(3, 2 * half));
            return rest == 0 ? turned : TensorOps.Concat(3, turned, x.Slice(3, 2 * half, rest));
        }
        (Tensor first, Tensor second) = Turn(x.Slice(3, 0, half), x.Slice(3, half, half));
        return rest == 0 ? TensorOps.Concat(3, first, second) : TensorOps.Concat(3, first, second, x.Slice(3, 2 * half, rest));
    }

    // (a, b) · (cos + i·sin)
    private (Tensor A, Tensor B) Turn(Tensor a, Tensor b) => ((a * _cos) - (b * _sin), (b * _cos) + (a * _sin));
}
