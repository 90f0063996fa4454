using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A multiple choice: the model runs once per option, so its hooks show one option and not the choice.
/// <see cref="OptionByOption"/> asks each alone.</summary>
internal sealed class OptionScore(ScoreFunction inner, Func<int, ScoreFunction> alone) : WrappedScore(inner)
{
    protected internal override ITransformer? Transformer => null;

    /// <summary>An option's own logit, with the hooks of its pass.</summary>
    public ScoreFunction Alone(int option) => alone(option);
}
