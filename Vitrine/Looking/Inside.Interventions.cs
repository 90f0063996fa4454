using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

public sealed partial class Inside
{
    /// <summary>Predictions before and after interventions: <see cref="InterventionEffect"/>.</summary>
    public InsideResult Intervene(string text, params IReadOnlyList<(string Name, IReadOnlyList<Intervention> Changes)> variants) =>
        Ask(() =>
    {
        InsideText read = Read(text);
        return InterventionEffect.Compare(Model, read.Input, variants, read.Tokens);
    });

    /// <summary>Predictions before and after changes that are plain data, and what the model writes under each variant.</summary>
    /// <param name="text">The text.</param>
    /// <param name="request">The changes, with what they take values from.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <returns>
    /// As <see cref="InterventionEffect"/>; where it writes, also <c>written</c> <c>[variant]</c>: how many of its tokens differ from those
    /// before, the text being that of the cell.
    /// </returns>
    /// <exception cref="VitrineException">A change does not fit the model or the text.</exception>
    public InsideResult Intervene(string text, InterveneRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Intervened(text, request.Target, request.MaxNewTokens, read => new InsideChanges(_loaded, read, request).Variants(),
            cancellation);
    }

    internal InsideResult Intervened(string text, string? target, int? maxNewTokens,
        Func<InsideText, IReadOnlyList<(string Name, IReadOnlyList<Intervention> Changes)>> make, CancellationToken cancellation) =>
        Ask(() =>
    {
        InsideText read = Read(text, target: target);
        IReadOnlyList<(string Name, IReadOnlyList<Intervention> Changes)> variants = make(read);
        InsideResult result = InterventionEffect.Compare(Model, read.Input, variants, read.Tokens);
        return maxNewTokens is not { } count ? result
            : result with { Tables = [.. result.Tables, Written(text, count, variants, cancellation)] };
    });

    private InsideTable Written(string text, int count, IReadOnlyList<(string Name, IReadOnlyList<Intervention> Changes)> variants,
        CancellationToken cancellation)
    {
        var request = new WriteRequest { Text = text, MaxNewTokens = count };
        GenerationOptions options = Languages.Options(_loaded, request, Writing.Options(request, Writing.Generator(_loaded)));
        ExplainedText given = Languages.Read(_loaded, request, Model.Info.Task == ModelTask.SequenceToSequence ? 0 : count);
        IReadOnlyList<int> Write() => Writing.By(_loaded, given, options, null, cancellation).Tokens;
        List<IReadOnlyList<int>> all = [Write()];
        foreach ((_, IReadOnlyList<Intervention> changes) in variants)
        {
            using IDisposable scope = Intervention.OpenAll(Model, changes);
            all.Add(Write());
        }
        double Differs(IReadOnlyList<int> one) => Enumerable.Range(0, Math.Max(one.Count, all[0].Count))
            .Count(i => i >= one.Count || i >= all[0].Count || one[i] != all[0][i]);
        return InsideTable.Of("written", "tokens that differ from those written before", [.. all.Select(Differs)],
            new InsideAxis("variant", ["before", .. variants.Select(v => v.Name)]))
            with
        { Texts = [.. all.Select(ids => (_loaded.Written ?? _loaded.Tokenizer).Decode(ids))] };
    }

    /// <summary>
    /// Trains a subspace whose swap from the clean into the corrupted run brings the clean answer: <see cref="DistributedSearch"/>.
    /// </summary>
    /// <param name="pairs">Pairs of equally many tokens, whose metric names an answer.</param>
    /// <param name="hook">A stream's hook.</param>
    /// <param name="position">The position that is swapped; negative: from the end.</param>
    /// <param name="rank">Dimensions of the subspace.</param>
    /// <param name="steps">How many steps.</param>
    /// <param name="seed">Of the first subspace.</param>
    /// <param name="progress">Told step and loss.</param>
    /// <param name="cancellation">Stops between steps.</param>
    public AlignedSubspace Align(IReadOnlyList<PromptPair> pairs, string hook, int position = -1, int rank = 1, int steps = 100,
        int seed = 1, Action<int, double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        using Turn.Scope turn = _turn.Enter();
        int[][] bases = [.. pairs.Select(p => p.Corrupted.Ids!.ToIntArray())], sources = [.. pairs.Select(p => p.Clean.Ids!.ToIntArray())];
        int length = bases[0].Length, at = position < 0 ? length + position : position;
        if (bases.Any(b => b.Length != length) || at < 0 || at >= length)
        {
            string lengths = string.Join(", ", bases.Select(b => b.Length).Distinct().Take(5));
            throw new RequestException(Fault.Text, "subspace: pairs of different lengths, or no such position; got "
                + FormattableString.Invariant($"{lengths} tokens and position {position}; expected one length."));
        }
        int[] labels = [.. pairs.Select(p => p.Metric.Answer?.Correct
            ?? throw new RequestException(Fault.Text, "subspace: a pair without an answer; expected the clean run's."))];
        return new(hook, position, DistributedSearch.Train(Model, bases, sources, labels, hook, at, rank, steps, seed: seed,
            progress: progress, cancellation: cancellation));
    }

    /// <summary>A steering vector from contrast pairs: <see cref="SteeringVector"/>.</summary>
    public SteeringVector Steer(string hook, IEnumerable<(string Positive, string Negative)> pairs,
        CancellationToken cancellation = default)
    {
        using Turn.Scope turn = _turn.Enter();
        return SteeringVector.From(Model, hook, Encoded(pairs), cancellation);
    }

    /// <summary>How well a vector tells the sides of its pairs apart: <see cref="SteeringVector.Separation"/>.</summary>
    /// <param name="vector">The vector.</param>
    /// <param name="pairs">The pairs that made it.</param>
    /// <param name="cancellation">Stops between pairs.</param>
    public InsideResult Separation(SteeringVector vector, IEnumerable<(string Positive, string Negative)> pairs,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(vector);
        return Ask(() => vector.Separation(Model, Encoded(pairs), cancellation));
    }

    private (int[], int[])[] Encoded(IEnumerable<(string Positive, string Negative)> pairs) =>
        [.. pairs.Select(p => (Encode(p.Positive).Ids, Encode(p.Negative).Ids))];
}
