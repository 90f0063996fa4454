using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>A baseline made concrete for one score function.</summary>
/// <param name="Name">As <see cref="Baseline.Parse"/> reads it.</param>
/// <param name="Embeddings">One per side: <c>[pos, d_model]</c>.</param>
/// <param name="Ids">One per side: token ids <c>[pos]</c>; null where the baseline is not made of tokens.</param>
internal sealed record ResolvedBaseline(string Name, Tensor[] Embeddings, int[][]? Ids)
{
    /// <summary>Makes the asked-for baseline, or the first of padding, unknown and zero that the model has.</summary>
    /// <exception cref="VitrineException">The model has no such token, or given embeddings do not fit.</exception>
    public static ResolvedBaseline Of(ScoreFunction f, AttributionRequest request) => request.Skip is { } skip
        ? Made(f, request).Keeping(f, skip)
        : Made(f, request);

    private static ResolvedBaseline Made(ScoreFunction f, AttributionRequest request)
    {
        Baseline wanted = request.Baseline ?? Default(f, request.Compat);
        switch (wanted.Kind)
        {
            case BaselineKind.Zero:
                return new(wanted.ToString(), [.. f.Sides.Select(side => Tensor.Zeros(side.Embeddings.Shape, side.Embeddings.Device))],
                    null);
            case BaselineKind.Embeddings:
                CheckGiven(f, wanted.Embeddings);
                return new(wanted.ToString(), [.. wanted.Embeddings], null);
            case BaselineKind.Keep:
                return new(wanted.ToString(), [.. f.Sides.Select(side => side.Embeddings)], [.. f.Sides.Select(side => side.Ids)]);
            case BaselineKind.Words:
                return OfIds(f, wanted, TokenReplacement.PerToken(f, wanted.Words));
            case BaselineKind.Replacements:
                return TokenReplacement.In(f, Made(f, request with { Baseline = wanted.Otherwise }), wanted);
            case BaselineKind.Ids:
                CheckGiven(f, wanted.Ids);
                return OfIds(f, wanted, [.. wanted.Ids]);
            default:
                int id = (wanted.Kind == BaselineKind.Token ? wanted.Id : f.BaselineId(wanted.Kind)) ?? throw new VitrineException(
                    $"baseline: this model has no {wanted} token; got '{wanted}'; expected one of zero, token:ID{Available(f)}.");
                int? end = f.BaselineId(BaselineKind.EndOfText);
                // Inseq keeps the end of text, and the start token that it puts before a target.
                int[][] ids = [.. f.Sides.Select(side => side.Tokens.Select((token, p) =>
                    (request.Compat == Compat.Inseq ? token.Id == end || (p == 0 && side.Name == "target") : token.IsSpecial)
                        ? token.Id : id).ToArray())];
                return OfIds(f, wanted, ids);
        }
    }

    /// <summary>The baselines of methods that average over several; the one baseline where the request names no others.</summary>
    public static ResolvedBaseline[] AllOf(ScoreFunction f, AttributionRequest request) => request.Baselines is { Count: > 0 } several
        ? [.. several.Select(baseline => Of(f, request with { Baseline = baseline }))]
        : [Of(f, request)];

    /// <summary>The same with the tokens that take no part as they are in the input.</summary>
    private ResolvedBaseline Keeping(ScoreFunction f, TokenFilter skip) => With(
        f,
        (s, p) => skip.Has(f.Sides[s], p) ? f.Sides[s].Tokens[p].Id : null,
        // the input's own: it may have been moved
        (side, positions) => TensorOps.Concat(0, [.. positions.Select(p => f.Sides[side].Embeddings.Slice(0, p, 1))]));

    /// <summary>The same with other tokens at some places.</summary>
    /// <param name="f">The score function.</param>
    /// <param name="idAt">From side and position to the token there; null: it stays what it is.</param>
    /// <param name="rows">From side and positions to the embeddings there; null: those of the tokens.</param>
    internal ResolvedBaseline With(ScoreFunction f, Func<int, int, int?> idAt, Func<int, int[], Tensor>? rows = null)
    {
        Tensor[] embeddings = [.. Embeddings];
        int[][]? ids = Ids is null ? null : [.. Ids.Select(row => row.ToArray())];
        for (int s = 0; s < embeddings.Length; s++)
        {
            int?[] found = [.. Enumerable.Range(0, f.Sides[s].Length).Select(p => idAt(s, p))];
            int[] places = [.. Enumerable.Range(0, found.Length).Where(p => found[p] is not null)];
            if (places.Length == 0)
            {
                continue;
            }
            int width = embeddings[s].Shape[^1];
            float[] all = embeddings[s].ToArray();
            float[] others = (rows?.Invoke(s, places)
                ?? f.Embed(s, Tensor.From([.. places.Select(p => found[p] ?? 0)], [places.Length]))).ToArray();
            for (int i = 0; i < places.Length; i++)
            {
                others.AsSpan(i * width, width).CopyTo(all.AsSpan(places[i] * width));
                if (ids is not null)
                {
                    ids[s][places[i]] = found[places[i]] ?? 0;
                }
            }
            embeddings[s] = Tensor.From(all, embeddings[s].Shape, embeddings[s].Device);
        }
        return new(Name, embeddings, ids);
    }

    private static ResolvedBaseline OfIds(ScoreFunction f, Baseline wanted, int[][] ids) =>
        new(wanted.ToString(), [.. ids.Select((row, side) => f.Embed(side, Tensor.From(row, [row.Length])))], ids);

    private static Baseline Default(ScoreFunction f, Compat compat) => compat switch
    {
        Compat.Captum => Baseline.Zero,
        Compat.Inseq when f.BaselineId(BaselineKind.Unk) is not null => Baseline.Unk,
        _ when f.BaselineId(BaselineKind.Pad) is not null => Baseline.Pad,
        _ when f.BaselineId(BaselineKind.Unk) is not null => Baseline.Unk,
        _ => Baseline.Zero,
    };

    private static string Available(ScoreFunction f) => string.Concat(
        new[] { Baseline.Pad, Baseline.Unk, Baseline.Mask }.Where(b => f.BaselineId(b.Kind) is not null).Select(b => $", {b}"));

    private static void CheckGiven(ScoreFunction f, IReadOnlyList<int[]> given)
    {
        if (given.Count != f.Sides.Count || given.Where((ids, i) => ids.Length != f.Sides[i].Length).Any())
        {
            throw new ShapeException($"baseline: given tokens do not fit; got {string.Join(" and ", given.Select(ids => ids.Length))}; "
                + $"expected {string.Join(" and ", f.Sides.Select(side => side.Length))}.");
        }
    }

    private static void CheckGiven(ScoreFunction f, IReadOnlyList<Tensor> given)
    {
        if (given.Count != f.Sides.Count || given.Where((t, i) => t.Shape != f.Sides[i].Embeddings.Shape).Any())
        {
            throw new ShapeException($"baseline: given embeddings do not fit; got {string.Join(" and ", given.Select(t => t.Shape))}; "
                + $"expected {string.Join(" and ", f.Sides.Select(side => side.Embeddings.Shape))}.");
        }
    }
}
