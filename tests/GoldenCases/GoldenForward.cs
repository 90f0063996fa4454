using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests;

/// <summary>forward/*: logits, hidden states and attention patterns, by the fused path and by the one that shows them.</summary>
internal static partial class GoldenForward
{
    public static void Run(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ITransformer model = golden.Model;
        ModelInput input = Input(one);
        Tensor logits = model.Forward(input);
        Func<int, bool>? noPadding = Padding(model, one, input.Target?.Mask ?? input.Mask, perPosition: 1);
        if (one.Expected.ContainsKey("start_logits"))
        {
            check.Close("start_logits", logits.Select(-1, 0), noPadding);
            check.Close("end_logits", logits.Select(-1, 1), noPadding);
        }
        else
        {
            Tensor? mask = input.Target?.Mask ?? input.Mask;
            check.Close("logits", logits, logits.Shape.Rank == 3 ? Padding(model, one, mask, logits.Shape[2]) : null);
        }

        using ActivationCache cache = model.Cache("*");
        Tensor watched = model.Forward(input);
        Difference(logits, watched, check);
        foreach (string key in one.Expected.Keys.Where(key => !key.Contains("logits", StringComparison.Ordinal)))
        {
            Tensor x = Activation(model, cache, input, key);
            bool ofTarget = key.StartsWith("decoder", StringComparison.Ordinal) || key.StartsWith("cross", StringComparison.Ordinal);
            Tensor? mask = ofTarget ? input.Target?.Mask : input.Mask;
            check.Close(key, x, x.Shape.Rank == 4 ? PaddingQueries(model, mask, x.Shape) : Padding(model, one, mask, x.Shape[^1]));
        }
    }

    /// <summary>logit_lens: what the head would say of each layer's residual stream, put in place of the last one.</summary>
    public static void Lens(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ITransformer model = golden.Model;
        ModelInput input = Input(one);
        int layers = model.Info.NLayers;
        using ActivationCache cache = model.Cache("blocks.*.hook_resid_pre");
        Tensor logits = model.Forward(input);
        Tensor[] streams = [.. Enumerable.Range(0, layers).Select(layer => cache[$"blocks.{layer}.hook_resid_pre"])];
        for (int layer = 0; layer <= layers; layer++)
        {
            using HookScope? edit = layer == layers ? null : model.Intervene($"blocks.{layers - 1}.hook_resid_post", _ => streams[layer]);
            Tensor seen = edit is null ? logits : model.Forward(input);
            check.Close($"layer_{layer}", seen.Select(1, seen.Shape[1] - 1));
        }
    }

    /// <summary>embed_positions: Marian's table of sinusoids.</summary>
    public static void Positions(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        int[] shape = one.Expected["table"].Shape;
        check.Close("table", Marian.Sinusoids(shape[0], shape[1]));
    }

    /// <summary>The input of a case, by Hugging Face's names.</summary>
    public static ModelInput Input(GoldenCase one)
    {
        ModelInput input = new()
        {
            Ids = one.Ints("input_ids"),
            Mask = one.Ints("attention_mask"),
            Types = one.Ints("token_type_ids"),
            Positions = one.Ints("position_ids"),
        };
        return one.Ints("decoder_input_ids") is { } target
            ? input with { Target = new() { Ids = target, Mask = one.Ints("decoder_attention_mask") } }
            : input;
    }

    /// <summary>Which elements belong to padding in front of a text: what a model computes there has no meaning.</summary>
    private static Func<int, bool>? Padding(ITransformer model, GoldenCase one, Tensor? mask, int perPosition)
    {
        int[]? tokens = Meaningless(model, mask);
        return tokens is null || one.Expected.Count == 0 ? null : element => tokens[element / perPosition] == 0;
    }

    private static Func<int, bool>? PaddingQueries(ITransformer model, Tensor? mask, Shape pattern)
    {
        int[]? tokens = Meaningless(model, mask);
        (int heads, int queries, int keys) = (pattern[1], pattern[2], pattern[3]);
        return tokens is null ? null : element => tokens[(element / (heads * queries * keys) * queries) + (element / keys % queries)] == 0;
    }

    /// <summary>The mask, if some row begins with padding, or if padding may have nothing in its window to see (ModernBERT).</summary>
    private static int[]? Meaningless(ITransformer model, Tensor? mask)
    {
        int[]? tokens = mask?.ToIntArray();
        bool any = model is ModernBert;
        for (int row = 0; tokens is not null && row < tokens.Length; row += mask!.Shape[1])
        {
            any |= tokens[row] == 0;
        }
        return any ? tokens : null;
    }

    /// <summary>The activation that Hugging Face calls <c>hidden_1</c>, <c>attn_0</c>, <c>decoder_hidden_states_2</c> and so on.</summary>
    private static Tensor Activation(ITransformer model, ActivationCache cache, ModelInput input, string key)
    {
        Match match = Name().Match(key);
        int i = match.Groups["index"].Success ? int.Parse(match.Groups["index"].Value, CultureInfo.InvariantCulture) : -1;
        string side = match.Groups["side"].Value;
        string blocks = side == "" ? "blocks" : side == "encoder" ? "encoder" : "decoder";
        if (match.Groups["kind"].Value.StartsWith("att", StringComparison.Ordinal))
        {
            return cache[$"{blocks}.{i}.{(side == "cross" ? "cross_attn" : "attn")}.hook_pattern"];
        }
        int layers = side == "decoder" ? model.Info.NDecoderLayers : model.Info.NLayers;
        i = i < 0 ? layers : i;
        if (i < layers)
        {
            return cache[$"{blocks}.{i}.hook_resid_pre"];
        }
        string normalized = $"{blocks}.{layers - 1}.hook_normalized_resid_post"; // where blocks normalise after adding
        return cache.Names.Contains(normalized) && model is not Decoder ? cache[normalized] : Last(model, input, side);
    }

    /// <summary>The last hidden state of a side whose blocks normalise first.</summary>
    private static Tensor Last(ITransformer model, ModelInput input, string side) =>
        side == "encoder" ? ((EncoderDecoder)model).Encode(input)
        : model is Decoder decoder ? decoder.Hidden(input)
        : model is ModernBert modern ? modern.Encode(input)
        : ((ILanguageModel)model).Hidden(input);

    private static void Difference(Tensor fused, Tensor watched, GoldenCheck check)
    {
        float[] a = fused.ToArray(), b = watched.ToArray();
        for (int i = 0; i < a.Length; i++)
        {
            if (Math.Abs(a[i] - b[i]) > 1e-5 + (1e-4 * Math.Abs(b[i])))
            {
                check.Fail($"logits differ with and without watching at {i}: {a[i]:R} and {b[i]:R}");
                return;
            }
        }
    }

    [GeneratedRegex(@"^((?<side>encoder|decoder|cross)_)?(last_)?(?<kind>hidden|attn|attentions)(_states?)?(_(?<index>\d+))?$")]
    private static partial Regex Name();
}
