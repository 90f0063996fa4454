using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary>What a model writes by itself.</summary>
internal static class Written
{
    /// <summary>The most probable next token, again and again.</summary>
    public static int[] By(IGenerator model, ExplainedText given, int? maxNewTokens, CancellationToken cancellation)
    {
        List<int> ids = [];
        var cache = new KvCache();
        ModelInput next = Choices.Input(given) with { Types = null };
        for (int left = maxNewTokens ?? model.GenerationDefaults.MaxNewTokens; left > 0; left--)
        {
            cancellation.ThrowIfCancellationRequested();
            Tensor hidden = model.Hidden(next, cache);
            float[] logits = model.Logits(hidden.Slice(1, hidden.Shape[1] - 1, 1)).ToArray();
            int best = Array.IndexOf(logits, logits.Max());
            ids.Add(best);
            if (model.Info.EosIds.Contains(best))
            {
                break;
            }
            next = ModelInput.Of(best);
        }
        return [.. ids];
    }
}
