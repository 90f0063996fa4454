using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// Keeps the most probable beginnings (“beams”) of every input and extends them all, until enough are finished. The bookkeeping is that
/// of Hugging Face (v5), so that scores and stopping agree: see <see cref="BeamHypotheses"/>.
/// </summary>
internal sealed class BeamSearch(Decode decode, GenerationOptions options)
{
    private const double Unused = -1e9; // all beams begin alike: only the first counts at the start
    private readonly int _beams = options.NumBeams;
    private readonly LogitRules _rules = new(options, decode.PromptLength);

    public GenerationResult Run(IProgress<int>? progress, CancellationToken cancellation)
    {
        int[] source = [.. Enumerable.Range(0, decode.Rows * _beams).Select(row => row / _beams)];
        Beam[] beams = [.. source.Select((input, row) => new Beam([.. decode.Prompts[input]], [], row % _beams == 0 ? 0 : Unused))];
        BeamHypotheses[] finished = [.. Enumerable.Range(0, decode.Rows).Select(_ => new BeamHypotheses(options))];

        cancellation.ThrowIfCancellationRequested();
        Tensor logits = decode.Begin();
        decode.Reorder(source);
        for (int step = 1; ; step++)
        {
            float[] logP = logits.LogSoftmax().ToArray();
            int vocab = logits.Shape[1];
            int[] from = new int[beams.Length];
            var next = new Beam[beams.Length];
            for (int input = 0; input < decode.Rows; input++)
            {
                Extend(input, beams, step == 1 ? [.. Enumerable.Repeat(input, _beams)] : [.. Enumerable.Range(input * _beams, _beams)],
                    logP, vocab, finished[input], step, next, from);
            }
            beams = next;
            progress?.Report(step);
            if (step == options.MaxNewTokens || Array.TrueForAll(finished, f => f.IsDone))
            {
                break;
            }
            cancellation.ThrowIfCancellationRequested();
            decode.Reorder(from);
            logits = decode.Step([.. beams.Select(beam => beam.Ids[^1])]);
        }
        return Results(beams, finished);
    }

    /// <summary>Chooses the next beams of one input among all continuations of its present ones.</summary>
    private void Extend(int input, Beam[] beams, int[] logPRows, float[] logP, int vocab, BeamHypotheses finished, int step, Beam[] next,
        int[] from)
    {
        int first = input * _beams;
        if (finished.IsDone)
        {
            for (int beam = first; beam < first + _beams; beam++)
            {
                (next[beam], from[beam]) = (new([.. beams[first].Ids, options.Fill], beams[first].LogP, 0), first);
            }
            return;
        }
        // Twice as many candidates as beams (or more with several end tokens), so that enough remain if all ends are among the best.
        Candidate[] best = Best(beams.AsSpan(first, _beams), logPRows, logP, vocab, Math.Max(2, 1 + options.EosIds.Count) * _beams);
        int kept = 0;
        for (int rank = 0; rank < best.Length && kept < _beams; rank++)
        {
            (int beam, int token, double score) = best[rank];
            Beam old = beams[first + beam];
            float[] each = [.. old.LogP, logP[(logPRows[beam] * vocab) + token]];
            if (!options.EosIds.Contains(token))
            {
                (next[first + kept], from[first + kept]) = (new([.. old.Ids, token], each, score), first + beam);
                kept++;
            }
            else if (rank < _beams)
            {
                finished.Add([.. old.Ids, token], each, score, step);
            }
        }
        finished.Update(next[first].Score, step);
    }

    /// <summary>The candidates with the highest scores, best first; of equals, the earlier beam and the lower id.</summary>
    private Candidate[] Best(ReadOnlySpan<Beam> beams, int[] logPRows, float[] logP, int vocab, int count)
    {
        var queue = new PriorityQueue<Candidate, (double Score, int Order)>(count + 1);
        for (int beam = 0; beam < beams.Length; beam++)
        {
            float[] scores = logP.AsSpan(logPRows[beam] * vocab, vocab).ToArray();
            _rules.Apply(scores, beams[beam].Ids);
            for (int token = 0; token < vocab; token++)
            {
                double score = scores[token] + beams[beam].Score;
                (double, int) priority = (score, -((beam * vocab) + token)); // the queue drops the lowest: of equals the latest
                if (queue.Count < count)
                {
                    queue.Enqueue(new(beam, token, score), priority);
                }
                else
                {
                    queue.EnqueueDequeue(new(beam, token, score), priority);
                }
            }
        }
        var best = new Candidate[queue.Count];
        for (int i = best.Length - 1; i >= 0; i--)
        {
            best[i] = queue.Dequeue();
        }
        return best;
    }

    private GenerationResult Results(Beam[] beams, BeamHypotheses[] finished)
    {
        var results = new List<GeneratedSequence>();
        for (int input = 0; input < finished.Length; input++)
        {
            if (!finished[input].IsDone)
            {
                foreach (Beam open in beams.AsSpan(input * _beams, _beams))
                {
                    finished[input].Add(open.Ids, open.LogP, open.Score, open.Ids.Length - decode.PromptLength);
                }
            }
            results.AddRange(finished[input].Best(options.NumReturnSequences).Select(h =>
                new GeneratedSequence(input, decode.Prompts[input], h.Ids[decode.PromptLength..], h.LogP, h.Score)));
        }
        return new(results);
    }

    private sealed record Beam(int[] Ids, float[] LogP, double Score);

    private readonly record struct Candidate(int Beam, int Token, double Score);
}
