namespace Vitrine.Transformers;

/// <summary>
/// What options do to a row of logits before a token is chosen. The order is Hugging Face's (v4.40): repetition penalty, repeated n-grams,
/// bad words, minimum length, forced first token, forced last token, suppressed tokens; then, when sampling, temperature, top-k, top-p.
/// Tokens that the vocabulary does not have are skipped.
/// </summary>
internal sealed class LogitRules(GenerationOptions options, int promptLength)
{
    /// <summary>Changes the logits (or log-probabilities) of the next token, in place.</summary>
    /// <param name="logits">One row, <c>[vocab]</c>.</param>
    /// <param name="ids">Everything before it, prompt and padding included.</param>
    public void Apply(Span<float> logits, ReadOnlySpan<int> ids)
    {
        int done = ids.Length - promptLength;
        if (options.RepetitionPenalty != 1)
        {
            Penalise(logits, ids);
        }
        if (options.NoRepeatNgramSize > 0)
        {
            BanRepeats(logits, ids, options.NoRepeatNgramSize);
        }
        BanWords(logits, ids);
        if (done < options.MinNewTokens)
        {
            Ban(logits, options.EosIds);
        }
        if (options.ForcedBosId is { } first && ids.Length == 1)
        {
            Force(logits, first);
        }
        if (options.ForcedEosId is { } last && done == options.MaxNewTokens - 1)
        {
            Force(logits, last);
        }
        Ban(logits, options.Suppressed);
        // After a single start token a forced token comes first, and the one after it begins the text.
        if (done == (promptLength > 1 || options.ForcedBosId is null ? 0 : 1))
        {
            Ban(logits, options.SuppressedAtBegin);
        }
    }

    /// <summary>Temperature, then the k best, then the fewest that reach the probability p; −∞ for the rest.</summary>
    public void Warp(Span<float> logits)
    {
        for (int i = 0; i < logits.Length; i++)
        {
            logits[i] = (float)(logits[i] / options.Temperature);
        }
        float[] sorted = logits.ToArray();
        Array.Sort(sorted, (a, b) => b.CompareTo(a));
        if (options.TopK > 0 && options.TopK < sorted.Length)
        {
            float least = sorted[options.TopK - 1]; // ties with the k-th stay, as in Hugging Face
            Cut(logits, least);
            sorted = [.. sorted.TakeWhile(x => x >= least)];
        }
        if (options.TopP < 1)
        {
            double total = sorted.Sum(x => Math.Exp(x - sorted[0])), before = 0;
            int kept = 0;
            while (kept < sorted.Length && (kept == 0 || before < options.TopP * total))
            {
                before += Math.Exp(sorted[kept++] - sorted[0]);
            }
            Cut(logits, sorted[kept - 1]);
        }
    }

    // Keskar et al. 2019, section 4.1; negative logits are multiplied so that a penalty always lowers them.
    private void Penalise(Span<float> logits, ReadOnlySpan<int> ids)
    {
        foreach (int id in ids.ToArray().Distinct())
        {
            logits[id] = (float)(logits[id] < 0 ? logits[id] * options.RepetitionPenalty : logits[id] / options.RepetitionPenalty);
        }
    }

    private static void BanRepeats(Span<float> logits, ReadOnlySpan<int> ids, int n)
    {
        if (ids.Length + 1 < n)
        {
            return;
        }
        ReadOnlySpan<int> now = ids[^(n - 1)..];
        for (int start = 0; start + n <= ids.Length; start++)
        {
            if (ids.Slice(start, n - 1).SequenceEqual(now))
            {
                logits[ids[start + n - 1]] = float.NegativeInfinity;
            }
        }
    }

    private void BanWords(Span<float> logits, ReadOnlySpan<int> ids)
    {
        foreach (IReadOnlyList<int> word in options.BadWords)
        {
            // A lone end-of-text token cannot be banned this way, and a word longer than the text cannot be at its end.
            bool possible = word.Count > 0 && !(word.Count == 1 && options.EosIds.Contains(word[0]))
                && (word.Count == 1 || word.Count <= ids.Length);
            if (possible && ids[^(word.Count - 1)..].SequenceEqual([.. word.Take(word.Count - 1)]))
            {
                Ban(logits, [word[^1]]);
            }
        }
    }

    private static void Ban(Span<float> logits, IReadOnlyList<int> ids)
    {
        foreach (int id in ids)
        {
            if ((uint)id < (uint)logits.Length)
            {
                logits[id] = float.NegativeInfinity;
            }
        }
    }

    private static void Force(Span<float> logits, int id)
    {
        logits.Fill(float.NegativeInfinity);
        logits[id] = 0;
    }

    private static void Cut(Span<float> logits, float least)
    {
        for (int i = 0; i < logits.Length; i++)
        {
            if (logits[i] < least)
            {
                logits[i] = float.NegativeInfinity;
            }
        }
    }
}
