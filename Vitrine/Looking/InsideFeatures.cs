using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine;

/// <summary>Sparse autoencoders of <see cref="Inside"/>: features' passages, tokens, names and effects; training.</summary>
public static class InsideFeatures
{
    /// <summary>The passages of a data file that fire a feature most.</summary>
    public static InsideResult FeaturePassages(this Inside inside, SparseAutoencoder sae, DataFile data, int feature, int top = 5,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(sae);
        ArgumentNullException.ThrowIfNull(data);
        return inside.With((model, name) =>
            InsideUnits.Fired(inside, data, model, name, SaeSplice.HookOf(sae, null), sae.Encode, feature, top, "feature", null, progress,
                cancellation));
    }

    /// <summary>The tokens that a feature speaks for and against.</summary>
    public static InsideResult FeatureWrites(this Inside inside, SparseAutoencoder sae, int feature, int top = 10)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(sae);
        sae.Config.ExpectFeature(feature);
        return inside.With((model, name) =>
            Neurons.Written(model, sae["W_dec"].Select(0, feature).ToArray(), top, FormattableString.Invariant($"feature {feature}"))
            with
            { Model = name });
    }

    /// <summary>The activations of one feature on a text, with the tokens that it speaks for and against.</summary>
    /// <param name="inside">The model.</param>
    /// <param name="sae">The autoencoder.</param>
    /// <param name="text">The text.</param>
    /// <param name="feature">From 0.</param>
    /// <param name="top">How many tokens for and against.</param>
    /// <returns>Table <c>activations</c> <c>[position]</c>, and those of <see cref="FeatureWrites"/>.</returns>
    /// <exception cref="VitrineException">There is no such feature, or the autoencoder does not fit the model.</exception>
    public static InsideResult Feature(this Inside inside, SparseAutoencoder sae, string text, int feature, int top = 10)
    {
        InsideResult writes = inside.FeatureWrites(sae, feature, top);
        return inside.With((model, _) =>
        {
            InsideText read = inside.Read(text);
            string hook = SaeSplice.HookOf(sae, null);
            Tensor features = sae.Encode(PatchSweep.Capture(model, read.Input, [hook])[hook]);
            return InsideUnits.On(read.Tokens, features.Select(0, 0).Slice(1, feature, 1).ToArray(), "activation of the feature", writes)
                with
            { Method = "sae_feature" };
        });
    }

    /// <summary>
    /// Predictions before and after features have other values, each change a variant of its own; the error term stays, so that nothing
    /// else changes.
    /// </summary>
    /// <param name="inside">The model.</param>
    /// <param name="sae">The autoencoder.</param>
    /// <param name="text">The text.</param>
    /// <param name="features">Features with their values at every position: 0 ablates, a large one steers.</param>
    /// <param name="maxNewTokens">How many tokens the model writes under each variant; null: none.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <returns>As <see cref="Inside.Intervene(string, InterveneRequest, CancellationToken)"/>.</returns>
    /// <exception cref="VitrineException">There is no such feature, or the autoencoder does not fit the model.</exception>
    public static InsideResult FeatureEffects(this Inside inside, SparseAutoencoder sae, string text,
        IReadOnlyList<(int Feature, float Value)> features, int? maxNewTokens = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(features);
        return inside.Intervened(text, null, maxNewTokens, _ => [.. features.Select(f => SaeSplice.Feature(sae, f.Feature, f.Value))
            .Select(change => (change.Description, (IReadOnlyList<Intervention>)[change]))], cancellation);
    }

    /// <summary>The same on one text, read in windows of as many tokens as the model can read, 256 at most.</summary>
    public static InsideResult Splice(this Inside inside, SparseAutoencoder sae, string text)
    {
        ArgumentNullException.ThrowIfNull(inside);
        return inside.With((model, name) => SaeSplice.Loss(model, sae,
            [.. inside.Loaded.Tokenizer.Encode(text, special: false).Ids.Chunk(model.Info.MaxPositions).Take(256)]) with
        { Model = name });
    }

    /// <summary>How far the names of features hold on a text: <see cref="FeatureCheck"/>.</summary>
    /// <param name="inside">The model.</param>
    /// <param name="sae">The autoencoder.</param>
    /// <param name="text">A text, best one that neither was trained on.</param>
    /// <param name="named">Features, names, patterns of what they are said to fire on.</param>
    /// <param name="top">How many of a feature's largest activations are looked at by themselves.</param>
    /// <param name="progress">Told how much of the text is read.</param>
    /// <param name="cancellation">Stops between windows of the text.</param>
    /// <exception cref="VitrineException">A feature does not exist, or a pattern cannot be used.</exception>
    public static InsideResult FeatureNames(this Inside inside, SparseAutoencoder sae, string text, IReadOnlyList<NamedFeature> named,
        int top = 20, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(sae);
        return inside.With((model, name) =>
            FeatureCheck.Run(model, sae, text, named, top, progress: progress, cancellation: cancellation) with { Model = name });
    }

    /// <summary>Statements about features of a data file with the columns <c>feature</c>, <c>name</c> and <c>pattern</c>.</summary>
    /// <param name="data">The rows.</param>
    /// <exception cref="RequestException">A row lacks a column, or its feature is no number.</exception>
    public static IReadOnlyList<NamedFeature> NamesOf(DataFile data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return [.. data.Rows.Select(row =>
        {
            string Field(string name) => row[name] ?? throw new RequestException(Fault.Text, FormattableString.Invariant(
                $"names: row {row.Number} has no '{name}'; got {row.Error ?? string.Join(", ", row.Fields.Keys)}; ")
                + "expected the columns feature, name and pattern.");
            return new NamedFeature(int.TryParse(Field("feature"), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
                : throw new RequestException(Fault.Text, FormattableString.Invariant(
                    $"names: row {row.Number} has no number of a feature; got '{row["feature"]}'; expected one, e.g. 371.")),
                Field("name"), Field("pattern"));
        })];
    }

    /// <summary>What a splice costs on the texts of a file: <see cref="SaeSplice.Loss"/>.</summary>
    public static InsideResult Splice(this Inside inside, SparseAutoencoder sae, DataFile data, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(data);
        return inside.With((model, name) => SaeSplice.Loss(model, sae, [.. data.Rows
            .SelectMany(row => InsideUnits.Texts(inside, row, model, cancellation)).Take(256)])
            with
        { Model = name });
    }

    /// <summary>
    /// Trains a TopK or JumpReLU autoencoder on a text, saves it, and measures it on the last tenth, which it has not seen.
    /// </summary>
    public static InsideResult TrainSae(this Inside inside, string text, SaeTrainingOptions options, string folder,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(options);
        return inside.With((model, name) =>
        {
            int length = Math.Min(64, model.Info.MaxPositions);
            int[][] all = InsideUnits.Pieces(inside.Tokens(text), length, "sae");
            int held = Math.Max(1, all.Length / 10);
            SparseAutoencoder sae = SaeTraining.Run(model, all[..^held], options, (step, _) =>
                progress?.Report((double)step / options.Steps), cancellation);
            sae.Save(folder);
            return SaeSplice.Loss(model, sae, [.. all[^held..].Take(128)]) with { Model = name };
        });
    }
}
