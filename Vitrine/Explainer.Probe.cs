using Vitrine.Training;

namespace Vitrine;

public sealed partial class Explainer
{
    /// <summary>Learns small classifiers on activations: which layers know a label?</summary>
    /// <param name="texts">Labelled texts, as <see cref="ProbeText.Read"/> reads them.</param>
    /// <param name="options">Hook points, kinds of probes, what becomes an example; null: one example per text, a logistic probe.</param>
    /// <param name="data">What results call the texts.</param>
    /// <param name="progress">The part done, 0–1.</param>
    /// <param name="cancellation">Checked often.</param>
    /// <exception cref="Vitrine.Tensors.VitrineException">The texts cannot be learned from, or an option is out of range.</exception>
    public ProbeResult Probe(IReadOnlyList<ProbeText> texts, ProbeOptions? options = null, string data = "texts",
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new();
        using Turn.Scope turn = Enter();
        return new()
        {
            Model = Name,
            Data = data,
            Pooling = options.Pooling,
            Report = new Probing(Model, texts, options).Run(progress, cancellation),
            Notices = Notices,
        };
    }
}
