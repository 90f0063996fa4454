using System.CommandLine;
using System.Text.Json.Nodes;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary><c>vitrine hooks</c>: every place in a model's forward pass that can be read and changed.</summary>
internal static class HooksCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var pattern = new Argument<string>("pattern")
        {
            Description = "A name, or a pattern in which * stands for any characters.",
            DefaultValueFactory = _ => "*",
        };
        var json = new JsonOption();
        return new Verb("hooks", "Lists the hook points of a model with the axes of their activations.", """
            vitrine hooks
            vitrine hooks "blocks.*.attn.hook_pattern"
            vitrine hooks --model path/to/gpt2 "blocks.0.*"
            """)
            .With(pattern, json.Option)
            .With(source.Options)
            .Does((parsed, _) =>
            {
                json.Probe(parsed, terminal);
                using Explainer explainer = source.Load(parsed, terminal);
                ITransformer model = explainer.Model;
                using ActivationCache cache = model.Cache(parsed.GetValue(pattern) ?? "*");
                HashSet<string> matched = [.. cache.Names];
                HookPoint[] points = [.. model.HookPoints.Where(point => matched.Contains(point.Name))];
                json.Write(
                    parsed, terminal,
                    () => JsonText.Of("vitrine.hooks", ("model", explainer.Name),
                        ("hooks", new JsonArray([.. points.Select(point =>
                            (JsonNode)new JsonObject { ["name"] = point.Name, ["axes"] = point.Axes })])),
                                ("warnings", JsonText.Texts(explainer.Notices))),
                    screen => Table.Write(screen, ["hook", "axes"], points.Select(point => (string[])[point.Name, point.Axes])));
            });
    }
}
