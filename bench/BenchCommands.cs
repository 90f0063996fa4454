using Vitrine.Cli;

namespace Vitrine.Bench;

/// <summary>The programs with options: how fast ops and models are here, and how two results compare.</summary>
internal static class BenchCommands
{
    /// <summary>Runs one.</summary>
    /// <param name="arguments"><c>ops</c>, <c>model</c>, <c>families</c>, <c>inside</c>, <c>compare</c> or <c>pair</c>, and its
    /// options.</param>
    /// <param name="terminal">Where it reads and writes.</param>
    /// <param name="cancellation">Stops it.</param>
    public static ExitCode Run(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellation) => Application.Run(
        Catalog.Of(terminal, "Measures speed: of single ops, or of a whole model.", BenchOps.Create(terminal),
            BenchCompare.Create(terminal), BenchPair.Create(terminal),
            BenchModel.Create(terminal),
            InsideBench.Create(terminal),
            BenchFamilies.Create(terminal)),
        arguments, terminal, cancellation);
}
