using System.Globalization;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// A sparse autoencoder inside a model: features of a text, what they do to a metric, and the model with features changed.
/// </summary>
public static class SaeSplice
{
    /// <summary>Puts the reconstruction in place of the hook's value.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The autoencoder; its config names the hook.</param>
    /// <param name="edit">From features to features, e.g. one set to 0; null: as they are.</param>
    /// <param name="keepError">Whether the error term is added, so that the model is unchanged unless features are edited.</param>
    /// <param name="hook">The hook; null: the one it was trained on.</param>
    public static IDisposable Open(ITransformer model, SparseAutoencoder sae, Func<Tensor, Tensor>? edit = null, bool keepError = true,
        string? hook = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(sae);
        ExpectAutoencoder(sae);
        return model.Intervene(HookOf(sae, hook), x =>
        {
            (_, _, Tensor error) = sae.Run(x);
            Tensor features = sae.Encode(x);
            features = edit is null ? features : edit(features);
            Tensor y = sae.Decode(features, x);
            return keepError ? y + error : y;
        });
    }

    /// <summary>
    /// A feature at another value: the activation + (decoded with it − decoded without the change). What the autoencoder does not explain
    /// stays as it is.
    /// </summary>
    /// <param name="sae">The autoencoder; its config names the hook.</param>
    /// <param name="feature">Its number.</param>
    /// <param name="value">The value at every position; 0 ablates the feature.</param>
    /// <exception cref="VitrineException">There is no such feature, no hook, or a transcoder is given.</exception>
    public static Intervention Feature(SparseAutoencoder sae, int feature, float value)
    {
        ArgumentNullException.ThrowIfNull(sae);
        ExpectAutoencoder(sae);
        sae.Config.ExpectFeature(feature);
        int n = sae.Config.DSae;
        int[] at = new int[n];
        at[feature] = 1;
        Tensor hidden = Tensor.From(at, [1, 1, n]), put = Tensor.From(Array.ConvertAll(at, v => v * value), [1, 1, n]);
        return Intervention.Of(FormattableString.Invariant($"feature {feature} = {value}"), HookOf(sae, null), x =>
        {
            Tensor features = sae.Encode(x);
            return x + (sae.Decode(features.MaskedFill(hidden, 0) + put, x) - sae.Decode(features, x));
        });
    }

    /// <summary>
    /// Every feature's activation, gradient and share of a metric, the error term held constant: feature · ∂metric/∂feature. Marks et al.
    /// 2024.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The autoencoder.</param>
    /// <param name="input">Texts of equal length.</param>
    /// <param name="metric">What is measured; mean over the batch.</param>
    /// <param name="hook">The hook; null: the one it was trained on.</param>
    /// <returns>Features, attribution and gradient <c>[batch, pos, d_sae]</c>, and the metric.</returns>
    public static (Tensor Features, Tensor Attribution, Tensor Gradient, double Metric) Attribute(ITransformer model,
        SparseAutoencoder sae, ModelInput input, InsideMetric metric, string? hook = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(sae);
        ArgumentNullException.ThrowIfNull(metric);
        ExpectAutoencoder(sae);
        Tensor? features = null;
        using var tape = new Tape();
        using HookScope splice = model.Intervene(HookOf(sae, hook), x =>
        {
            (Tensor f, _, Tensor error) = sae.Run(x);
            // A leaf of its own: what lies before is a constant, the norms of the input too.
            features = Tensor.From(f.ToArray(), f.Shape, f.Device);
            Tensor given = Tensor.From(x.ToArray(), x.Shape, x.Device);
            return sae.Decode(features, given) + error;
        });
        Tensor value = new MetricRun(model, input, metric).Value().Mean();
        Tensor gradient = tape.Gradient(value, features!)[features!];
        using Recorder.Pause pause = Recorder.Suspend();
        return (features!, features! * gradient, gradient, value.Item());
    }

    /// <summary>The features of a text, with their activations and, where a metric is given, their shares of it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The autoencoder.</param>
    /// <param name="input">One text.</param>
    /// <param name="metric">Null: activations alone.</param>
    /// <param name="top">How many features.</param>
    /// <param name="tokens">What positions are called.</param>
    /// <param name="hook">The hook; null: the one it was trained on.</param>
    public static InsideResult Features(ITransformer model, SparseAutoencoder sae, ModelInput input, InsideMetric? metric = null,
        int top = 10, IReadOnlyList<string>? tokens = null, string? hook = null)
    {
        ArgumentNullException.ThrowIfNull(sae);
        string name = HookOf(sae, hook);
        Tensor x = PatchSweep.Capture(model, input, [name])[name];
        (Tensor features, Tensor reconstruction, Tensor error) = sae.Run(x);
        float[] f = features.ToArray();
        int n = sae.Config.DSae, positions = f.Length / n;
        float[]? share = metric is null ? null : Attribute(model, sae, input, metric, hook).Attribution.ToArray();
        double[] size = new double[n], effect = new double[n];
        for (int i = 0; i < f.Length; i++)
        {
            effect[i % n] += share?[i] ?? 0;
            size[i % n] = share is null ? Math.Max(size[i % n], f[i]) : Math.Abs(effect[i % n]);
        }
        int[] best = [.. LensTrajectory.Best(size, Math.Min(top, n)).Where(u => size[u] > 0)];
        InsideAxis names = new("feature", [.. best.Select(u => u.ToString(CultureInfo.InvariantCulture))]);
        var places = InsideAxis.Read("position", positions, tokens);
        double[] l0 = [.. Enumerable.Range(0, positions).Select(p => (double)f.AsSpan(p * n, n).ToArray().Count(v => v > 0))];
        List<InsideTable> tables = [InsideTable.Of("activations", "activation of the feature at the position", [.. best.SelectMany(u =>
            Enumerable.Range(0, positions).Select(p => (double)f[(p * n) + u]))], names, places)];
        if (metric is not null)
        {
            tables.Insert(0,
                InsideTable.Of("attribution", $"feature · gradient of {metric.Meaning}, sum over positions, error term constant",
                [.. best.Select(u => effect[u])], names));
        }
        tables.Add(InsideTable.Of("l0", "active features", l0, places));
        return new()
        {
            Method = "sae_features",
            Metric = metric?.Name,
            Numbers = new Dictionary<string,
                double>
            {
                ["l0"] = l0.Average(),
                ["explained_variance"] = ExplainedVariance(x.Reshape([positions, x.Shape.Elements / positions]),
                error.Reshape([positions, error.Shape.Elements / positions]))
            },
            Tables = tables,
            Parameters = new Dictionary<string, string> { ["hook"] = name, ["sae"] = sae.Config.ToString() },
        };
    }

