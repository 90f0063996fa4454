using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Serve;

/// <summary>Activations by name, with a head or neuron and a position: <c>blocks.0.attn.hook_z:0@3</c>; read, and changed.</summary>
/// <param name="Hook">The activation.</param>
/// <param name="Unit">A head or neuron; null: all.</param>
/// <param name="Position">A position; null: all.</param>
internal readonly record struct Places(string Hook, int? Unit, int? Position)
{
    /// <summary>How changes are written, for documentation.</summary>
    public const string Forms = "Changes, each one of: zero PLACE, scale PLACE=FACTOR, patch PLACE (the value of the corrupted text), "
        + "skip LAYER, knockout POSITIONS (no attention from the last position to these). A place is HOOK, HOOK:UNIT, HOOK@POSITION or "
            + "both, or feature:NUMBER.";

    // The number of a feature, which acts at all positions.
    private int? Feature => Hook != Features.Name ? null : Position is null && Unit is { } number ? number : throw new RequestException(
        Fault.Request, $"place: not a feature; got '{Hook}' {(Position is null ? "without a number" : "at a position")}; expected "
            + "feature:NUMBER, at all positions.");

    private InsidePositions? Positions => Position is { } at ? new(Only: [at]) : null;

    /// <summary>How large an activation is at every position: the length of its vector, or its value.</summary>
    public static InsideResult Read(Explainer explainer, string text, string place)
    {
        Places at = Parse(place);
        if (at.Feature is { } feature)
        {
            return Features.Read(explainer, text, feature);
        }
        Encoding encoding = explainer.Tokenizer.Encode(text);
        Tensor captured = Capture(explainer, encoding, at.Hook);
        int[] shape = [.. captured.Shape];
        float[] x = captured.ToArray();
        int positions = shape[1], units = shape.Length == 4 ? shape[2] : 1, width = x.Length / positions / units;
        if (shape.Length is < 3 or > 4 || positions != encoding.Count)
        {
            throw new RequestException(Fault.Request, $"place: not one of positions; got '{place}' of shape "
                + $"[{string.Join(", ", shape)}]; expected a stream, heads or neurons.");
        }
        bool isNeuron = shape.Length == 3 && at.Unit is not null;
        if (at.Unit is { } unit && (unit < 0 || unit >= (isNeuron ? width : units)))
        {
            throw new RequestException(Fault.Request, $"place: no such head or neuron; got {unit}; expected 0 "
                + $"to {(isNeuron ? width : units) - 1}.");
        }
        int[] shown = isNeuron || at.Unit is null ? [.. Enumerable.Range(0, isNeuron ? 1 : units)] : [at.Unit.Value];
        double[] values = [.. shown.SelectMany(u => Enumerable.Range(0, positions).Select(p => isNeuron ? x[(p * width) + at.Unit!.Value]
            : Math.Sqrt(x.AsSpan(((p * units) + u) * width, width).ToArray().Sum(v => (double)v * v))))];
        var over = InsideAxis.Read("position", positions, [.. encoding.Ids.Select(id => explainer.Tokenizer.Decode([id]).Trim())]);
        return new()
        {
            Method = "activation",
            Model = explainer.Name,
            Tables = [shown.Length == 1 ? InsideTable.Of("size", isNeuron ? "value" : "length of the vector", values, over)
                : InsideTable.Of("size", "length of the vector", values, InsideAxis.Numbered("head", shown.Length), over)],
            Parameters = new Dictionary<string, string> { ["place"] = place },
        };
    }

    /// <summary>Predictions before and after changes.</summary>
    public static InsideResult Intervene(Explainer explainer, string text, IReadOnlyList<string> changes, string? corrupted)
    {
        if (changes.Count == 0)
        {
            throw new RequestException(Fault.Request, $"intervene: nothing to change; got no change; expected at least one. {Forms}");
        }
        return explainer.Inside.Intervene(text, [("changed", Changes(explainer, changes, text, corrupted))]);
    }

    /// <summary>Changes as the library takes them.</summary>
    public static IReadOnlyList<Intervention> Changes(Explainer explainer, IReadOnlyList<string> changes, string text, string? corrupted) =>
        [.. changes.Select(change => Change(explainer, change, text, corrupted))];

    /// <summary>The place that a number of a result is about; null where it is about none.</summary>
    public static Func<InsideTable, int, string?> Of(InsideResult result) => (table, i) =>
    {
        Dictionary<string, string> at = [];
        foreach ((InsideAxis axis, string label) in table.Axes.Zip(table.LabelsOf(i)))
        {
            at[axis.Name] = label.Split(' ')[0];
        }
        string stack = result.Parameters.GetValueOrDefault("stack", "blocks"), position = at.TryGetValue("position", out string? p)
            ? $"@{p}" : "";
        PatchPlace? patched = PatchPlace.All.FirstOrDefault(place => place.Name == result.Parameters.GetValueOrDefault("place", "z"));
        return at switch
        {
            _ when at.TryGetValue("layer", out string? layer) && at.TryGetValue("head", out string? head) =>
                $"{stack}.{layer}.{(patched?.Kind == PlaceKind.Heads ? patched.Hook : "attn.hook_z")}:{head}{position}",
            _ when at.TryGetValue("layer", out string? layer) && position.Length > 0 && patched?.Kind == PlaceKind.Stream =>
                $"{stack}.{layer}.{patched.Hook}{position}",
            _ when at.TryGetValue("state", out string? state) && state.Split('_') is [var layer, "pre" or "mid" or "post"] =>
                $"{stack}.{layer}.hook_resid_{state.Split('_')[1]}{position}",
            _ when at.TryGetValue("neuron", out string? neuron) && result.Parameters.TryGetValue("hook", out string? hook) =>
                $"{hook}:{neuron}{position}",
            _ when at.TryGetValue(Features.Name, out string? feature) && result.Method == "sae_features" => $"{Features.Name}:{feature}",
            _ when at.TryGetValue("part", out string? part) => OfPart(part),
            _ => null,
        };
    };

    // a1.h0 is a head, m1 a feed-forward layer.
    private static string? OfPart(string part) => part.Split(".h") switch
    {
        [['a', ..] layer, var head] => $"blocks.{layer[1..]}.attn.hook_z:{head}",
        [['m', ..] layer] when layer[1..].All(char.IsAsciiDigit) => $"blocks.{layer[1..]}.hook_mlp_out",
        _ => null,
    };

    private static Intervention Change(Explainer explainer, string change, string text, string? corrupted)
    {
        string[] words = change.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string what = words.Length == 2 ? words[1] : "";
        switch (words is [var verb, ..] ? verb : "")
        {
            case "zero" when what.Length > 0:
                Places off = Parse(what);
                return off.Feature is { } gone ? Features.Scale(explainer, gone, 0) : Intervention.Zero(off.Hook, off.Unit, off.Positions);
            case "scale" when what.Split('=') is [var where, var by]
                && float.TryParse(by, NumberStyles.Float, CultureInfo.InvariantCulture, out float factor) && float.IsFinite(factor):
                Places scaled = Parse(where);
                return scaled.Feature is { } more ? Features.Scale(explainer, more, factor)
                    : Intervention.Scale(scaled.Hook, factor, scaled.Unit, scaled.Positions);
            case "patch" when what.Length > 0:
                Places patched = Parse(what);
                return patched.Feature is { } other
                    ? Features.Patch(explainer, other, Other(explainer, Features.Hook(Companions.Sae(explainer)), text, corrupted))
                    : Intervention.Swap(patched.Hook, Other(explainer, patched.Hook, text, corrupted), patched.Unit, patched.Positions);
            case "skip" when int.TryParse(what, NumberStyles.None, CultureInfo.InvariantCulture, out int layer):
                return Intervention.SkipLayer(layer);
            case "knockout" when what.Length > 0:
                return Intervention.Knockout(InsidePositions.Last, new(Only: [.. what.Split(',').Select(n => Whole(n, change))]));
            default:
                throw new RequestException(Fault.Request, $"changes: not understood; got '{change}'; expected one of the forms. {Forms}");
        }
    }

    private static Tensor Other(Explainer explainer, string hook, string text, string? corrupted)
    {
        Encoding own = explainer.Tokenizer.Encode(text), other = explainer.Tokenizer.Encode(corrupted ?? throw new RequestException(
            Fault.Text, "patch: no other text; got none; expected 'corrupted', a text of as many tokens."));
        return own.Count == other.Count
            ? Capture(explainer, other, hook)
            : throw new RequestException(Fault.Text, $"patch: texts of different lengths; got {own.Count} and {other.Count} tokens; "
                + "expected as many.");
    }

    // An activation of a text.
    private static Tensor Capture(Explainer explainer, Encoding encoding, string hook)
    {
        using Device.Scope scope = Device.Use(explainer.Device);
        using ActivationCache cache = explainer.Model.Cache(hook);
        var input = ModelInput.Of(encoding.Ids);
        explainer.Model.Forward(explainer.Task != ModelTask.SequenceToSequence ? input : input with
        {
            Target = new() { Ids = Tensor.From((int[])[((IGenerator)explainer.Model).GenerationDefaults.DecoderStartId ?? 0], [1, 1]) },
        });
        Tensor x = cache[hook];
        return Tensor.From(x.ToArray(), x.Shape);
    }

    private static Places Parse(string place)
    {
        string[] at = place.Split('@', 2), unit = at[0].Split(':', 2);
        return new(unit[0], unit.Length == 2 ? Whole(unit[1], place) : null, at.Length == 2 ? Whole(at[1], place) : null);
    }

    private static int Whole(string text, string place) => int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign,
        CultureInfo.InvariantCulture, out int number) ? number
        : throw new RequestException(Fault.Request, $"place: not a number; got '{text}' in '{place}'; expected HOOK:UNIT@POSITION.");
}
