using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A multiple choice: the model runs once per option, so its hooks show one option and not the choice. Methods that look inside are refused.</summary>
internal sealed class OptionScore(ScoreFunction inner) : WrappedScore(inner)
{
    protected internal override ITransformer? Transformer => null;
}
