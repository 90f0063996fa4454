using System.Reflection;
using Vitrine.Mcp;

namespace Vitrine.Cli;

/// <summary><c>vitrine mcp</c>: explanations as tools for an assistant, on standard input and output.</summary>
internal static class McpCommand
{
    public static Verb Create(Terminal terminal)
    {
        var models = Declare.Values("--model|-m", "name",
            "A model that is served: a folder, a shipped name, org/name; repeatable. Default: every shipped model.");
        return new Verb("mcp", "Serves explain, predict, inspect and inside as tools for assistants: MCP on standard input and output.", """
            vitrine mcp
            vitrine mcp --model path/to/bert --model sentiment
            """)
            .With(models).Does((parsed, cancellation) =>
            {
                string[] given = parsed.GetValue(models) ?? [];
                string[] served = given.Length > 0 ? given
                    : [.. ModelFolder.ShippedNames(terminal.ProgramDirectory, terminal.WorkingDirectory)
                        .OrderByDescending(name => name == "sentiment")];
                using var server = new ModelServer(served.Length > 0 ? served : throw new CommandException(ExitCode.Model,
                    "mcp: no model to serve; got no shipped one; expected --model."));
                server.Run(terminal.Input(), Console.OpenStandardOutput(), Assembly.GetExecutingAssembly().GetName().Version!.ToString(3),
                    cancellation).GetAwaiter().GetResult();
            });
    }
}
