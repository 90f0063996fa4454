using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// How the prediction changes from token to token as a model reads from left to right: the score of token i is what the target scores
/// after token i, less what it scored after the one before, <c>f(x₁…xᵢ) − f(x₁…xᵢ₋₁)</c>.
/// </summary>
/// <remarks>
/// One forward holds all these predictions, for a causal model's state at i has seen nothing later. The first token carries what the model
/// believes before it has read anything. This is the paper's single-pass variant; a token gets nothing for what it changes in the meaning
/// of later ones. Its multi-pass variant is a sampled Shapley value: use kernel_shap.
/// </remarks>
public sealed class ProgressiveInference : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "progressive_inference";

    /// <inheritdoc/>
    public string Citation => "Kariyappa et al. 2024, Progressive inference: explaining decoder-only sequence classification models using "
        + "intermediate predictions";

    /// <inheritdoc/>
    public string Cost => "2 forwards";

    /// <inheritdoc/>
    public string SumsTo => "f(x)";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var work = new Work(request, 1);
        work.Check();
        Tensor after = f.AfterEveryToken() ?? throw new VitrineException(
            $"{Name}: no prediction after every token; got {f.Model ?? "a function without a model"}, step '{f.StepName}'; "
            + $"expected a model that reads from left to right (GPT-2, Llama). Use feature_ablation.");
        double[] scores = Array.ConvertAll(f.Score(Sweep.Input(f)).ToArray(), score => (double)score);
        float[] said = after.ToArray(); // [pos, target]
        InputSide side = f.Sides[0];
        double[] raw = new double[f.Targets.Count * side.Length];
        for (int t = 0; t < f.Targets.Count; t++)
        {
            double before = 0;
            for (int pos = 0; pos < f.Targets[t].Reach[0]; pos++)
            {
                if (!side.IsPadding(pos))
                {
                    double now = said[(pos * f.Targets.Count) + t];
                    raw[(t * side.Length) + pos] = now - before;
                    before = now;
                }
            }
        }
        work.Advance(1);
        return new Report(this, f, request)
        {
            Raw = [raw],
            Scores = scores,
            BaselineScores = new double[scores.Length],
            Complete = true
        }.Make();
    }
}
