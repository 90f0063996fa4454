namespace Vitrine.Attributions;

/// <summary>What several tools have in common.</summary>
internal static class CompatRules
{
    /// <summary>Whether gradients are computed as by Captum, which Inseq runs.</summary>
    public static bool RunsCaptum(this Compat compat) => compat is Compat.Captum or Compat.Inseq;
}
