using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// Rotary positions: the pair (x_i, x_{i + d/2}) of a head's vector is turned by the angle position · theta^(−2i/d), so that q·k depends
/// on the distance of two positions only. Paper: Su et al. 2021, “RoFormer”; the pairing by halves is GPT-NeoX's and Llama's.
/// </summary>
internal sealed class Rotary
{
    private readonly Tensor _cos, _sin; // [batch or 1, pos, 1, d_head / 2]

    /// <summary>The angles of a batch of positions.</summary>
    /// <param name="positions">int32 <c>[batch or 1, pos]</c></param>
    /// <param name="dHead">Width of a head; even.</param>
    /// <param name="theta">The base of the wavelengths: 10000 in Llama 1 and 2.</param>
    public Rotary(Tensor positions, int dHead, double theta)
    {
        int[] at = positions.ToIntArray();
        int half = dHead / 2;
        float[] cos = new float[at.Length * half], sin = new float[at.Length * half];
        for (int row = 0; row < at.Length; row++)
        {
            for (int i = 0; i < half; i++)
            {
                (double s, double c) = Math.SinCos(at[row] * Math.Pow(theta, -2.0 * i / dHead));
                (sin[(row * half) + i], cos[(row * half) + i]) = ((float)s, (float)c);
            }
        }
        Shape shape = [positions.Shape[0], positions.Shape[1], 1, half];
        (_cos, _sin) = (Tensor.From(cos, shape), Tensor.From(sin, shape));
    }

    /// <summary>Turns queries or keys, <c>[batch, pos, head, d_head]</c>.</summary>
    public Tensor Turn(Tensor x)
    {
        int half = x.Shape[3] / 2;
        (Tensor first, Tensor second) = (x.Slice(3, 0, half), x.Slice(3, half, half));
        return TensorOps.Concat(3, (first * _cos) - (second * _sin), (second * _cos) + (first * _sin));
    }
}
