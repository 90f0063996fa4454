using System.Text.Json.Nodes;
using Vitrine.Attributions;

namespace Vitrine.Serve;

/// <summary>The table of looks inside: routes, tabs, forms and the OpenAPI document are made from it.</summary>
internal static class InsideTools
{
    private const string Letters = "keyfjordsagnbixkeyfjo", Verse = "ROMEO: What light through yonder";

    private static readonly InsideField
        s_text = new("text", FieldKind.Text, "The text."),
        s_context = new("context", FieldKind.Text, "A second text, such as the context of a question.") { IsOptional = true },
        s_clean = new("clean", FieldKind.Text, "The text before the answer."),
        s_corrupted = new("corrupted", FieldKind.Text, "The same with what matters changed, of as many tokens.") { IsOptional = true },
        s_correct = new("correct", FieldKind.Text, "The answer of the clean text: a token or a label.") { IsOptional = true },
        s_wrong = new("wrong", FieldKind.Text, "The answer it is compared with.") { IsOptional = true },
        s_place = new("place", FieldKind.Text, "Which activation.", "z") { Choices = [.. PatchPlace.All.Select(place => place.Name)] },
        s_layer = new("layer", FieldKind.Whole, "The layer, from 0.", "0");

    /// <summary>All looks, in the order of their tabs.</summary>
    public static IReadOnlyList<InsideTool> All { get; } =
    [
        new("lens", "Logit lens", "What the model would say at every layer.",
            [s_text, new("target", FieldKind.Text, "A token or label to follow.") { IsOptional = true },
                new("mids", FieldKind.Flag, "Whether states between attention and feed-forward layer are read too.", "false")],
            (explainer, v) => explainer.Inside.Lens(v.Text("text"), v.Flag("mids"), target: v.Maybe("target")))
            { Example = Example("induction", ("text", Letters)) },
        new("tuned", "Tuned lens", "The same through translators that were trained for each layer.",
            [s_text, new("target", FieldKind.Text, "A token or label to follow.") { IsOptional = true }],
            (explainer, v) => explainer.Inside.Lens(v.Text("text"), tuned: Companions.Lens(explainer), target: v.Maybe("target")))
            { Example = Example("shakespeare", ("text", Verse)) },
        new("direct", "Direct logit attribution", "The logit of the next token as a sum over parts.", [s_text, s_correct, s_wrong],
            (explainer, v) => explainer.Inside.Direct(v.Text("text"), v.Maybe("correct"), v.Maybe("wrong")))
            { Example = Example("induction", ("text", Letters)) },
        new("patch", "Patching", "What one activation of another run changes, place by place.",
            [s_clean, s_corrupted, s_correct, s_wrong, s_place,
                new("method", FieldKind.Text, "Exact patches, or first-order estimates.", "exact") { Choices = ["exact", "estimate"] },
                new("direction", FieldKind.Text, "denoise: clean values into the corrupted run; noise: the reverse.", "denoise")
                    { Choices = ["denoise", "noise"] }],
            Patch)
            { Example = Pair() },
        new("circuit", "Circuit", "Which heads and layers, joined how, make the answer.",
            [s_clean, s_corrupted, s_correct, s_wrong, new("edges", FieldKind.Whole, "How many edges are kept.", "12")], Circuits)
            { Example = Pair() },
        new("attention", "Heads", "Statistics of every head on a text.", [s_text, s_context],
            (explainer, v) => explainer.Inside.Heads(v.Text("text"), context: v.Maybe("context")))
            { Example = Example("induction", ("text", Letters)) },
        new("neurons", "Neurons", "The strongest neurons of a layer on a text.",
            [s_text, s_layer, new("top", FieldKind.Whole, "How many.", "10")],
            (explainer, v) => explainer.Inside.Strongest(v.Text("text"), v.Whole("layer", 0, 1000), v.Whole("top", 1, 200)))
            { Example = Example("sentiment", ("text", "a gorgeous, witty, seductive movie")) },
        new("neuron", "One neuron", "The tokens that a neuron writes.",
            [s_layer, new("neuron", FieldKind.Whole, "Its number.", "0"), new("top", FieldKind.Whole, "How many tokens.", "10")],
            (explainer, v) => explainer.Inside.Writes(v.Whole("layer", 0, 1000), v.Whole("neuron", 0, 1 << 20), v.Whole("top", 1,
                200)))
            { Example = Example("stories", ("layer", "1")) },
        new("features", "SAE features", "The strongest features of the model's sparse autoencoder on a text.",
            [s_text, s_correct, s_wrong, new("top", FieldKind.Whole, "How many.", "10")],
            (explainer, v) => explainer.Inside.Features(Companions.Sae(explainer), v.Text("text"), v.Whole("top", 1, 200),
                v.Maybe("correct"), v.Maybe("wrong")))
            { Example = Example("shakespeare", ("text", Verse)) },
        new("feature", "One feature", "The tokens that a feature writes.",
            [new("feature", FieldKind.Whole, "Its number.", "371"), new("top", FieldKind.Whole, "How many tokens.", "10")],
            (explainer, v) => explainer.Inside.FeatureWrites(Companions.Sae(explainer), v.Whole("feature", 0, 1 << 24),
                v.Whole("top", 1, 200)))
            { Example = Example("shakespeare", ("feature", "371")) },
        new("steer", "Steering", "What the model says with a direction added to its stream: the mean of positive minus negative texts.",
            [s_text, new("positive", FieldKind.Texts, "Texts to steer to, several with semicolons between."),
                new("negative", FieldKind.Texts, "Texts to steer away from, as many."),
                new("stream", FieldKind.Text, "Where, such as blocks.1.hook_resid_post; none: after the middle block.")
                    { IsOptional = true },
                new("strengths", FieldKind.Texts, "Factors of the direction, side by side.", "1; 4"),
                new("max_new_tokens", FieldKind.Whole, "Tokens that a model that writes writes under each.", "12")],
            Steering.Run)
            { Example = new() { ["model"] = "shakespeare", ["text"] = Verse, ["positive"] = new JsonArray("I love thee, sweet love"),
                ["negative"] = new JsonArray("I hate thee, foul death") } },
        new("read", "Read a place", "How large an activation is at every position.",
            [s_text, new("hook", FieldKind.Text,
                "The activation's name, a head or neuron after a colon: blocks.0.attn.hook_z:0; or feature:17.")],
            (explainer, v) => Places.Read(explainer, v.Text("text"), v.Text("hook")))
            { Example = Example("induction", ("text", Letters), ("hook", "blocks.0.attn.hook_z:0")) },
        new("intervene", "Intervene", "Predictions before and after changes: zero, scale, patch, skip, knock out.",
            [s_text, new("changes", FieldKind.Texts, Places.Forms), s_corrupted],
            (explainer, v) => Places.Intervene(explainer, v.Text("text"), v.Texts("changes"), v.Maybe("corrupted")))
            { Example = new() { ["model"] = "induction", ["text"] = Letters, ["changes"] = new JsonArray("zero blocks.0.attn.hook_z:0") } },
        new("weights", "Weights", "QK and OV circuits, composition, copying.", [],
            (explainer, _) => explainer.Inside.Weights()) { Example = Example("induction") },
        new("positions", "Positions", "How the model uses positions.", [s_text],
            (explainer, v) => explainer.Inside.Positions(v.Text("text"))) { Example = Example("induction", ("text", Letters)) },
    ];

