using System.Globalization;
using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>Between Inseq's terms and ours.</summary>
/// <remarks>
/// Inseq's axes are <c>[token, generated, …]</c>, ours <c>[target, token, …]</c>; its target tokens include the one that is not read,
/// the last, and its NaN is our reach. Scores of Inseq's that are not yet one per token become so as <c>show()</c> does it without its
/// normalisation: the L2 norm over the embedding, the mean over layers and heads.
/// </remarks>
public static class InseqConversion
{
    private const string Suffix = "FeatureAttributionSequenceOutput", Granular = "Granular" + Suffix,
        MultiDimensional = "MultiDimensional" + Suffix, Coarse = "Coarse" + Suffix;

    private static readonly float s_missing = BitConverter.Int32BitsToSingle(0x7FC00000); // numpy's NaN; .NET's own has the sign bit set

    /// <summary>The explanations of a file, one result per text.</summary>
    /// <exception cref="VitrineException">An array does not fit the tokens.</exception>
    public static IReadOnlyList<AttributionResult> ToResults(this InseqOutput output) =>
        [.. output.Sequences.Select(sequence => ToResult(sequence, output.Info))];

    /// <summary>Results as Inseq's output.</summary>
    /// <param name="results">Explanations of written texts, all by one method.</param>
    /// <param name="modelName">The model's folder or name.</param>
    /// <param name="isForced">Whether the texts were given and not generated.</param>
    /// <param name="tokenizer">Spells the last token, which is only a target, and the written texts; null: by pieces.</param>
    /// <exception cref="VitrineException">A result explains something else than a written text, or there are none.</exception>
    public static InseqOutput ToInseq(this IReadOnlyList<AttributionResult> results, string modelName, bool isForced = false,
        ITokenizer? tokenizer = null)
    {
        if (results.Count == 0)
        {
            throw new VitrineException("inseq json: nothing to write; got no explanation; expected at least one.");
        }
        InseqSequence[] sequences = [.. results.Select(result => Sequence(SequenceAndTokens.TokensOf(result), tokenizer))];
        AttributionResult first = results[0];
        return new(new()
        {
            ["attr_pos_end"] = sequences.Max(s => s.End),
            ["attr_pos_start"] = sequences[0].Start,
            ["attribute_target"] = first.Sides.Count > 1,
            ["attributed_fn"] = first.StepName + "_fn",
            ["attributed_fn_args"] = new JsonObject(),
            ["attribution_args"] = new JsonObject(first.Parameters.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)Value(p.Value)))),
            ["attribution_method"] = first.Method,
            ["constrained_decoding"] = isForced,
            ["exec_time"] = JsonNode.Parse("0.0"),
            ["generate_from_target_prefix"] = false,
            ["generated_texts"] = new JsonArray([.. results.Select(r => (JsonNode)Written(SequenceAndTokens.TokensOf(r), tokenizer))]),
            ["generation_args"] = new JsonObject(),
            ["include_eos_baseline"] = false,
            ["input_texts"] = new JsonArray([.. results.Select(r => (JsonNode)Given(r))]),
            ["model_class"] = first.Model,
            ["model_name"] = modelName,
            ["output_step_attributions"] = false,
            ["step_scores"] = new JsonArray([.. sequences[0].StepScores.Keys.Select(name => (JsonNode)name)]),
            ["step_scores_args"] = new JsonObject(),
            ["tokenizer_class"] = tokenizer?.GetType().Name ?? "",
            ["tokenizer_name"] = null,
        }, sequences);
    }

    private static InseqSequence Sequence(AttributionResult result, ITokenizer? tokenizer)
    {
        bool hasEncoder = HasEncoder(result);
        SideScores written = result.Sides[^1];
        IReadOnlyList<InputToken> tokens = result.TargetTokens ?? written.Tokens;
        int[] read = [.. result.Targets.Select(target => target.Position ?? -1)];
        if ((!hasEncoder && (result.Sides.Count > 1 || written.GivenLength >= written.Tokens.Count + 1))
            || read.Where((p, i) => p != read[0] + i).Any() || read[0] < 0
            || read[^1] != tokens.Count - 1 || (!hasEncoder && read[0] + 1 != written.GivenLength))
        {
            throw new VitrineException($"inseq json: no explanation of a written text; "
                + $"got {result.Model} by {result.Method} over {string.Join(", ", result.Targets.Select(t => t.Label).Take(3))}; expected "
                + $"every token of a generation or a translation. Write --json instead.");
        }
        InseqToken[] target = [.. tokens.Select(Token), Last(result, tokenizer)];
        var steps = new Dictionary<string, InseqArray>(StringComparer.Ordinal);
        if (result.Targets.All(t => t.Probability is not null))
        {
            steps["probability"] = Steps(result, t => (float)(t.Probability ?? double.NaN));
        }
        if (result.StepName != "probability")
        {
            steps[result.StepName] = Steps(result, t => (float)t.Score);
        }
        foreach (string name in result.Targets.SelectMany(t => t.StepScores?.Keys ?? []).Distinct())
        {
            steps[name] = Steps(result, t => (float)(t.StepScores?.GetValueOrDefault(name, double.NaN) ?? double.NaN));
        }
        return new()
        {
            Class = written.RawAxes switch { ["d_model"] => Granular, [_, ..] => MultiDimensional, _ => Coarse },
            Source = hasEncoder ? [.. result.Sides[0].Tokens.Select(Token)] : [.. target.Take(written.GivenLength)],
            Target = target,
            SourceAttributions = hasEncoder ? Array(result, 0, result.Sides[0].Tokens.Count) : null,
            TargetAttributions = result.TargetTokens is null ? Array(result, result.Sides.Count - 1, target.Length) : null,
            StepScores = steps,
            Start = read[0] + 1,
            End = target.Length,
        };
    }

    /// <summary><c>[target, pos, …]</c> → <c>[pos, generated, …]</c>, NaN beyond what a target reaches.</summary>
    private static InseqArray Array(AttributionResult result, int side, int length)
    {
        SideScores scores = result.Sides[side];
        (int targets, int tokens) = (result.Targets.Count, scores.Tokens.Count);
        int[] axes = scores.Raw is { } raw ? [.. raw.Shape.Axes[2..]] : [];
        int width = axes.Aggregate(1, (n, axis) => n * axis);
        float[] from = scores.Raw?.ToArray() ?? [.. scores.Scores.SelectMany(row => row)];
        float[] values = new float[length * targets * width];
        for (int p = 0; p < length; p++)
        {
            for (int t = 0; t < targets; t++)
            {
                Span<float> cell = values.AsSpan(((p * targets) + t) * width, width);
                if (p < tokens && p < result.Targets[t].Reach[side])
                {
                    from.AsSpan(((t * tokens) + p) * width, width).CopyTo(cell);
                }
                else
                {
                    cell.Fill(s_missing);
                }
            }
        }
        return new([length, targets, .. axes], values);
    }

    private static AttributionResult ToResult(InseqSequence sequence, JsonObject info)
    {
        int count = sequence.End - sequence.Start;
        bool hasEncoder = sequence.SourceAttributions is not null;
        if (sequence.Start < 1 || count < 1 || sequence.End > sequence.Target.Count)
        {
            throw InseqArray.Bad(string.Create(CultureInfo.InvariantCulture,
                $"targets {sequence.Start} to {sequence.End} of {sequence.Target.Count} tokens"));
        }
        if (sequence.SourceAttributions is null && sequence.TargetAttributions is null)
        {
            throw InseqArray.Bad("a sequence without attributions");
        }
        if (sequence.StepScores.FirstOrDefault(scores => scores.Value.Values.Length != count) is { Key: { } odd })
        {
            throw InseqArray.Bad(string.Create(CultureInfo.InvariantCulture,
                $"{sequence.StepScores[odd].Values.Length} step scores '{odd}' for {count} targets"));
        }
        string step = ((string?)info["attributed_fn"])?.Replace("_fn", "", StringComparison.Ordinal) ?? "probability";
        InseqArray? probability = sequence.StepScores.GetValueOrDefault("probability"),
            explained = sequence.StepScores.GetValueOrDefault(step);
        KeyValuePair<string, InseqArray>[] others =
            [.. sequence.StepScores.Where(scores => scores.Key != "probability" && scores.Key != step)];
        InseqToken[] prefix = [.. sequence.Target.Take(sequence.End - 1)];
        bool isLayers = sequence.Class == MultiDimensional;
        List<SideScores> sides = [];
        if (hasEncoder)
        {
            sides.Add(Side("source", sequence.Source, sequence.SourceAttributions!, count, sequence.Source.Count, isLayers));
        }
        if (sequence.TargetAttributions is { } target)
        {
            sides.Add(Side(hasEncoder ? "target" : "source", prefix, target, count, hasEncoder ? 1 : sequence.Start, isLayers));
        }
        return new()
        {
            Method = (string?)info["attribution_method"] ?? "unknown",
            StepName = step,
            Model = (string?)info["model_class"],
            Targets = [.. Enumerable.Range(0, count).Select(t => new ExplainedTarget
            {
                Label = sequence.Target[sequence.Start + t].Token,
                Id = sequence.Target[sequence.Start + t].Id,
                Position = sequence.Start + t - 1,
                Probability = probability?.Values[t],
                Score = explained?.Values[t] ?? double.NaN,
                StepScores = others.Length == 0 ? null : others.ToDictionary(other => other.Key, other => (double)other.Value.Values[t]),
                Reach = [.. sides.Select(side => hasEncoder && side.Name == "source" ? side.Tokens.Count : sequence.Start + t)],
            })],
            Sides = sides,
            TargetTokens = hasEncoder && sequence.TargetAttributions is null ? Tokens(prefix) : null,
            Parameters = (info["attribution_args"] as JsonObject ?? []).ToDictionary(p => p.Key, p => p.Value?.ToString() ?? "null"),
            AggregatedAxes = sides[0].RawAxes,
            Aggregator = sides[0].RawAxes switch { ["d_model"] => "vnorm", [_, ..] => "mean", _ => null },
        };
    }

    private static SideScores Side(string name, IReadOnlyList<InseqToken> tokens, InseqArray array, int count, int given, bool isLayers)
    {
        if (array.Shape.Length is < 2 or > 6 || array.Shape[0] < tokens.Count || array.Shape[1] != count || array.Shape.Contains(0))
        {
            throw InseqArray.Bad(string.Create(CultureInfo.InvariantCulture,
                $"an array [{string.Join(", ", array.Shape)}] for {tokens.Count} tokens and {count} targets"));
        }
        int[] axes = array.Shape[2..];
        int width = axes.Aggregate(1, (n, axis) => n * axis);
        float[] raw = new float[count * tokens.Count * width];
        float[][] scores = new float[count][];
        for (int t = 0; t < count; t++)
        {
            scores[t] = new float[tokens.Count];
            for (int p = 0; p < tokens.Count; p++)
            {
                Span<float> cell = raw.AsSpan(((t * tokens.Count) + p) * width, width);
                array.Values.AsSpan(((p * count) + t) * width, width).CopyTo(cell);
                cell.Replace(float.NaN, 0);
                scores[t][p] = axes.Length == 0 ? cell[0] : (isLayers ? Aggregators.Mean : Aggregators.VectorNorm).Of(cell);
            }
        }
        return new()
        {
            Name = name,
            Tokens = Tokens(tokens),
            GivenLength = given,
            Scores = scores,
            Raw = axes.Length > 0 ? Tensor.From(raw, Shape.Create([count, tokens.Count, .. axes])) : null,
            RawAxes = axes.Length switch
            {
                0 => [],
                1 => [isLayers ? "layer" : "d_model"],
                2 => ["layer", "head"],
                _ =>
                [.. axes.Select((_, i) => FormattableString.Invariant($"axis {i + 2}"))]
            },
        };
    }

    private static InputToken[] Tokens(IEnumerable<InseqToken> tokens) =>
        [.. tokens.Select(token => new InputToken(token.Id, token.Token, Text: -1, IsSpecial: IsSpecial(token.Token)))];

    private static InseqToken Token(InputToken token) => new(token.Piece, token.Id);

    private static InseqArray Steps(AttributionResult result, Func<ExplainedTarget, float> of) =>
        new([result.Targets.Count], [.. result.Targets.Select(of)]);

    private static bool HasEncoder(AttributionResult result) =>
        result.TargetTokens is not null || result.Sides is [{ Name: "source" }, { Name: "target" }];

    private static InseqToken Last(AttributionResult result, ITokenizer? tokenizer) =>
        result.Targets[^1] is { Id: { } id } && tokenizer is not null
        ? Token(ExplainedText.Token(id, tokenizer))
        : new(result.Targets[^1].Label, result.Targets[^1].Id ?? -1);

    // Without texts the pieces, as Inseq's own words are.
    private static string Given(AttributionResult result)
    {
        SideScores side = result.Sides[0];
        int given = HasEncoder(result) ? side.Tokens.Count : side.GivenLength;
        return side.Texts.Count > 0 ? side.Texts[0] : Pieces(side.Tokens.Take(given));
    }

    // All that the decoder says: of a prompt and its continuation both.
    private static string Written(AttributionResult result, ITokenizer? tokenizer)
    {
        IReadOnlyList<InputToken> read = result.TargetTokens ?? result.Sides[^1].Tokens;
        if (tokenizer is not null && result.Targets[^1].Id is { } last)
        {
            return tokenizer.Decode([.. read.Skip(HasEncoder(result) ? 1 : 0).Select(token => token.Id), last]);
        }
        InseqToken end = Last(result, tokenizer);
        return Pieces([.. read.Skip(HasEncoder(result) ? 1 : 0), new InputToken(end.Id, end.Token, IsSpecial: IsSpecial(end.Token))]);
    }

    private static string Pieces(IEnumerable<InputToken> tokens) =>
        string.Join(' ', tokens.Where(token => !token.IsSpecial).Select(token => token.Piece));

    private static bool IsSpecial(string piece) => piece is ['<', .., '>'] or ['[', _, .., ']'];

    private static JsonValue Value(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) ? JsonValue.Create(whole)
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && double.IsFinite(real)
        ? JsonValue.Create(real)
        : bool.TryParse(text, out bool flag) ? JsonValue.Create(flag)
        : JsonValue.Create(text);
}
