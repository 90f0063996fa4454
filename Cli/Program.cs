using System.Runtime.InteropServices;

namespace Vitrine.Cli;

/// <summary>The command <c>vitrine</c>.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        Terminal terminal = Terminal.OfProcess();
        // A service answers what it is asked before it ends.
        using var interrupt = new Interrupt(TimeSpan.FromSeconds(arguments is [ServeCommand.Name, ..] ? 15 : 1), terminal.Error);
        using PosixSignalRegistration sigint = PosixSignalRegistration.Create(PosixSignal.SIGINT, interrupt.Signalled);
        using PosixSignalRegistration sigterm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, interrupt.Signalled);
        return (int)Application.Run(arguments, terminal, interrupt.Token);
    }
}
