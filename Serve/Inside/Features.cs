using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Serve;

/// <summary>Features of the model's sparse autoencoder as places: <c>feature:17</c>; read, and changed at every position.</summary>
internal static class Features
{
    /// <summary>What a place is called that is a feature and not an activation.</summary>
    public const string Name = "feature";

    /// <summary>How active a feature is at every position of a text, and the tokens that it writes.</summary>
    public static InsideResult Read(Explainer explainer, string text, int feature)
    {
        InsideResult found = explainer.Inside.Feature(Companions.Sae(explainer), text, feature);
        return found with
        {
            Method = "feature",
            Tables = [found.Tables[0] with { Name = "size" }, .. found.Tables.Skip(1)],
            Parameters = new Dictionary<string, string> { ["place"] = $"{Name}:{feature.ToString(CultureInfo.InvariantCulture)}" },
        };
    }

    /// <summary>A feature times a factor; what the autoencoder does not explain stays as it is.</summary>
    public static Intervention Scale(Explainer explainer, int feature, float factor) => Change(explainer, feature,
        FormattableString.Invariant($"feature {feature} × {factor}"), (own, _) => own.Scale(factor));

    /// <summary>A feature as active as in another text of as many tokens.</summary>
    public static Intervention Patch(Explainer explainer, int feature, Tensor other) => Change(explainer, feature,
        FormattableString.Invariant($"feature {feature} of the corrupted text"), (_, only) => only(other));

    /// <summary>The activation that the autoencoder reads.</summary>
    public static string Hook(SparseAutoencoder sae) => sae.Config.Hook ?? throw new RequestException(Fault.Model,
        "sae: its file names no hook; got a folder without one; expected the place that it was trained on.");

    private static Intervention Change(Explainer explainer, int feature, string description,
        Func<Tensor, Func<Tensor, Tensor>, Tensor> change)
    {
        SparseAutoencoder sae = Companions.Sae(explainer);
        _ = SaeSplice.Feature(sae, feature, 0); // that there is such a feature
        int[] at = new int[sae.Config.DSae];
        at[feature] = 1;
        Tensor hidden = Tensor.From(at, [1, 1, at.Length]);
        return Intervention.Of(description, Hook(sae), x =>
        {
            Tensor features = sae.Encode(x), others = features.MaskedFill(hidden, 0);
            Tensor Only(Tensor of) => sae.Encode(of) is var all ? all - all.MaskedFill(hidden, 0) : all;
            return x + (sae.Decode(others + change(features - others, Only), x) - sae.Decode(features, x));
        });
    }
}
