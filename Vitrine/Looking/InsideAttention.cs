using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>Where all heads of a text look, with the names of what looks and what is looked at.</summary>
/// <param name="Patterns">The patterns.</param>
/// <param name="Tokens">What keys and queries are called; between decoder and encoder those of both, keys first.</param>
public sealed record HeadsSeen(HeadPatterns Patterns, IReadOnlyList<string> Tokens)
{
    /// <summary>For example <c>blocks: 2 layers of 2 heads, 21 keys</c>.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Patterns.Stack}: {Patterns.Layers} layers of {Patterns.Heads} heads, {Patterns.Keys} keys");
}

/// <summary>Attention of <see cref="Inside"/>: within a text, and of a translation between both.</summary>
public static class InsideAttention
{
    /// <summary>Where the heads look.</summary>
    /// <param name="inside">The model.</param>
    /// <param name="text">The text.</param>
    /// <param name="context">A second text, such as the context of a question; null: none.</param>
    /// <param name="part">Of a translator: <c>encoder</c>, <c>decoder</c> or <c>cross</c>; null: the encoder. Of others it is null.</param>
    /// <exception cref="RequestException">There is no such part.</exception>
    public static HeadsSeen Attention(this Inside inside, string text, string? context = null, string? part = null)
    {
        ArgumentNullException.ThrowIfNull(inside);
        return inside.With((model, _) =>
        {
            InsideText given = inside.Read(text, context, target: "");
            ModelInput input = given.Input with { Target = null };
            string[] read = given.SourceTokens;
            if (model.Info.Task != ModelTask.SequenceToSequence)
            {
                return part is null ? new HeadsSeen(HeadPatterns.Of(model, input), read) : throw new RequestException(
                    Fault.Request, $"attention: no such part; got '{part}' of {model.Info.Architecture}; expected none.");
            }
            var writer = (IGenerator)model;
            if (part is null or "encoder")
            {
                int start = writer.GenerationDefaults.DecoderStartId ?? 0;
                ModelInput alone = input with { Target = new() { Ids = Tensor.From((int[])[start], [1, 1]) } };
                return new(HeadPatterns.Of(model, alone, "encoder"), read);
            }
            int[] written = [.. writer.Generate(input, writer.GenerationDefaults with { NumReturnSequences = 1 }).Sequences[0].Tokens];
            int[] before = [writer.GenerationDefaults.DecoderStartId ?? 0, .. written[..^1]];
            ModelInput both = input with { Target = new() { Ids = Tensor.From(before, [1, before.Length]) } };
            ITokenizer? spelling = Spelling.OfWritten(model);
            string[] said = [.. before.Select(id => Spelling.Of(id, spelling))];
            return part switch
            {
                "decoder" => new(HeadPatterns.Of(model, both, "decoder"), said),
                "cross" => new(HeadPatterns.Of(model, both, "decoder", cross: true), [.. read, .. said]),
                _ => throw new RequestException(
                    Fault.Request, $"attention: no such part; got '{part}'; expected encoder, decoder or cross."),
            };
        });
    }
}