    /// <summary>The look of a name.</summary>
    /// <exception cref="RequestException">There is none.</exception>
    public static InsideTool Get(string name) => All.FirstOrDefault(tool => tool.Name == name) ?? throw new RequestException(
        Fault.Request, $"inside: no such look; got '{name}'; expected one of {string.Join(", ", All.Select(tool => tool.Name))}.");

    private static PromptPair[] Pairs(Explainer explainer, InsideValues v) =>
        [explainer.Inside.Pair(v.Text("clean"), v.Text("corrupted"), v.Text("correct"), v.Maybe("wrong"))];

    private static InsideResult Patch(Explainer explainer, InsideValues v)
    {
        PromptPair[] pairs = Pairs(explainer, v);
        var request = new PatchRequest
        {
            Direction = v.Choice("direction") == "noise" ? PatchDirection.Noise : PatchDirection.Denoise,
            Progress = v.Progress,
            Cancellation = v.Cancellation,
        };
        return v.Choice("method") == "estimate" ? explainer.Inside.Estimate(pairs, [v.Choice("place")], request)
            : explainer.Inside.Patch(pairs, v.Choice("place"), request);
    }

    private static InsideResult Circuits(Explainer explainer, InsideValues v)
    {
        PromptPair[] pairs = Pairs(explainer, v);
        EdgeScores scores = explainer.Inside.Edges(pairs, new() { Progress = v.Progress, Cancellation = v.Cancellation });
        return explainer.Inside.Circuit(pairs, scores, Circuit.Top(scores, v.Whole("edges", 1, 2000)));
    }

    private static JsonObject Example(string model, params IReadOnlyList<(string Name, string Value)> values)
    {
        var example = new JsonObject { ["model"] = model };
        foreach ((string name, string value) in values)
        {
            example[name] = int.TryParse(value, out int number) ? number : value;
        }
        return example;
    }

    private static JsonObject Pair() => Example("induction", ("clean", Letters), ("corrupted", "keyfjoxdsagnbixkeyfjo"), ("correct", "r"),
        ("wrong", "x"));
}
