namespace Vitrine.Attributions;

/// <summary>How arrays stand in Inseq's JSON. The versions cannot read each other's.</summary>
public enum InseqForm
{
    /// <summary>Inseq 0.7.1: safetensors in base64, four bytes a number.</summary>
    Float32,

    /// <summary>Inseq 0.7.1 with two bytes a number, rounded to nearest even.</summary>
    Float16,

    /// <summary>
    /// Inseq 0.7.1 with one byte a number (e4m3fn): up to 448, beyond which it saturates; 2⁻¹⁰ and less become 0, which is much of a
    /// saliency map.
    /// </summary>
    Float8,

    /// <summary>Inseq 0.6: numpy's bytes in base64, gzipped where that is smaller.</summary>
    Inseq06,
}
