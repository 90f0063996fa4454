using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>Induction of <see cref="Inside"/>: heads that look back in random tokens that come twice.</summary>
public static class InsideRepetition
{
    /// <summary>Measures every head: <see cref="HeadScores"/>.</summary>
    /// <param name="inside">A language model that reads from left to right.</param>
    /// <param name="request">Which tokens, how many; null: 32 sequences of twice 24.</param>
    /// <param name="progress">Told after every pass.</param>
    /// <param name="cancellation">Ends the work between passes.</param>
    /// <exception cref="Vitrine.Tensors.VitrineException">It is another kind of model, or a number is out of range.</exception>
    public static HeadsResult Repetition(this Inside inside, HeadsRequest? request = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inside);
        request ??= new();
        return inside.With((model, name) =>
        {
            int[][] rounds = HeadScores.Rounds(Drawn(inside.Loaded, request.Tokens), request.Length, request.Count, request.Seed);
            var told = new WorkProgress.Named<AttributionProgress>(progress, "heads", at => (at.Done, at.Total));
            var scores = HeadScores.Measure(model, rounds, told, cancellation);
            int[] first = [.. rounds[0], .. rounds[0]];
            return new HeadsResult
            {
                Model = name,
                Scores = scores,
                Count = rounds.Length,
                Length = rounds[0].Length,
                Patterns = Patterns(model, first),
                Tokens = [.. first.Select(id =>
                    model.Tokenizer?.Decode([id], skipSpecial: false) ?? id.ToString(CultureInfo.InvariantCulture))],
                Notices = model.Notices,
            };
        });
    }

    private static IEnumerable<int> Drawn(LoadedModel loaded, string? text)
    {
        if (text is not null)
        {
            return loaded.Tokenizer.Encode(text, special: false).Ids;
        }
        SpecialTokens? special = loaded.Model.Tokenizer?.Special;
        return Enumerable.Range(0, loaded.Model.Info.VocabSize).Where(id => special?.All.Contains(id) != true);
    }

    private static IReadOnlyList<float[,]>[] Patterns(ITransformer model, int[] ids)
    {
        using ActivationCache cache = model.Cache("blocks.*.attn.hook_pattern");
        _ = model.Forward(ModelInput.Of(ids));
        return [.. Enumerable.Range(0, model.Info.NLayers).Select(layer => (IReadOnlyList<float[,]>)[.. Enumerable
            .Range(0, model.Info.NHeads).Select(head =>
            {
                float[] values = cache[$"blocks.{layer}.attn.hook_pattern"].Select(1, head).ToArray();
                float[,] map = new float[ids.Length, ids.Length];
                Buffer.BlockCopy(values, 0, map, 0, values.Length * sizeof(float));
                return map;
            })])];
    }
}
