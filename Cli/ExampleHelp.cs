using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Vitrine.Cli;

/// <summary>The library's help, and below it what a table of options cannot tell: examples, and for the whole command the exit codes.</summary>
internal sealed class ExampleHelp(HelpAction standard) : SynchronousCommandLineAction
{
    private const string ExitCodes = """
        Exit codes:
          0    done
          1    a defect of the program
          2    the command line: an unknown command, option, method, target, label or hook; a value out of range
          3    the text: missing, empty, not UTF-8, too long, or ids the model does not have
          4    the model: no such folder, not a model, unsupported, damaged, or with numbers that are not finite
          5    a result could not be written
          6    the device is absent, or out of memory
          130  interrupted; nothing was written
        """;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = standard.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        switch (parseResult.CommandResult.Command)
        {
            case RootCommand:
                output.WriteLine(ExitCodes);
                break;
            case Verb verb:
                output.WriteLine("Examples:");
                foreach (string line in verb.Examples.Split('\n'))
                {
                    output.WriteLine("  " + line);
                }
                break;
        }
        return code;
    }
}
