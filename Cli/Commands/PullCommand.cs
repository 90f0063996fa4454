using System.CommandLine;

namespace Vitrine.Cli;

/// <summary><c>vitrine pull</c>: a model of a hub, into the cache that other tools of the hub share.</summary>
internal static class PullCommand
{
    public static Verb Create(Terminal terminal)
    {
        var name = new Argument<string>("name") { Description = "The repository: org/name." };
        var revision = Declare.Value<string>("--revision", "name", "A branch, a tag or a commit.", "main");
        return new Verb("pull", "Fetches a model from a hub: settings, tokenizer and weights, nothing else; each file once.", """
            vitrine pull distilbert/distilbert-base-uncased-finetuned-sst-2-english
            vitrine pull org/name --revision v1.0
            HF_ENDPOINT=https://hub.example.org HF_TOKEN=hf_... vitrine pull org/name
            vitrine explain --model org/name "a gorgeous movie"   # fetches it too
            """)
            .With(name, revision)
            .Does((parsed, cancellation) => terminal.Output.WriteLine(
                HubModel.Fetch(parsed.GetRequiredValue(name), parsed.GetValue(revision) ?? "main", terminal, cancellation)));
    }
}

/// <summary><c>vitrine models</c>: what is here.</summary>
internal static class ModelsCommand
{
    public static Verb Create(Terminal terminal)
    {
        var json = Declare.Flag("--json", "Write JSON instead of a table.");
        return new Verb("models", "Lists the shipped models and those in the hub's cache, with size and task.", """
            vitrine models
            vitrine models --json
            """)
            .With(json)
            .Does((parsed, _) =>
            {
                ModelListing[] models = ModelListing.All(terminal.ProgramDirectory, terminal.WorkingDirectory);
                if (parsed.GetValue(json))
                {
                    terminal.Output.WriteLine(ModelListing.ToJson(models));
                    return;
                }
                Table.Write(terminal.Output, ["model", "family", "task", ">size", "where"], models.Select(model => (string[])
                [
                    Viz.Markup.Visible(model.Name), Viz.Markup.Visible(model.Family), Viz.Markup.Visible(model.Task),
                    InspectCommand.Size(model.Size), Viz.Markup.Visible(model.IsComplete ? model.Where
                        : $"{model.Where}, incomplete: pull it again"),
                ]));
            });
    }
}

/// <summary><c>vitrine remove</c>: a model leaves the cache.</summary>
internal static class RemoveCommand
{
    public static Verb Create(Terminal terminal)
    {
        var name = new Argument<string>("name") { Description = "The repository: org/name, as 'vitrine models' lists it." };
        return new Verb("remove", "Deletes a model, with all its revisions, from the hub's cache.", "vitrine remove org/name")
            .With(name)
            .Does((parsed, _) =>
            {
                new ModelHub().Remove(parsed.GetRequiredValue(name));
                terminal.Output.WriteLine($"removed {parsed.GetRequiredValue(name)}");
            });
    }
}
