using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;

namespace Vitrine.Cli;

/// <summary>The table of commands.</summary>
internal static class Catalog
{
    /// <summary>The whole tree, bound to a terminal.</summary>
    public static RootCommand Root(Terminal terminal) => Of(
        terminal, "Vitrine shows which words made a transformer decide as it did.",
        ExplainCommand.Create(terminal),
        ShowCommand.Create(terminal),
        CombineCommand.Create(terminal),
        GatherCommand.Create(terminal),
        EvaluateCommand.Create(terminal),
        ReportCommand.Create(terminal),
        PredictCommand.Create(terminal),
        GenerateCommand.Create(terminal),
        GenerateCommand.CreateTranslate(terminal),
        TrainCommand.Create(terminal),
        DistillCommand.Create(terminal),
        ProbeCommand.Create(terminal),
        TokenizeCommand.Create(terminal),
        InspectCommand.Create(terminal),
        QuantizeCommand.Create(terminal),
        PruneCommand.Create(terminal),
        MergeCommand.Create(terminal),
        PatchCommand.Create(terminal),
        CircuitCommand.Create(terminal),
        LensCommand.Create(terminal),
        AttentionCommand.Create(terminal),
        NeuronsCommand.Create(terminal),
        InterveneCommand.Create(terminal),
        SaeCommand.Create(terminal),
        WeightsCommand.Create(terminal),
        PositionsCommand.Create(terminal),
        SimilarityCommand.Create(terminal),
        HeadsCommand.Create(terminal),
        HooksCommand.Create(terminal),
        MethodsCommand.Create(terminal),
        DevicesCommand.Create(terminal),
        ServeCommand.Create(terminal),
        PullCommand.Create(terminal),
        ModelsCommand.Create(terminal),
        RemoveCommand.Create(terminal),
        CompletionCommand.Create(terminal),
        McpCommand.Create(terminal),
        ManCommand.Create(terminal));

    /// <summary>A tree of commands with the help and the completion that all of them have.</summary>
    public static RootCommand Of(Terminal terminal, string description, params IReadOnlyList<Verb> verbs)
    {
        var root = new RootCommand(description);
        foreach (Verb verb in verbs)
        {
            root.Add(verb);
        }
        root.Add(new Option<bool>(HelpView.Everything)
        {
            Description = "List every option of a command.",
            Recursive = true,
            Arity =
            ArgumentArity.Zero,
            Action = new HelpView(terminal, isWhole: true)
        });
        foreach (Option option in root.Options)
        {
            option.Action = option is HelpOption ? new HelpView(terminal, isWhole: false) : option.Action;
        }
        foreach (Directive directive in root.Directives.Where(d => d is not SuggestDirective).ToArray())
        {
            root.Directives.Remove(directive); // tab completion stays; [diagram] and the like are the library's own tools
        }
        CompletionCommand.Complete(root, terminal);
        return root;
    }
}
