using System.Runtime.InteropServices;

namespace Vitrine.Cli;

/// <summary>The command <c>vitrine</c>.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        Terminal terminal = Terminal.OfProcess();
        using var interrupt = new Interrupt();
        using PosixSignalRegistration sigint = PosixSignalRegistration.Create(PosixSignal.SIGINT, interrupt.Signalled);
        using PosixSignalRegistration sigterm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, interrupt.Signalled);
        return (int)Application.Run(arguments, terminal, interrupt.Token);
    }
}
