using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>From changes as plain data to interventions on one text.</summary>
internal sealed class InsideChanges(LoadedModel loaded, InsideText text, InterveneRequest request)
{
    private static readonly string[] s_streams = ["hook_resid_pre", "hook_resid_mid", "hook_resid_post"];

    private readonly ITransformer _model = loaded.Model;
    private InsideText? _source;
    private int[][]? _reference;

    /// <summary>The variants: all changes together, or one of them for each strength of the added vectors.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<Intervention> Changes)> Variants()
    {
        if (request.Changes.Count == 0)
        {
            throw new RequestException(Fault.Request, "intervene: nothing to change; expected at least one change.");
        }
        if (request.Strengths.Count == 0)
        {
            return [("changed", [.. request.Changes.Select(Of)])];
        }
        Intervention[] others = [.. request.Changes.Where(c => c.Kind != ChangeKind.Add).Select(Of)];
        ActivationChange[] added = [.. request.Changes.Where(c => c.Kind == ChangeKind.Add)];
        return added.Length == 0
            ? throw new RequestException(Fault.Request, "strength: nothing to add; expected a vector that the strengths belong to.")
            : [.. request.Strengths.Select(s => (string.Create(CultureInfo.InvariantCulture, $"strength {s}"),
                (IReadOnlyList<Intervention>)[.. others, .. added.Select(a => Of(a with { Factor = s }))]))];
    }

    private Intervention Of(ActivationChange change)
    {
        ExpectInside(change.Positions);
        ExpectInside(change.Keys);
        return Made(change);
    }

    // A position that neither the text has nor what is written would change nothing, without a word.
    private void ExpectInside(InsidePositions? positions)
    {
        int read = Math.Max(text.SourceTokens.Length, text.Tokens.Length), last = read + (request.MaxNewTokens ?? 0);
        foreach (int p in positions?.Only ?? (positions?.From is { } from ? [from] : []))
        {
            if (p >= last || p < -read)
            {
                throw new RequestException(Fault.Request, string.Create(CultureInfo.InvariantCulture,
                    $"positions: outside the text; got {p}; expected 0 to {last - 1}, or from the end -1 to -{read}."));
            }
        }
    }

    private Intervention Made(ActivationChange change) => change.Kind switch
    {
        ChangeKind.Zero => Intervention.Zero(Hook(change), change.Unit, change.Positions),
        ChangeKind.Scale => Intervention.Scale(Hook(change), change.Factor, change.Unit, change.Positions),
        ChangeKind.Mean => Intervention.Mean(Hook(change), Intervention.Reference(_model, Reference, Hook(change),
            request.PerPosition ? text.Encoding.Count : null), change.Unit, change.Positions),
        ChangeKind.Resample => Intervention.Swap(Hook(change), Values(Drawn(), Hook(change)), change.Unit, change.Positions),
        ChangeKind.Swap => Intervention.Swap(Hook(change), Values(Source.Input, Hook(change)), change.Unit, change.Positions),
        ChangeKind.Add => Intervention.Add(change.Hook ?? Vector(change).Hook, Vector(change).Vector, change.Factor, change.Positions),
        ChangeKind.Without => Intervention.WithoutDirection(change.Hook is { } one ? [one] : Streams(), Vector(change).Vector,
            change.Positions),
        ChangeKind.Subspace => Subspace(change),
        ChangeKind.Skip => Intervention.SkipLayer(change.Layers is [var layer] ? layer
            : throw new RequestException(Fault.Request, "skip: no block; expected one layer."), change.Stack),
        _ => Intervention.Knockout(change.Positions ?? InsidePositions.Last, change.Keys
            ?? throw new RequestException(Fault.Request, "knockout: no keys; expected their positions."), change.Layers, Stack(change)),
    };

    private Intervention Subspace(ActivationChange change)
    {
        AlignedSubspace found = change.Subspace
            ?? throw new RequestException(Fault.Request, "subspace: none is given; expected one that was trained.");
        string hook = change.Hook ?? found.Hook;
        return Intervention.Subspace(hook, found.Rotation, Values(Source.Input, hook)[hook],
            change.Positions ?? new(Only: [found.Position]));
    }

    // Activations of a run of as many tokens, by hook.
    private Dictionary<string, Tensor> Values(ModelInput input, string pattern)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        using ActivationCache cache = _model.Cache(pattern);
        _ = _model.Forward(input);
        return cache.Names.ToDictionary(n => n, n => cache[n]);
    }

    private InsideText Source
    {
        get
        {
            _source ??= InsideText.Of(loaded, request.Source
                ?? throw new RequestException(Fault.Request, "swap: no source; expected a text whose activations are put in."), null,
                request.Target ?? "");
            return _source.Encoding.Count == text.Encoding.Count
                ? _source with { Input = _source.Input with { Target = text.Input.Target } }
                : throw new RequestException(Fault.Text, FormattableString.Invariant(
                    $"swap: token counts differ; got {text.Encoding.Count} tokens in the text and {_source.Encoding.Count} ")
                    + "in the source; expected equal numbers.");
        }
    }

    private int[][] Reference => _reference ??= request.Reference.Count > 0
        ? [.. request.Reference.Select(t => loaded.Tokenizer.Encode(t).Ids).Where(ids => ids.Length > 0)
            .Select(ids => ids.Length > _model.Info.MaxPositions ? ids[.._model.Info.MaxPositions] : ids)]
        : throw new RequestException(Fault.Request, "intervene: no reference texts; expected those that a mean is taken over or a value is "
            + "drawn from.");

    // A reference text of at least as many tokens, cut to as many.
    private ModelInput Drawn()
    {
        int[][] enough = [.. Reference.Where(ids => ids.Length >= text.Encoding.Count)];
        return enough.Length > 0
            ? text.Input with
            {
                Ids = Tensor.From(enough[new Random(request.Seed).Next(enough.Length)].AsSpan(0, text.Encoding.Count),
                [1, text.Encoding.Count]),
                Types = null
            }
            : throw new RequestException(Fault.Text, FormattableString.Invariant(
                $"resample: no reference text is long enough; got at most {Reference.Max(r => r.Length)} tokens; ")
                + FormattableString.Invariant($"expected {text.Encoding.Count} or more."));
    }

    private string[] Streams()
    {
        var names = _model.HookPoints.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        return [.. PatchPlace.Stacks(_model).SelectMany(stack => s_streams.Where(s => names.Contains($"{stack}.0.{s}"))
            .Select(s => $"{stack}.*.{s}"))];
    }

    private string Stack(ActivationChange change) => change.Stack == "blocks" && PatchPlace.Stacks(_model) is [.., var last] ? last
        : change.Stack;

    private static string Hook(ActivationChange change) => change.Hook
        ?? throw new RequestException(Fault.Request, $"{change.Kind.ToString().ToLowerInvariant()}: no hook; expected where it acts.");

    private static SteeringVector Vector(ActivationChange change) => change.Vector
        ?? throw new RequestException(Fault.Request, $"{change.Kind.ToString().ToLowerInvariant()}: no vector; expected one, e.g. "
            + "SteeringVector.Load.");
}