    /// <summary>
    /// What a splice costs: mean next-token loss of the model, with the reconstruction in place, and with the hook's value 0; loss
    /// recovered = (zero −
    /// spliced)/(zero − model).
    /// </summary>
    /// <param name="model">A language model.</param>
    /// <param name="sae">The autoencoder.</param>
    /// <param name="texts">Token ids.</param>
    /// <param name="hook">The hook; null: the one it was trained on.</param>
    public static InsideResult Loss(ITransformer model, SparseAutoencoder sae, IReadOnlyList<int[]> texts, string? hook = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(sae);
        string name = HookOf(sae, hook);
        double own = 0, spliced = 0, zero = 0, l0 = 0, tokens = 0;
        var seen = new bool[sae.Config.DSae];
        List<Tensor> inputs = [], errors = [];
        foreach (int[] ids in texts.Where(t => t.Length > 1))
        {
            ModelInput input = ModelInput.Of(ids);
            int n = ids.Length - 1;
            own += n * NextTokenLoss(model, input);
            using (Open(model, sae, keepError: false, hook: hook))
            {
                spliced += n * NextTokenLoss(model, input);
            }
            using (Intervention.Zero(name).Open(model))
            {
                zero += n * NextTokenLoss(model, input);
            }
            Tensor x = PatchSweep.Capture(model, input, [name])[name];
            (Tensor f, _, Tensor error) = sae.Run(x);
            float[] values = f.ToArray();
            for (int i = 0; i < values.Length; i++)
            {
                l0 += values[i] > 0 ? 1 : 0;
                seen[i % seen.Length] |= values[i] > 0;
            }
            inputs.Add(x.Reshape([ids.Length, x.Shape.Elements / ids.Length]));
            errors.Add(error.Reshape([ids.Length, error.Shape.Elements / ids.Length]));
            tokens += ids.Length;
        }
        if (inputs.Count == 0)
        {
            throw new VitrineException("sae: no texts of two or more tokens; expected at least one.");
        }
        double predicted = texts.Where(t => t.Length > 1).Sum(t => t.Length - 1.0);
        return new()
        {
            Method = "sae_loss",
            Metric = "next_token_cross_entropy",
            Numbers = new Dictionary<string, double>
            {
                ["loss"] = own / predicted,
                ["loss_spliced"] = spliced / predicted,
                ["loss_zero"] = zero / predicted,
                ["loss_recovered"] = (zero - spliced) / (zero - own),
                ["l0"] = l0 / tokens,
                ["dead_features"] = seen.Count(s => !s),
                ["explained_variance"] = ExplainedVariance(TensorOps.Concat(0, [.. inputs]), TensorOps.Concat(0, [.. errors])),
            },
            Tables = [],
            Parameters = new Dictionary<string,
                string>
            {
                ["hook"] = name,
                ["sae"] = sae.Config.ToString(),
                ["texts"] = texts.Count.ToString(CultureInfo.InvariantCulture)
            },
        };
    }

    /// <summary>1 − Σ(x − y)² / Σ(x − mean over rows)².</summary>
    internal static double ExplainedVariance(Tensor x, Tensor error)
    {
        double left = error.ToArray().Sum(v => (double)v * v), all = Dense.Of(x).Centred().Values.Sum(v => v * v);
        return all > 0 ? 1 - (left / all) : double.NaN;
    }

    internal static double NextTokenLoss(ITransformer model, ModelInput input)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        int[] ids = input.Ids!.ToIntArray();
        Tensor logits = model.Forward(input);
        return -logits.Slice(1, 0, ids.Length - 1).LogSoftmax().Pick(Tensor.From(ids.AsSpan(1), [1, ids.Length - 1])).Mean().Item();
    }

    internal static string HookOf(SparseAutoencoder sae, string? hook) =>
        hook ?? sae.Config.Hook ?? throw new VitrineException("sae: its file names no hook; expected --hook, the place it was trained on.");

    private static void ExpectAutoencoder(SparseAutoencoder sae)
    {
        if (sae.Config.IsTranscoder)
        {
            throw new VitrineException(
                $"sae: a transcoder reads one place and writes another; got {sae.Config}; expected an autoencoder for a splice.");
        }
    }
}
