namespace Vitrine.Serve;

/// <summary>The table of settings: what requests, addresses, the OpenAPI document and the lines that reproduce a result are made
/// from.</summary>
internal static class Fields
{
    /// <summary>All settings, in the order of the documentation.</summary>
    public static IReadOnlyList<Field> All { get; } =
    [
        Text("text", Asks.Read, "", "Text", "The text; of a reader, the question.", (r, v) => r with { Text = v }),
        Text("context", Asks.Read, "--context", "Context", "A second text: the context of a question, the second sentence of a pair.",
            (r, v) => r with { Context = v }),
        Wholes("ids", Asks.Read, "--ids", "Ids", "Token ids in place of a text.", (r, v) => r with { Ids = v }),
        Texts("choices", Asks.Read, "--choice", "Choices", "The options of a multiple choice.", (r, v) => r with { Choices = v }),
        Texts("labels", Asks.Predict | Asks.Explain, "--labels", "Labels", "Labels of the request's own (zero-shot classification).",
            (r, v) => r with { Labels = v }),
        Text("hypothesis", Asks.Predict | Asks.Explain, "--hypothesis", "Hypothesis",
            "The sentence that stands for a label, {} in its place.",
            (r, v) => r with { Hypothesis = v }),
        Flag("any_labels", Asks.Predict | Asks.Explain, "--any-labels", "AnyLabels", "Whether labels do not compete.",
            (r, v) => r with { AnyLabels = v }),
        Flag("truncate", Asks.Read, "--truncate", "Truncate", "Whether a text that is too long is cut in place of being refused.",
            (r, v) => r with { Truncate = v }),
        Whole("max_length", Asks.Read, "--max-length", "MaxLength", "Tokens that are read at most.", (r, v) => r with { MaxLength = v }),
        Whole("doc_stride", Asks.Predict | Asks.Explain, "--doc-stride", "DocStride", "Tokens that the windows of a long context share.",
            (r, v) => r with { DocStride = v }),
        Number("null_threshold", Asks.Predict | Asks.Explain, "--null-threshold", "NullThreshold",
            "Of a reader: from which difference on there is no answer.", (r, v) => r with { NullThreshold = v }),
        Flag("chat", Asks.Read, "--chat", "Chat", "Whether the text is what a user says in a chat.", (r, v) => r with { Chat = v }),
        Text("system", Asks.Read, "--system", "System", "What the system says before, in a chat.", (r, v) => r with { System = v }),
        new("top", FieldKind.Whole, Asks.Predict | Asks.Explain, "--top", "Top", "How many answers, words or tokens are listed.",
            (r, v) => r is PredictRequest p ? p with { Top = v.Whole } : ((ExplainRequest)r) with { Top = v.Whole })
            { Most = limits => limits.Top },
        Write("max_new_tokens", "--max-new-tokens", "MaxNewTokens", "Tokens that are written at most.",
            (r, v) => r with { MaxNewTokens = v }, limits => limits.NewTokens),
        Write("beams", "--beams", "Beams", "Beams of the search; 1 is greedy.", (r, v) => r with { Beams = v }, limits => limits.Beams),
        Number("length_penalty", Asks.Write, "--length-penalty", "LengthPenalty", "A beam's score is Σ ln p / length^penalty.",
            (r, v) => ((WriteRequest)r) with { LengthPenalty = v }),
        Flag("sample", Asks.Write, "--sample", "Sample", "Whether tokens are drawn.", (r, v) => ((WriteRequest)r) with { Sample = v }),
        Number("temperature", Asks.Write, "--temperature", "Temperature", "Divides the logits before drawing.",
            (r, v) => ((WriteRequest)r) with { Temperature = v }),
        Whole("top_k", Asks.Write, "--top-k", "TopK", "Draw among so many of the best.", (r, v) => ((WriteRequest)r) with { TopK = v }),
        Number("top_p", Asks.Write, "--top-p", "TopP", "Draw among the fewest best that reach this probability.",
            (r, v) => ((WriteRequest)r) with { TopP = v }),
        Whole("draw_seed", Asks.Write, "--draw-seed", "DrawSeed", "Seed of the draws.", (r, v) => ((WriteRequest)r) with { DrawSeed = v }),
        Text("from", Asks.Write, "--from", "From", "The language of the text, for models of many.",
            (r, v) => ((WriteRequest)r) with { From = v }),
        Text("to", Asks.Write, "--to", "To", "The language to write, for models of many.", (r, v) => ((WriteRequest)r) with { To = v }),
        .. ExplainFields.All,
    ];

    /// <summary>The settings of a request.</summary>
    public static IEnumerable<Field> Of(Asks asks) => All.Where(field => (field.Asks & asks) != 0);

    internal static Field Text(string name, Asks asks, string option, string property, string description,
        Func<TextRequest, string, TextRequest> apply) =>
        new(name, FieldKind.Text, asks, option, property, description, (r, v) => apply(r, v.Text));

    internal static Field Texts(string name, Asks asks, string option, string property, string description,
        Func<TextRequest, IReadOnlyList<string>, TextRequest> apply) =>
        new(name, FieldKind.Texts, asks, option, property, description, (r, v) => apply(r, v.All));

    internal static Field Number(string name, Asks asks, string option, string property, string description,
        Func<TextRequest, double, TextRequest> apply) =>
        new(name, FieldKind.Number, asks, option, property, description, (r, v) => apply(r, v.Number));

    internal static Field Whole(string name, Asks asks, string option, string property, string description,
        Func<TextRequest, int, TextRequest> apply, Func<ServeLimits, int>? most = null) =>
        new(name, FieldKind.Whole, asks, option, property, description, (r, v) => apply(r, v.Whole)) { Most = most };

    internal static Field Flag(string name, Asks asks, string option, string property, string description,
        Func<TextRequest, bool, TextRequest> apply) =>
        new(name, FieldKind.Flag, asks, option, property, description, (r, v) => apply(r, v.Flag));

    private static Field Wholes(string name, Asks asks, string option, string property, string description,
        Func<TextRequest, int[], TextRequest> apply) =>
        new(name, FieldKind.Wholes, asks, option, property, description, (r, v) => apply(r, v.Wholes));

    private static Field Write(string name, string option, string property, string description,
        Func<WriteRequest, int, WriteRequest> apply, Func<ServeLimits, int> most) =>
        Whole(name, Asks.Write, option, property, description, (r, v) => apply((WriteRequest)r, v), most);
}
