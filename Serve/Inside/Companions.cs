using Vitrine.Attributions;

namespace Vitrine.Serve;

/// <summary>What may lie in a model's folder next to its weights: a sparse autoencoder, and the translators of a tuned lens.</summary>
internal static class Companions
{
    private const string SaeFolder = "sae", LensFolder = "tuned_lens";

    /// <summary>The model's sparse autoencoder.</summary>
    /// <exception cref="RequestException">It has none.</exception>
    public static SparseAutoencoder Sae(Explainer explainer) => SparseAutoencoder.Load(Folder(explainer, SaeFolder,
        "sae: this model has no sparse autoencoder", "'vitrine sae --train' makes one"));

    /// <summary>The model's tuned lens.</summary>
    /// <exception cref="RequestException">It has none.</exception>
    public static TunedLens Lens(Explainer explainer) => TunedLens.Load(Folder(explainer, LensFolder,
        "tuned lens: this model has none", "'vitrine lens --train' makes one"));

    private static string Folder(Explainer explainer, string name, string what, string remedy) =>
        explainer.Folder is { } model && Path.Combine(model, name) is var folder && Directory.Exists(folder) ? folder
            : throw new RequestException(Fault.Model, $"{what}; got '{explainer.Name}' without the folder '{name}'; expected one next to "
                + $"its weights. {remedy}.");
}
