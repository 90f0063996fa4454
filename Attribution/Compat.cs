namespace Vitrine.Attributions;

/// <summary>Whose quirks are wanted: the default is the correct behaviour.</summary>
public enum Compat
{
    /// <summary>Correct by default.</summary>
    None,

    /// <summary>As Captum 0.8 computes it.</summary>
    Captum,

    /// <summary>As Inseq computes it.</summary>
    Inseq,

    /// <summary>As the authors of discretized integrated gradients compute it: the gradient at the nearer end of every stretch.</summary>
    Dig,

    /// <summary>
    /// As ferret judges explanations: fractions 10 … 100 %, ⌊q·n⌋ tokens, only those with a score above 0, each set once.
    /// </summary>
    Ferret,
}
